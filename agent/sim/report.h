// What a rehearsal found, as plain values and as text for people. The program writes the same as
// JSON (daemon/rehearse.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/sim/tally.h"

namespace muster::sim {

struct Report {
    std::string scenario;
    std::vector<std::string> faults;  // what was done, a sentence each, in order
    std::size_t nodes = 0;
    std::uint64_t seed = 0;

    // How the cluster came to be: by joining, or given (a test of time, not of joins).
    bool joined = true;
    Duration assembled{};  // until all agreed
    bool agreed = false;   // they did before the faults began

    Spread detection;        // over all pairs of an observer and a member that was gone for it
    Spread first_detection;  // over the members that were gone: by whoever reported it first
    std::uint64_t unreported = 0;
    std::uint64_t false_positives = 0, late = 0, of_impaired = 0;

    bool converged = false;  // after the faults had ended, within the bound
    Duration convergence{};  // if so
    Duration bound{};
    std::string divergence;  // if not

    TrafficRates traffic;
    Duration measured{};  // from the first fault to the end

    Duration simulated{};
    std::uint64_t events = 0;
    std::uint64_t transcript = 0;     // of one configuration and seed it is always the same
    std::vector<std::string> broken;  // invariants: a bug of ours
};

std::string to_text(const Report& report);

}  // namespace muster::sim
