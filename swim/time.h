// Time as the deciding code sees it: a value that is handed in, never read.
//
// There is no now() here, so nothing that includes only this can look at a clock. The agent
// supplies the election clock: unslewed, and counting through a suspend; the simulator supplies a
// virtual one.
#pragma once

#include <chrono>
#include <cstdint>

namespace muster {

using Duration = std::chrono::nanoseconds;

struct ElectionClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    static constexpr bool is_steady = true;
};

using TimePoint = std::chrono::time_point<ElectionClock, Duration>;

// A deadline that never comes.
inline constexpr TimePoint never = TimePoint::max();

}  // namespace muster
