// The times of an election, as numbers of the clock bound and the lease.
//
//     P = ceil(L * (1 + rho) / (1 - rho)) + 1 ms
//
// L is counted by the leader from before it asked, P by the voter from when it answered. Both
// clocks may be wrong, each within [1 - rho, 1 + rho] of true time: so a promise outlasts the lease
// that stands on it, on any two of them. A bound on one side only is too short.
//
// L and rho stand in the replicated record, never in one node's configuration: a node that was
// configured for a shorter lease would vote while the old leader still has its longer one.
#pragma once

#include <cstdint>

#include "swim/time.h"

namespace muster::election {

struct Timing {
    std::uint32_t lease_ms = 800;
    std::uint32_t spread_ms = 300;    // J: over this the candidates' first attempts are strewn
    std::uint32_t drift_ppm = 10000;  // rho
};

inline constexpr Timing standard_timing{};
inline constexpr Timing steady_timing{5000, 2000, 10000};
inline constexpr Timing fast_timing{150, 150, 10000};

// What a record may say; beyond it a promise could be made to last for ever.
inline constexpr std::uint32_t min_lease_ms = 8;
inline constexpr std::uint32_t max_lease_ms = 60000;
inline constexpr std::uint32_t max_drift_ppm = 200000;

// REQUIRES: drift_ppm <= max_drift_ppm
constexpr std::uint32_t promise_ms(std::uint32_t lease_ms, std::uint32_t drift_ppm) {
    const std::uint64_t above = std::uint64_t{lease_ms} * (1000000U + drift_ppm);
    const std::uint64_t below = 1000000U - drift_ppm;
    return static_cast<std::uint32_t>((above + below - 1) / below + 1);
}

inline constexpr std::uint32_t max_promise_ms = promise_ms(max_lease_ms, max_drift_ppm);

// H: how often a leader renews.
constexpr Duration renewal(std::uint32_t lease_ms) {
    return std::chrono::milliseconds(lease_ms) / 8;
}

}  // namespace muster::election
