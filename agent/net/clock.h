// The election clock, read from the kernel: the only place where a TimePoint is born.
//
//     now = MONOTONIC_RAW + (BOOTTIME - MONOTONIC), never less than the last answer
//
// Unslewed (NTP slews MONOTONIC and BOOTTIME alike, by up to 1/12, so their difference is exact)
// and counting through a suspend (ElectionClock, swim/time.h). Not the wall clock: wall() tells
// what a calendar shows for a moment of this one. One thread owns a Clock.
#pragma once

#include <time.h>

#include <cstdint>

#include "swim/time.h"

namespace muster::net {

// The kernel's clocks. A test hands in its own.
class ClockSource {
public:
    virtual ~ClockSource() = default;
    virtual Duration read(clockid_t clock) = 0;
};

class Clock {
public:
    Clock();
    // REQUIRES: source outlives this clock.
    explicit Clock(ClockSource& source) : source_(source) {}

    TimePoint now();
    // Nanoseconds since 1970 for a moment of this clock, past or future, by the wall clock as it
    // stands now: after the wall clock was stepped, earlier moments move with it.
    std::int64_t wall(TimePoint at);

private:
    // BOOTTIME - MONOTONIC: the time spent suspended.
    Duration suspended();

    ClockSource& source_;
    TimePoint last_{};
};

}  // namespace muster::net
