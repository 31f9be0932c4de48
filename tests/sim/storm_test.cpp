// Storms: what must hold during any weather, and what must be true some time after it.
#include "tests/sim/storm.h"

#include "agent/sim/invariants.h"

namespace muster::sim {
namespace {

TEST_CASE("a cluster comes through any storm, and agrees again by itself") {
    for (const std::uint64_t seed : seeds(12)) {
        Sim sim{seed};
        Invariants invariants(sim);
        Storm storm(sim, {.hosts = 4 + seed % 5, .length = 3min, .leaves = false});
        storm.rage();
        CHECK(invariants.broken() == std::vector<std::string>{});
        storm.calm();
        storm.reunite();
        sim.settle(10min);
        sim.run_for(1min);
        CHECK(sim.divergence() == "");
        CHECK(invariants.broken() == std::vector<std::string>{});
        CHECK(invariants.steps() > 1000);
    }
}

TEST_CASE("a cluster comes through storms in which members leave and move, and agrees again") {
    for (const std::uint64_t seed : seeds(12)) {
        Sim sim{seed};
        Invariants invariants(sim);
        Storm storm(sim, {.hosts = 4 + seed % 5, .length = 3min, .leaves = true});
        storm.rage();
        CHECK(invariants.broken() == std::vector<std::string>{});
        storm.calm();
        storm.reunite();
        sim.settle(10min);
        // Who still held a member for left says so in its next exchange, and others take it for
        // leaving until they have waited for it in vain.
        sim.run_for(2min);
        sim.settle(1min);
        CHECK(sim.divergence() == "");
        CHECK(invariants.broken() == std::vector<std::string>{});
    }
}

TEST_CASE("one seed is one history, byte for byte") {
    const auto history = [](std::uint64_t seed) {
        Options options = lan();
        options.keep_text = true;
        Sim sim{seed, options};
        Storm storm(sim, {.hosts = 6, .length = 1min, .leaves = true});
        storm.rage();
        storm.calm();
        sim.run_for(10s);
        return std::pair(sim.transcript().hash(), sim.transcript().text());
    };
    const auto first = history(11);
    const auto again = history(11);
    const auto other = history(12);
    CHECK(first.first == again.first);
    CHECK(first.second == again.second);
    CHECK(first.second.size() > 100000);
    CHECK(first.first != other.first);
}

}  // namespace
}  // namespace muster::sim
