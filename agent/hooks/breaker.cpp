#include "agent/hooks/breaker.h"

#include <algorithm>
#include <set>

namespace muster::hooks {

Breaker::State Breaker::state(TimePoint now) const {
    if (closed_)
        return State::Closed;
    return now < until_ ? State::Open : State::HalfOpen;
}

void Breaker::succeeded() {
    closed_ = true;
    pause_ = {};
    failed_.clear();
}

void Breaker::failed(TimePoint now, std::uint64_t delivery) {
    if (failed_.size() == failures_to_open)
        failed_.erase(failed_.begin());
    failed_.push_back(delivery);
    const bool enough =
        failed_.size() == failures_to_open &&
        std::set<std::uint64_t>(failed_.begin(), failed_.end()).size() >= deliveries_to_open;
    // Who was running already when it opened says nothing new.
    if (closed_ ? !enough : now < until_)
        return;
    closed_ = false;
    pause_ = std::clamp(2 * pause_, first_pause, last_pause);
    until_ = now + pause_;
}

const char* to_string(Breaker::State state) {
    switch (state) {
        case Breaker::State::Closed:
            return "closed";
        case Breaker::State::Open:
            return "open";
        case Breaker::State::HalfOpen:
            break;
    }
    return "half-open";
}

}  // namespace muster::hooks
