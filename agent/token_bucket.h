// How much of something may be done: so much a second on average, and so much at once. Pure.
//
//     tokens = min(burst, tokens + rate * time passed); each use takes one
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "swim/time.h"

namespace muster {

class TokenBucket {
public:
    // A second's worth, and what may come at once. A rate of 0: no limit.
    struct Limits {
        std::uint32_t rate = 200;
        std::uint32_t burst = 1000;
    };

    explicit TokenBucket(Limits limits)
        : limits_(limits),
          per_token_(Duration(std::chrono::seconds(1)) / std::max(1U, limits.rate)) {}

    // Takes one. Else: how long until there is one.
    std::optional<Duration> take(TimePoint now) {
        if (limits_.rate == 0)
            return std::nullopt;
        // Empty at that moment and filling ever since: one number says how many there are.
        const Duration most = per_token_ * std::max(1U, limits_.burst);
        empty_at_ = started_ ? std::max(empty_at_, now - most) : now - most;
        started_ = true;
        if (now - empty_at_ < per_token_)
            return per_token_ - (now - empty_at_);
        empty_at_ += per_token_;
        return std::nullopt;
    }
    const Limits& limits() const { return limits_; }

private:
    Limits limits_;
    Duration per_token_;
    bool started_ = false;
    TimePoint empty_at_{};
};

}  // namespace muster
