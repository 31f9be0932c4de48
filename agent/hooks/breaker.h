// Stops a hook that keeps failing, and lets one try through now and then to see whether it works
// again. Pure.
//
//     closed     tries go through; the last 5 tries all failed, of at least 3 deliveries -> open
//     open       nothing goes through for 30 s, doubling up to 10 min             -> half-open
//     half-open  one try at a time; it succeeds -> closed; it fails -> open again
//
// One delivery that always fails is no reason: its own tries run out.
#pragma once

#include <cstdint>
#include <vector>

#include "swim/time.h"

namespace muster::hooks {

class Breaker {
public:
    static constexpr std::size_t failures_to_open = 5;
    static constexpr std::size_t deliveries_to_open = 3;
    static constexpr Duration first_pause = std::chrono::seconds(30);
    static constexpr Duration last_pause = std::chrono::minutes(10);

    enum class State : std::uint8_t { Closed, Open, HalfOpen };
    State state(TimePoint now) const;
    // When a try may go through again. Only of a breaker that is open.
    TimePoint opens_until() const { return until_; }

    void succeeded();
    // A try of `delivery` has failed.
    void failed(TimePoint now, std::uint64_t delivery);

private:
    bool closed_ = true;
    TimePoint until_{};
    Duration pause_{};
    std::vector<std::uint64_t> failed_;  // of the last tries, none of which succeeded
};

const char* to_string(Breaker::State state);  // "closed", "open", "half-open"

}  // namespace muster::hooks
