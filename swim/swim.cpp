#include "swim/swim.h"

#include <algorithm>

#include "swim/assert.h"
#include "swim/codec.h"

namespace muster::swim {

namespace {

// Tickets of the layer above count up from 1; the top bit is ours.
constexpr std::uint64_t move_ticket = std::uint64_t{1} << 63U;
constexpr Duration move_patience = std::chrono::seconds(5);

}  // namespace

Swim::Swim(const Config& config, const LocalState& local, Random random)
    : config_(config),
      local_(local),
      random_(random),
      awareness_(config_.awareness_max),
      sender_(config_),
      membership_(config_, table_, sender_, awareness_, random_),
      prober_(config_, table_, membership_, sender_, awareness_, random_, counters_),
      relays_(config_, membership_, sender_, counters_),
      gossip_(config_, table_, sender_, random_),
      exchanges_(config_, table_, membership_, local_, random_, counters_),
      relocation_({config_.probe_timeout / 2, move_patience}),
      stragglers_(config_.probe_timeout) {
    MUSTER_ASSERT(!config_.name.empty());
    MUSTER_ASSERT(!config_.advertise.is_unspecified());
}

void Swim::start(TimePoint now, BytesView meta, Output& out) {
    const std::optional<FormerLife>& former = config_.former;
    const bool moved = former && former->endpoint != config_.advertise;
    if (moved) {
        membership_.set_former(former->endpoint);
    }
    if (moved && !former->left) {
        membership_.begin(now, former->endpoint, config_.advertise, meta, out);
        relocation_.ask(now);
    } else {
        membership_.announce(now, config_.advertise, meta, 0, out);
    }
    prober_.start(now);
    gossip_.start(now);
    exchanges_.start(now);
    settle(now, out);
}

void Swim::receive(TimePoint now, const Endpoint& from, BytesView packet, Output& out) {
    if (packet.empty()) {
        return;
    }
    ++packets_in_;
    bytes_in_ += packet.size();
    reader_.open(packet);
    for (const PacketFault& fault : reader_.faults()) {
        refused(fault.fault);
    }
    for (const Message& message : reader_.messages()) {
        dispatch(now, from, message, out);
    }
    settle(now, out);
}

void Swim::dispatch(TimePoint now, const Endpoint& from, const Message& message, Output& out) {
    const Origin origin{Origin::Kind::Gossip, {}};
    if (const auto* ping = std::get_if<Ping>(&message)) {
        answer(from, *ping, out);
    } else if (const auto* ack = std::get_if<Ack>(&message)) {
        if (!prober_.ack(now, *ack, out)) {
            relays_.ack(now, *ack, out);
        }
    } else if (const auto* nack = std::get_if<Nack>(&message)) {
        prober_.nack(*nack);
    } else if (const auto* request = std::get_if<IndirectPing>(&message)) {
        relays_.request(now, from, *request, out);
    } else if (const auto* alive = std::get_if<Alive>(&message)) {
        membership_.alive(now, *alive, origin, out);
    } else if (const auto* suspect = std::get_if<Suspect>(&message)) {
        membership_.suspect(now, *suspect, origin, out);
    } else if (const auto* dead = std::get_if<Dead>(&message)) {
        membership_.dead(now, *dead, origin, out);
    } else if (const auto* user = std::get_if<User>(&message)) {
        out.user_messages.push_back({Bytes(user->payload), from});
    }
}

// Section 8.1. A left member still answers.
void Swim::answer(const Endpoint& from, const Ping& ping, Output& out) {
    if (!ping.node.empty() && ping.node != config_.name) {
        return;
    }
    if (!relocation_.settled() && answer_to(ping.source, from) == here()) {
        heard_ourselves_ = true;
    }
    payload_.clear();
    local_.append_ack_payload(payload_);
    message_.clear();
    encode(Ack{ping.sequence, payload_}, message_);
    const BytesView parts[] = {message_};
    sender_.send(answer_to(ping.source, from), parts, Sender::Fill::Piggyback, /*crc=*/false, out);
}

void Swim::receive_stream(TimePoint now, StreamId id, const Endpoint& from,
                          const StreamMessage& message, Output& out) {
    if (id.inbound) {
        if (const auto* remote = std::get_if<PushPull>(&message)) {
            exchanges_.request(now, id, from, *remote, out);
        } else if (const auto* ping = std::get_if<Ping>(&message)) {
            answer_stream(id, *ping, out);
        } else {
            if (const auto* user = std::get_if<User>(&message)) {
                out.user_messages.push_back({Bytes(user->payload), from});
            } else {
                refused(Fault::UnknownType);
            }
            out.replies.push_back({id, {}});
        }
    } else if (const auto* state = std::get_if<PushPull>(&message)) {
        if (!exchanges_.answer(now, id, *state, out)) {
            prober_.stream_failed(id);
        }
    } else if (const auto* ack = std::get_if<Ack>(&message)) {
        if (!prober_.stream_ack(now, id, ack->sequence, out)) {
            exchanges_.failed(now, id, "the peer answered with a ping's ack", out);
        }
    } else if (const auto* error = std::get_if<RemoteError>(&message)) {
        stream_failed(now, id, "remote error: " + std::string(error->text), out);
    } else {
        stream_failed(now, id, "the peer answered with a message that is no answer", out);
    }
    settle(now, out);
}

void Swim::answer_stream(StreamId id, const Ping& ping, Output& out) {
    StreamReply reply;
    reply.id = id;
    if (ping.node.empty() || ping.node == config_.name) {
        message_.clear();
        encode(Ack{ping.sequence, {}}, message_);
        if (config_.compression) {
            compress_stream(message_, reply.bytes);
        } else {
            reply.bytes = message_;
        }
    }
    out.replies.push_back(std::move(reply));
}

void Swim::stream_failed(TimePoint now, StreamId id, const std::string& error, Output& out) {
    if (!exchanges_.failed(now, id, error, out)) {
        prober_.stream_failed(id);
    }
    settle(now, out);
}

void Swim::stream_refused(StreamId id, const StreamFault& fault, Output& out) {
    refused(fault.fault);
    StreamReply reply;
    reply.id = id;
    if (fault.outer) {
        message_.clear();
        encode(RemoteError{fault.detail}, message_);
        if (config_.compression) {
            compress_stream(message_, reply.bytes);
        } else {
            reply.bytes = message_;
        }
    }
    out.replies.push_back(std::move(reply));
}

// docs/detection.md "Own stall": we were paused, or our loop lagged, and have not been looking. Not
// again until a probe has come to a verdict: an agent that always stalls still detects.
void Swim::notice_stall(TimePoint now) {
    if (!config_.notice_own_stall || promised_ == never ||
        now - promised_ <= config_.probe_timeout / 2) {
        return;
    }
    ++stalls_;
    if (now < quiet_until_ || !prober_.has_verdict()) {
        return;
    }
    quiet_until_ = now + config_.probe_interval;
    awareness_.apply(1);
    prober_.forgive(quiet_until_);
    for (const Member* member : table_.suspects()) {
        member->suspicion->postpone(quiet_until_);
    }
}

void Swim::tick(TimePoint now, Output& out) {
    notice_stall(now);
    prober_.tick(now, out);
    relays_.tick(now, out);
    membership_.expire_suspicions(now, out);
    exchanges_.tick(now, out);
    settle(now, out);
    gossip_.tick(now, out);
    promised_ = never;
    settle(now, out);
}

TimePoint Swim::next_deadline() const {
    TimePoint next =
        std::min({prober_.next_deadline(), relays_.next_deadline(), gossip_.next_deadline(),
                  exchanges_.next_deadline(), membership_.next_suspicion_deadline()});
    return std::min({next, relocation_.next_deadline(), stragglers_.next_deadline()});
}

StreamId Swim::exchange(TimePoint now, const Endpoint& peer, bool join, Output& out) {
    return exchanges_.open(now, peer, join, out);
}

void Swim::ping_by_name(TimePoint now, BytesView name, const Endpoint& endpoint, Output& out) {
    prober_.ping_by_name(now, name, endpoint, out);
}

void Swim::leave(TimePoint now, std::uint64_t ticket, Output& out) {
    relocation_.stop();
    membership_.leave(now, ticket, out);
    settle(now, out);
}

void Swim::say_left(TimePoint now, BytesView name, std::uint32_t incarnation, Output& out) {
    const Member* member = table_.find(name);
    if (member != nullptr && member != &self()) {
        const std::uint32_t latest = std::max(incarnation, member->incarnation);
        membership_.dead(now, {latest, name, name}, {Origin::Kind::Gossip, {}}, out);
    }
    settle(now, out);
}

void Swim::update(TimePoint now, BytesView meta, std::uint64_t ticket, Output& out) {
    if (!relocation_.settled()) {
        // Said with the announcement that follows.
        membership_.self().meta = meta;
        out.finished.push_back(ticket);
        return;
    }
    membership_.announce(now, self().endpoint, meta, ticket, out);
    settle(now, out);
}

void Swim::move(TimePoint now, const Endpoint& endpoint, Output& out) {
    if (relocation_.settled()) {
        if (membership_.leaving() || endpoint == here()) {
            return;
        }
        membership_.set_former(self().endpoint);
        relocation_.depart(now);
    }
    membership_.set_here(endpoint);
    settle(now, out);
}

// What every input may have brought about: news to gossip, the end of a move.
void Swim::settle(TimePoint now, Output& out) {
    relocate(now, out);
    sender_.set_hearers(table_.live() > 0 ? table_.live() - 1 : 0);
    gossip_.notice(now);
    // What is overdue stays so until a tick has noticed it. A confirmation may move a suspicion's
    // end into the past: that is no stall.
    if (now < promised_) {
        promised_ = std::max(now, next_deadline());
    }
}

void Swim::relocate(TimePoint now, Output& out) {
    if (!membership_.former()) {
        return;
    }
    hear_of_relocation(now, out);
    while (const auto statement = stragglers_.next(now)) {
        membership_.tell(now, *statement, out);
    }
    switch (relocation_.next(now, table_.live() <= 1)) {
        case Relocation::Action::None:
            return;
        case Relocation::Action::Ask:
            return prober_.ping_by_name(now, config_.name, *membership_.former(), out);
        case Relocation::Action::Revive:
            membership_.revive(now, move_ticket, out);
            break;
        case Relocation::Action::Depart:
            membership_.depart(now, move_ticket, out);
            break;
        case Relocation::Action::Arrive:
            if (relocation_.is_copy()) {
                membership_.set_former(std::nullopt);
            }
            membership_.announce(now, Endpoint(here()), Bytes(self().meta), move_ticket, out);
            break;
        case Relocation::Action::Repeat:
            membership_.repeat(out);
            out.arrived = true;
            break;
    }
    membership_.tell_all(out);
}

void Swim::hear_of_relocation(TimePoint now, Output& out) {
    std::erase_if(out.pings, [&](const PingResult& ping) {
        if (ping.name != config_.name) {
            return false;
        }
        if (ping.answered && !heard_ourselves_) {
            relocation_.answered();
            out.lives_elsewhere = ping.peer;
        }
        return true;
    });
    if (const auto heard = membership_.take_heard()) {
        if (relocation_.heard(now, heard->held)) {
            stragglers_.add(now, heard->peer, heard->held, heard->incarnation);
        }
    }
    if (std::erase(out.finished, move_ticket) > 0) {
        relocation_.sent(now, spread_time(config_.gossip_interval, table_.size()));
    }
}

void Swim::broadcast(TimePoint now, Tier tier, BytesView payload, std::uint64_t ticket,
                     Output& out) {
    sender_.broadcast_user(tier, payload, ticket, out);
    settle(now, out);
}

void Swim::check() const {
    table_.check();
    sender_.check();
    if (!table_.entries().empty()) {
        MUSTER_ASSERT(table_.find(config_.name) == &membership_.self());
    }
}

}  // namespace muster::swim
