#include "agent/joins.h"

#include <algorithm>
#include <utility>

namespace muster {

namespace {

// Addresses that one join asks at a time.
constexpr std::size_t width = 8;

}  // namespace

void Joins::start(TimePoint now, std::optional<RequestId> request, std::span<const Endpoint> peers,
                  bool replay, Effects& effects) {
    Join join;
    join.request = request;
    join.replay = replay;
    join.announce = request.has_value() || !has_joined_;
    join.done.request = request.value_or(0);
    join.done.error = cluster_.join_refusal();
    if (!join.done.error.empty()) {
        end(std::move(join), effects);
        return;
    }
    const Endpoint self = swim_.here().plain();
    for (const Endpoint& peer : peers) {
        const auto& known = join.waiting;
        if (peer.plain() != self && std::find(known.begin(), known.end(), peer) == known.end()) {
            join.waiting.push_back(peer);
        }
    }
    advance(now, running_.emplace(++last_key_, std::move(join)).first, effects);
}

bool Joins::replays(swim::StreamId id) const {
    const auto stream = streams_.find(id);
    return stream != streams_.end() && running_.at(stream->second).replay;
}

void Joins::advance(TimePoint now, Running::iterator position, Effects& effects) {
    Join& join = position->second;
    while (!join.waiting.empty() && join.open < width) {
        const auto id = swim_.exchange(now, join.waiting.front(), /*join=*/true, effects.wire);
        streams_.emplace(id, position->first);
        join.waiting.pop_front();
        ++join.open;
    }
    if (join.open == 0) {
        end(std::move(join), effects);
        running_.erase(position);
    }
}

bool Joins::exchanged(TimePoint now, const swim::ExchangeResult& result, cluster::Output& up,
                      Effects& effects) {
    const auto stream = streams_.find(result.id);
    if (stream == streams_.end()) {
        return false;
    }
    const auto position = running_.find(stream->second);
    streams_.erase(stream);
    Join& join = position->second;
    --join.open;
    if (!result.error.empty()) {
        join.done.failures.push_back({result.peer, result.error});
    } else if (join.done.succeeded++ == 0) {
        cluster_.joined(now, join.announce, up);
        has_joined_ = true;
    }
    advance(now, position, effects);
    return true;
}

void Joins::end(Join join, Effects& effects) {
    has_ended_ = true;
    if (join.request) {
        if (join.done.error.empty() && join.done.succeeded == 0 && !join.done.failures.empty()) {
            join.done.error = "no member was reached";
        }
        effects.done.push_back(std::move(join.done));
        return;
    }
    const auto level = join.done.succeeded > 0 ? Notice::Level::Info : Notice::Level::Warning;
    for (const RequestDone::Failure& failure : join.done.failures) {
        effects.notices.push_back(
            {level, "cannot join " + failure.peer.to_string() + ": " + failure.error});
    }
}

}  // namespace muster
