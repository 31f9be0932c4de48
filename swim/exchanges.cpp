#include "swim/exchanges.h"

#include "swim/codec.h"
#include "swim/formulas.h"
#include "swim/stream.h"

namespace muster::swim {

Exchanges::Exchanges(const Config& config, MemberTable& table, Membership& membership,
                     const LocalState& local, Random& random, Counters& counters)
    : config_(config),
      table_(table),
      membership_(membership),
      local_(local),
      random_(random),
      counters_(counters) {}

void Exchanges::start(TimePoint now) {
    if (config_.push_pull_interval > Duration::zero()) {
        next_tick_ = now + random_.below(config_.push_pull_interval);
    }
}

void Exchanges::schedule(TimePoint now) {
    next_tick_ = now + push_pull_scale(config_.push_pull_interval, table_.size());
}

StreamId Exchanges::open(TimePoint now, const Endpoint& peer, bool join, Output& out) {
    StreamOpen open;
    open.id = counters_.next_stream();
    open.to = peer;
    open.deadline = now + config_.tcp_timeout;
    encode_state(join, open.bytes);
    running_.emplace(open.id, Exchange{peer, join, /*periodic=*/false});
    out.opens.push_back(std::move(open));
    return out.opens.back().id;
}

void Exchanges::encode_state(bool join, Bytes& out) const {
    Bytes user_state;
    local_.append_user_state(join, user_state);
    Bytes plain;
    Bytes& message = config_.compression ? plain : out;
    const bool silent = membership_.silent();
    encode_push_pull_header(join, table_.size() - (silent ? 1U : 0U), user_state.size(), message);
    for (const auto& member : table_.entries()) {
        if (silent && member->name == config_.name) {
            continue;
        }
        const auto vsn = member->versions.to_bytes();
        encode(NodeState{member->name, member->endpoint.ip(), member->endpoint.port(), member->meta,
                         member->incarnation, static_cast<std::int64_t>(member->state),
                         BytesView(vsn.data(), vsn.size())},
               message);
    }
    message += user_state;
    if (config_.compression) {
        compress_stream(plain, out);
    }
}

void Exchanges::request(TimePoint now, StreamId id, const Endpoint& from, const PushPull& remote,
                        Output& out) {
    StreamReply reply;
    reply.id = id;
    encode_state(remote.join, reply.bytes);
    out.replies.push_back(std::move(reply));
    const std::string error = merge(now, id, remote, from, /*ours=*/false, out);
    if (!error.empty()) {
        out.refusals.push_back({from, error});
    }
}

bool Exchanges::answer(TimePoint now, StreamId id, const PushPull& remote, Output& out) {
    const auto found = running_.find(id);
    if (found == running_.end()) {
        return false;
    }
    const Exchange exchange = found->second;
    running_.erase(found);
    ExchangeResult result{id, exchange.peer, {}, 0};
    for (const NodeState& node : remote.nodes) {
        result.others += node.name != config_.name ? 1U : 0U;
    }
    if (exchange.join && result.others == 0) {
        result.error = "only this agent itself answers there";
    } else {
        result.error = merge(now, id, remote, exchange.peer, /*ours=*/exchange.join, out);
    }
    out.exchanges.push_back(std::move(result));
    if (exchange.periodic) {
        schedule(now);
    }
    return true;
}

bool Exchanges::failed(TimePoint now, StreamId id, const std::string& error, Output& out) {
    const auto found = running_.find(id);
    if (found == running_.end()) {
        return false;
    }
    out.exchanges.push_back({id, found->second.peer, error, 0});
    if (found->second.periodic) {
        schedule(now);
    }
    running_.erase(found);
    return true;
}

std::string Exchanges::merge(TimePoint now, StreamId id, const PushPull& remote,
                             const Endpoint& peer, bool ours, Output& out) {
    if (auto refusal = membership_.incompatible(remote)) {
        return *refusal;
    }
    membership_.merge(now, remote, name_at(peer), out);
    if (!remote.user_state.empty()) {
        out.user_states.push_back({Bytes(remote.user_state), remote.join, ours, id});
    }
    return {};
}

// Whom we talk to, as far as an address tells: for the causes of what we learn.
BytesView Exchanges::name_at(const Endpoint& peer) const {
    const Endpoint plain = peer.plain();
    for (const auto& member : table_.entries()) {
        if (member->endpoint.plain() == plain) {
            return member->name;
        }
    }
    return {};
}

void Exchanges::tick(TimePoint now, Output& out) {
    if (now < next_tick_) {
        return;
    }
    table_.choose(
        1, random_,
        [&](const Member& member) {
            return member.state == State::Alive && member.name != config_.name;
        },
        chosen_);
    if (chosen_.empty()) {
        schedule(now);
        return;
    }
    const StreamId id = open(now, chosen_.front()->endpoint, /*join=*/false, out);
    running_.at(id).periodic = true;
    // The interval starts over when this one has ended.
    next_tick_ = never;
}

}  // namespace muster::swim
