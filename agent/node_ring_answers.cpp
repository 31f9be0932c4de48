#include "agent/node_ring_answers.h"

#include <algorithm>
#include <utility>

#include "agent/ring/status.h"

namespace muster {

void RingAnswers::add(TimePoint now, const cluster::HeardQuery& query, std::size_t members) {
    if (waiting_.size() < most && query.deadline >= now + std::chrono::milliseconds(1)) {
        const Duration delay = ring::answer_delay(query.deadline - now, members, random_);
        waiting_.push_back({now + delay, query.handle, query.payload});
    }
}

std::vector<RingAnswers::Due> RingAnswers::take(TimePoint now) {
    const auto due = std::stable_partition(waiting_.begin(), waiting_.end(),
                                           [now](const Due& each) { return each.at > now; });
    std::vector<Due> taken(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
    waiting_.erase(due, waiting_.end());
    std::stable_sort(taken.begin(), taken.end(),
                     [](const Due& a, const Due& b) { return a.at < b.at; });
    return taken;
}

TimePoint RingAnswers::next_deadline() const {
    TimePoint next = never;
    for (const Due& each : waiting_) {
        next = std::min(next, each.at);
    }
    return next;
}

}  // namespace muster
