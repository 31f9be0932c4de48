// Which of the ways to a member its answers to our own probes took last, and how long the last
// direct one was under way: what tells a blocked UDP port from a dead host. A value of 16 bytes in
// each member of the wire table; the prober writes it, nothing that is sent depends on it. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "swim/time.h"

namespace muster::swim {

class LastHeard {
public:
    void direct(TimePoint now, Duration round_trip) {
        direct_ = stamp(now);
        round_trip_ = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(round_trip / std::chrono::microseconds(1), 1, most));
    }
    void relayed(TimePoint now) { relayed_ = stamp(now); }
    void streamed(TimePoint now) { streamed_ = stamp(now); }

    // Each: to a tenth of a second; none: never.
    std::optional<TimePoint> direct() const { return moment(direct_); }
    // After others were asked to try it too: by way of them, or late.
    std::optional<TimePoint> relayed() const { return moment(relayed_); }
    // By TCP, after UDP had brought nothing in time.
    std::optional<TimePoint> streamed() const { return moment(streamed_); }
    // Of the last direct answer, to a microsecond.
    std::optional<Duration> round_trip() const {
        return round_trip_ == 0 ? std::nullopt
                                : std::optional<Duration>(std::chrono::microseconds(round_trip_));
    }

private:
    static constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    static constexpr Duration unit = std::chrono::milliseconds(100);

    static std::uint32_t stamp(TimePoint at) {
        return static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(at.time_since_epoch() / unit, 1, most));
    }
    static std::optional<TimePoint> moment(std::uint32_t stamp) {
        return stamp == 0 ? std::nullopt : std::optional(TimePoint(stamp * unit));
    }

    std::uint32_t direct_ = 0;
    std::uint32_t relayed_ = 0;
    std::uint32_t streamed_ = 0;
    std::uint32_t round_trip_ = 0;
};
static_assert(sizeof(LastHeard) == 16);

}  // namespace muster::swim
