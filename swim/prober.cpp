#include "swim/prober.h"

#include <algorithm>

#include "swim/codec.h"
#include "swim/stream.h"

namespace muster::swim {

namespace {

// Pings by name that wait for an answer at one time: the layer above has one in flight.
constexpr std::size_t max_named_pings = 64;

}  // namespace

Prober::Prober(const Config& config, MemberTable& table, Membership& membership, Sender& sender,
               Awareness& awareness, Random& random, Counters& counters)
    : config_(config),
      table_(table),
      membership_(membership),
      sender_(sender),
      awareness_(awareness),
      random_(random),
      counters_(counters) {}

void Prober::start(TimePoint now) {
    if (config_.probe_interval > Duration::zero()) {
        next_tick_ = now + random_.below(config_.probe_interval);
    }
}

// Section 8.2: in the order of the list, which is shuffled when its end is reached.
Member* Prober::next_target(TimePoint now) {
    const std::size_t n = table_.size();
    for (std::size_t looked = 0; looked < n; ++looked) {
        if (index_ >= table_.size()) {
            const auto reaped = table_.reap(now - config_.gossip_to_the_dead_time, config_.name);
            if (!reaped.empty()) {
                sender_.set_member_population(table_.size());
            }
            table_.shuffle(random_);
            index_ = 0;
        }
        Member& candidate = *table_.entries()[index_++];
        if (candidate.is_live() && candidate.name != config_.name) {
            return &candidate;
        }
    }
    return nullptr;
}

void Prober::begin(TimePoint now, Output& out) {
    Member* const target = next_target(now);
    if (target == nullptr) {
        return;
    }
    ++probes_;
    probing_ = true;
    probe_.sequence = counters_.next_sequence();
    probe_.name = target->name;
    probe_.endpoint = target->endpoint;
    probe_.incarnation = target->incarnation;
    probe_.versions = target->versions;
    probe_.sent = now;
    probe_.relays_at = now + config_.probe_timeout;
    probe_.expires = now + awareness_.scale(config_.probe_interval);
    probe_.relayed = false;
    probe_.asked = 0;
    probe_.nacks = 0;
    probe_.stream.reset();

    encode_ping(probe_.sequence, target->name);
    if (target->state == State::Alive) {
        const BytesView parts[] = {message_};
        sender_.send(target->endpoint, parts, Sender::Fill::Piggyback, /*crc=*/false, out);
        return;
    }
    // The buddy system: who is suspected hears so with the very probe, and can refute at once.
    message2_.clear();
    encode(Suspect{target->incarnation, target->name, config_.name}, message2_);
    const BytesView parts[] = {message_, message2_};
    sender_.send(target->endpoint, parts, Sender::Fill::Bare, target->understands_crc(), out);
}

void Prober::encode_ping(std::uint32_t sequence, BytesView node) {
    const Endpoint& self = membership_.here();
    message_.clear();
    encode(Ping{sequence, node, {self.ip(), self.port(), config_.name}}, message_);
}

void Prober::ask_relays(TimePoint /*now*/, Output& out) {
    probe_.relayed = true;
    table_.choose(
        config_.indirect_checks, random_,
        [&](const Member& member) {
            return member.state == State::Alive && member.name != config_.name &&
                   member.name != probe_.name;
        },
        chosen_);
    const Endpoint& self = membership_.here();
    for (const Member* relay : chosen_) {
        const bool nack = relay->versions.protocol_max >= version_with_nack;
        probe_.asked += nack ? 1U : 0U;
        message_.clear();
        encode(IndirectPing{probe_.sequence,
                            probe_.endpoint.ip(),
                            probe_.endpoint.port(),
                            probe_.name,
                            nack,
                            {self.ip(), self.port(), config_.name}},
               message_);
        const BytesView parts[] = {message_};
        sender_.send(relay->endpoint, parts, Sender::Fill::Piggyback, /*crc=*/false, out);
    }
    if (config_.stream_pings && probe_.versions.protocol_max >= version_with_stream_ping) {
        ping_stream(out);
    }
}

void Prober::ping_stream(Output& out) {
    encode_ping(probe_.sequence, probe_.name);
    StreamOpen open;
    open.id = counters_.next_stream();
    open.to = probe_.endpoint;
    open.deadline = probe_.expires;
    if (config_.compression) {
        compress_stream(message_, open.bytes);
    } else {
        open.bytes = message_;
    }
    probe_.stream = open.id;
    out.opens.push_back(std::move(open));
}

bool Prober::ack(TimePoint now, const Ack& ack, Output& out) {
    if (probing_ && ack.sequence == probe_.sequence) {
        // In time, as long as no verdict has fallen: a stalled agent reads its socket before its
        // clock. A relayed ack looks the same; only the direct one, before relays were asked,
        // measures a round trip.
        if (!probe_.relayed) {
            out.round_trips.push_back(
                {now - probe_.sent, out.bytes.size(), probe_.name.size(), ack.payload.size()});
            out.bytes += probe_.name;
            out.bytes += ack.payload;
        }
        note_answer(now, /*streamed=*/false);
        succeed(now, out);
        return true;
    }
    const auto named = std::find_if(named_.begin(), named_.end(), [&](const NamedPing& ping) {
        return ping.sequence == ack.sequence;
    });
    if (named == named_.end()) {
        return false;
    }
    out.pings.push_back({std::move(named->name), named->endpoint, /*answered=*/true});
    named_.erase(named);
    return true;
}

void Prober::nack(const Nack& nack) {
    if (probing_ && nack.sequence == probe_.sequence && probe_.nacks < probe_.asked) {
        ++probe_.nacks;
    }
}

bool Prober::stream_ack(TimePoint now, StreamId id, std::uint32_t sequence, Output& out) {
    if (!probing_ || probe_.stream != id) {
        return false;
    }
    probe_.stream.reset();
    if (sequence == probe_.sequence) {
        note_answer(now, /*streamed=*/true);
        succeed(now, out);
    }
    return true;
}

bool Prober::stream_failed(StreamId id) {
    if (!probing_ || probe_.stream != id) {
        return false;
    }
    probe_.stream.reset();
    return true;
}

void Prober::note_answer(TimePoint now, bool streamed) {
    Member* member = table_.find(probe_.name);
    if (member == nullptr) {
        return;
    }
    if (streamed) {
        member->heard.streamed(now);
    } else if (probe_.relayed) {
        member->heard.relayed(now);
    } else {
        member->heard.direct(now, now - probe_.sent);
    }
}

void Prober::succeed(TimePoint now, Output& out) {
    probing_ = false;
    has_verdict_ = true;
    awareness_.apply(-1);
    follow_up(now, out);
}

void Prober::fail(TimePoint now, Output& out) {
    probing_ = false;
    has_verdict_ = true;
    if (now >= forgiving_until_) {
        ++failures_;
        awareness_.apply(probe_.asked > 0 ? static_cast<int>(probe_.asked - probe_.nacks) : 1);
        if (Member* member = table_.find(probe_.name)) {
            accuse(now, *member, out);
        }
    }
    follow_up(now, out);
}

void Prober::accuse(TimePoint now, Member& member, Output& out) {
    const State before = member.state;
    membership_.suspect(now, {probe_.incarnation, member.name, config_.name},
                        {Origin::Kind::OwnProbe, {}}, out);
    if (!config_.accuse_first || before != State::Alive || member.state != State::Suspect) {
        return;
    }
    // The accused hears it first: if it lives, its refutation overtakes the accusation.
    encode_ping(counters_.next_sequence(), member.name);
    message2_.clear();
    encode(Suspect{member.incarnation, member.name, config_.name}, message2_);
    const BytesView parts[] = {message_, message2_};
    sender_.send(member.endpoint, parts, Sender::Fill::Bare, member.understands_crc(), out);
}

// The tick that came while the probe ran.
void Prober::follow_up(TimePoint now, Output& out) {
    if (tick_kept_) {
        tick_kept_ = false;
        begin(now, out);
    }
}

void Prober::ping_by_name(TimePoint now, BytesView name, const Endpoint& endpoint, Output& out) {
    if (named_.size() >= max_named_pings) {
        out.pings.push_back({Bytes(name), endpoint, /*answered=*/false});
        return;
    }
    const std::uint32_t sequence = counters_.next_sequence();
    named_.push_back({sequence, Bytes(name), endpoint, now + config_.probe_interval});
    encode_ping(sequence, name);
    const BytesView parts[] = {message_};
    sender_.send(endpoint, parts, Sender::Fill::Bare, /*crc=*/false, out);
}

void Prober::forgive(TimePoint until) {
    probing_ = false;
    tick_kept_ = false;
    has_verdict_ = false;
    forgiving_until_ = until;
}

void Prober::tick(TimePoint now, Output& out) {
    if (probing_ && !probe_.relayed && now >= probe_.relays_at) {
        ask_relays(now, out);
    }
    if (probing_ && now >= probe_.expires) {
        fail(now, out);
    }
    if (now >= next_tick_) {
        // Ticks that were missed altogether are dropped, not caught up.
        const auto missed = (now - next_tick_) / config_.probe_interval;
        next_tick_ += (missed + 1) * config_.probe_interval;
        if (probing_) {
            tick_kept_ = true;
        } else {
            begin(now, out);
        }
    }
    std::erase_if(named_, [&](NamedPing& ping) {
        if (now < ping.expires) {
            return false;
        }
        out.pings.push_back({std::move(ping.name), ping.endpoint, /*answered=*/false});
        return true;
    });
}

TimePoint Prober::next_deadline() const {
    // While a tick is kept, further ticks would be dropped: they are no reason to wake.
    TimePoint next = tick_kept_ ? never : next_tick_;
    if (probing_) {
        next = std::min(
            next, probe_.relayed ? probe_.expires : std::min(probe_.relays_at, probe_.expires));
    }
    for (const NamedPing& ping : named_) {
        next = std::min(next, ping.expires);
    }
    return next;
}

}  // namespace muster::swim
