#include "agent/loop_lag.h"

#include <algorithm>

namespace muster {

void LoopLag::note(TimePoint now, TimePoint due) {
    const Duration late = due < now ? now - due : Duration{};
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), late) - bounds.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    ++turns_;
    sum_ += late;
    if (late >= worst(now)) {
        worst_ = late;
        worst_at_ = now;
    }
}

}  // namespace muster
