// Rehearsals: a whole cluster in the simulated world, one thing that goes wrong with it, and what
// comes of it. What `musterd rehearse` runs.
//
// Pure: one request gives one report, to the last digit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "agent/node.h"
#include "agent/sim/network.h"
#include "agent/sim/report.h"

namespace muster::sim {

struct Rehearsal {
    NodeConfig node;  // of every member; name, address, seeds and chance are the world's
    Bytes label;
    Link link;
    std::size_t nodes = 0;  // at least min_nodes
    std::uint64_t seed = 1;
};

// Fewer cannot lose somebody and still be a cluster.
inline constexpr std::size_t min_nodes = 3;
inline constexpr std::size_t max_nodes = 2000;  // memory: each knows each

// Told what happens, and at which second of the simulation.
using Progress = std::function<void(Duration at, const std::string& what)>;

struct Scenario;

// What a scenario is made of (scenarios.cpp).
class Stage;

struct Scenario {
    std::string_view name;
    std::string_view summary;
    void (*play)(Stage& stage);
};

std::span<const Scenario> scenarios();
// Null if there is none of this name.
const Scenario* find_scenario(std::string_view name);

// REQUIRES: min_nodes <= nodes <= max_nodes.
Report rehearse(const Scenario& scenario, const Rehearsal& wanted, const Progress& progress);

}  // namespace muster::sim
