// How long to wait between tries of what may be gone for good: an interval that grows with the
// tries in vain and with the number of agents that try, and a spread over time by chance
// (docs/detection.md, "Retry for ever").
//
// Formulas only; who is tried, and when, is the address book's and the seed schedule's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "swim/random.h"
#include "swim/time.h"

namespace muster::cluster {

struct RetryRange {
    Duration first{};
    Duration max{};
};

//     interval = min(max, first * 2^tries * alive)
//
// Times the members alive, because each of them tries: a dead address of 1,000 agents is not pinged
// 500 times a second.
Duration retry_interval(RetryRange range, unsigned tries, std::size_t alive);

// A share below one half, in 2^-16, by which an interval is to be shortened.
std::uint16_t draw_early(Random& random);

//     interval * (1 - early), from (interval / 2, interval]
Duration spread(Duration interval, std::uint16_t early);

}  // namespace muster::cluster
