// Storms: what must hold during any weather, and what must be true after it. tests/sim/storms.cpp
// runs many more of them.
#include "tests/sim/storm.h"

#include "tests/sim/sim.h"
#include "tests/sim/storm_run.h"

namespace muster::sim {
namespace {

TEST_CASE("a storm breaks no rule, and the cluster comes out of it whole") {
    const auto seed = GENERATE(from_range(seeds(24)));
    const StormReport report = run_storm(seed);
    INFO("seed " << seed << "; to replay: MUSTER_SIM_SEED=" << seed
                 << " sim_tests \"a storm breaks no rule*\"; with its transcript: storms --seeds "
                 << seed << " --text storm.txt");
    const std::vector<std::string> nothing;
    CHECK(report.broken == nothing);
    CHECK(report.steps > 1000);
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
