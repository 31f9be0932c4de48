#include "agent/retries.h"

#include <utility>

namespace muster {

void Retries::pinged(TimePoint now, const swim::PingResult& ping, swim::Output& wire) {
    if (!ping.answered) {
        cluster_.try_timed_out(now, ping.name);
        return;
    }
    if (cluster_.try_acked(now, ping.name)) {
        const auto id = swim_.exchange(now, ping.peer, /*join=*/false, wire);
        running_.emplace(id, Retry{ping.name, /*again=*/false});
    }
}

bool Retries::exchanged(TimePoint now, const swim::ExchangeResult& result, swim::Output& wire) {
    const auto found = running_.find(result.id);
    if (found == running_.end()) {
        return false;
    }
    const Retry retry = std::move(found->second);
    running_.erase(found);
    // After a partition each side holds the other for dead, and the first exchange only makes both
    // refute: the second carries the new incarnations.
    const swim::Member* member = swim_.table().find(retry.name);
    if (result.error.empty() && !retry.again && (member == nullptr || member->is_gone())) {
        const auto id = swim_.exchange(now, result.peer, /*join=*/false, wire);
        running_.emplace(id, Retry{retry.name, /*again=*/true});
    }
    return true;
}

}  // namespace muster
