#include "agent/write_pace.h"

#include <algorithm>

namespace muster {

namespace {

constexpr Duration spacing = std::chrono::milliseconds(500);
constexpr Duration backoff_first = std::chrono::seconds(1);
constexpr Duration backoff_max = std::chrono::minutes(1);

}  // namespace

void WritePace::wanted(TimePoint now) {
    wanted_ = true;
    if (!under_way_ && due_ == never) {
        schedule(now, spacing);
    }
}

void WritePace::schedule(TimePoint now, Duration after) {
    due_ = began_ == TimePoint::min() ? now : std::max(now, began_ + after);
}

void WritePace::began(TimePoint now) {
    began_ = now;
    due_ = never;
    wanted_ = false;
    under_way_ = true;
}

void WritePace::stored(TimePoint now) {
    under_way_ = false;
    whole_ = false;
    backoff_ = Duration::zero();
    if (wanted_) {
        schedule(now, spacing);
    }
}

void WritePace::failed(TimePoint now) {
    under_way_ = false;
    whole_ = true;
    wanted_ = true;
    backoff_ = backoff_ == Duration::zero() ? backoff_first : std::min(backoff_ * 2, backoff_max);
    due_ = now + backoff_;
}

}  // namespace muster
