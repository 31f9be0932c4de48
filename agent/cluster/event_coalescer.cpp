#include "agent/cluster/event_coalescer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace muster::cluster {

namespace {

// A batch that has grown to this is told early: only a flood has so many.
constexpr std::size_t max_gathered = 1024;

}  // namespace

void EventCoalescer::add(TimePoint now, HeardEvent event, std::vector<HeardEvent>& told) {
    tick(now, told);
    const bool off = period_ <= Duration::zero() || quiescent_ <= Duration::zero();
    if (off || !event.coalesce) {
        told.push_back(std::move(event));
        return;
    }
    if (latest_.empty()) {
        full_at_ = now + period_;
    }
    quiet_at_ = now + quiescent_;
    std::vector<HeardEvent>& latest = latest_[event.name];
    if (!latest.empty() && event.ltime < latest.front().ltime) {
        return;
    }
    if (!latest.empty() && event.ltime > latest.front().ltime) {
        held_ -= latest.size();
        latest.clear();
    }
    latest.push_back(std::move(event));
    if (++held_ >= max_gathered) {
        flush(told);
    }
}

void EventCoalescer::tick(TimePoint now, std::vector<HeardEvent>& told) {
    if (now >= next_deadline()) {
        flush(told);
    }
}

TimePoint EventCoalescer::next_deadline() const {
    return std::min(full_at_, quiet_at_);
}

void EventCoalescer::flush(std::vector<HeardEvent>& told) {
    const auto first = static_cast<std::ptrdiff_t>(told.size());
    for (auto& [name, events] : latest_) {
        std::move(events.begin(), events.end(), std::back_inserter(told));
    }
    std::stable_sort(told.begin() + first, told.end(),
                     [](const HeardEvent& a, const HeardEvent& b) { return a.ltime < b.ltime; });
    latest_.clear();
    held_ = 0;
    full_at_ = never;
    quiet_at_ = never;
}

}  // namespace muster::cluster
