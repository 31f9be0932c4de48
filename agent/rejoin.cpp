#include "agent/rejoin.h"

#include <utility>

namespace muster {

namespace {

// Members asked at a time: one in good health is enough, and one that died with us costs its
// silence.
constexpr std::size_t seeds_at_once = 3;

}  // namespace

void Rejoin::start(TimePoint now, std::vector<cluster::Try> targets, swim::Output& wire) {
    waiting_ = std::move(targets);
    advance(now, wire);
}

void Rejoin::advance(TimePoint now, swim::Output& wire) {
    while (!waiting_.empty() && pinged_.size() + exchanging_.size() < seeds_at_once) {
        const cluster::Try target = std::move(waiting_.back());
        waiting_.pop_back();
        const swim::Member* known = swim_.table().find(target.name);
        if (known == nullptr || known->is_gone()) {
            pinged_.insert(target.name);
            swim_.ping_by_name(now, target.name, target.endpoint, wire);
        }
    }
}

bool Rejoin::pinged(TimePoint now, const swim::PingResult& ping, swim::Output& wire) {
    const auto found = pinged_.find(ping.name);
    if (found == pinged_.end()) {
        return false;
    }
    pinged_.erase(found);
    if (ping.answered) {
        exchanging_.insert(swim_.exchange(now, ping.peer, /*join=*/false, wire));
    }
    advance(now, wire);
    return true;
}

bool Rejoin::exchanged(TimePoint now, const swim::ExchangeResult& result, swim::Output& wire) {
    if (exchanging_.erase(result.id) == 0) {
        return false;
    }
    if (result.error.empty()) {
        has_succeeded_ = true;
        waiting_.clear();
    }
    advance(now, wire);
    return true;
}

}  // namespace muster
