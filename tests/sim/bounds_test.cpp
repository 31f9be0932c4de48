// The bounds that runs are held to, as numbers.
#include "agent/sim/bounds.h"

#include <catch2/catch.hpp>

namespace muster::sim {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the bounds are the formulas' values") {
    const auto [n, suspicion, completeness, convergence] =
        GENERATE(table<std::size_t, Duration, Duration, Duration>({
            {1, 24s, 8s + 24s + 2s, 30s + 24s + 120s + 60s + 60s},
            {6, 24s, 88s + 24s + 2s, 30s + 24s + 120s + 60s + 60s},
            {100, 48s, 1592s + 48s + 2s, 30s + 48s + 360s + 60s + 60s},
        }));
    const swim::Config config;
    CHECK(suspicion_max(config, n) == suspicion);
    CHECK(completeness_bound(config, n) == completeness);
    // Ten minutes are the longest hold.
    CHECK(convergence_bound(config, {}, n, 0s) == convergence + 10min);
    CHECK(convergence_bound(config, {}, n, 90s) == convergence + 10min + 90s);
}

TEST_CASE("without probes nobody is ever found dead") {
    swim::Config config;
    config.probe_interval = 0s;
    CHECK(completeness_bound(config, 5) == Duration::max());
}

}  // namespace
}  // namespace muster::sim
