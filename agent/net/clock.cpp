#include "agent/net/clock.h"

#include <algorithm>

namespace muster::net {

namespace {

class Kernel final : public ClockSource {
public:
    Duration read(clockid_t clock) override {
        timespec at{};
        clock_gettime(clock, &at);
        return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
    }
};

Kernel kernel;

// Two readings that are further apart than this were interrupted, and say nothing about each other.
constexpr Duration sample_spread = std::chrono::milliseconds(1);
// A host that interrupts every single attempt would keep us here for ever; the best one is taken.
constexpr int sample_attempts = 8;

}  // namespace

Clock::Clock() : Clock(kernel) {}

Duration Clock::suspended() {
    Duration best_spread = Duration::max();
    Duration best{};
    for (int attempt = 0; attempt < sample_attempts && best_spread > sample_spread; ++attempt) {
        const Duration before = source_.read(CLOCK_MONOTONIC);
        const Duration boot = source_.read(CLOCK_BOOTTIME);
        const Duration spread = source_.read(CLOCK_MONOTONIC) - before;
        if (spread < best_spread) {
            best_spread = spread;
            best = boot - (before + spread / 2);
        }
    }
    return best;
}

TimePoint Clock::now() {
    const Duration off = suspended();
    last_ = std::max(last_, TimePoint(source_.read(CLOCK_MONOTONIC_RAW) + off));
    return last_;
}

std::int64_t Clock::wall(TimePoint at) {
    return (source_.read(CLOCK_REALTIME) + (at - now())).count();
}

}  // namespace muster::net
