// One seed's whole storm: a cluster and its weather are drawn from the seed; whatever happens must
// be safe (agent/sim/invariants.h), and what comes after it must be as it should
// (tests/sim/aftermath.h).
//
// Deterministic: the same seed gives the same history, of which the hash is a part of the answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/sim/world.h"

namespace muster::sim {

struct StormReport {
    std::uint64_t seed = 0;
    std::uint64_t hash = 0;           // of the transcript
    std::uint64_t steps = 0;          // inputs of nodes that were checked
    Duration agreement{};             // from the end of the storm
    std::vector<std::string> broken;  // sentences; empty: all held
};

// `text`, if not null, receives the transcript.
StormReport run_storm(std::uint64_t seed, std::string* text = nullptr);

}  // namespace muster::sim
