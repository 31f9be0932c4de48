// Network coordinates: distances between members become what their round trips are.
#include <algorithm>
#include <cmath>

#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

// Two sites 40 ms apart, with 2 ms inside each.
constexpr std::size_t hosts = 8;

Duration one_way(HostId a, HostId b) {
    return (a < hosts / 2) == (b < hosts / 2) ? 1ms : 20ms;
}

void lay_cables(Sim& sim) {
    for (HostId a = 0; a < hosts; ++a) {
        for (HostId b = 0; b < hosts; ++b) {
            if (a != b) {
                Link& link = sim.network().link(a, b);
                link.delay_min = one_way(a, b);
                link.delay_mean = one_way(a, b) + 100us;
            }
        }
    }
}

// How far the estimates are off, each as a share of the true round trip; the worst last.
std::vector<double> errors(const Sim& sim) {
    std::vector<double> all;
    for (HostId a = 0; a < hosts; ++a) {
        for (HostId b = 0; b < hosts; ++b) {
            const auto own = sim.node(a).coordinate(sim.name(a));
            const auto other = sim.node(a).coordinate(sim.name(b));
            REQUIRE(own);
            REQUIRE(other);
            if (a != b) {
                const double estimated =
                    std::chrono::duration<double>(distance(*own, *other)).count();
                const double real =
                    std::chrono::duration<double>(2 * one_way(a, b) + 200us).count();
                all.push_back(std::fabs(estimated - real) / real);
            }
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

TEST_CASE("estimated round trips converge to those of the network") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(hosts);
    lay_cables(sim);
    sim.run_for(6min);
    const std::vector<double> off = errors(sim);
    CAPTURE(off[off.size() / 2], off.back());
    CHECK(off[off.size() / 2] < 0.15);
    CHECK(off[off.size() * 9 / 10] < 0.5);
    for (HostId host = 0; host < hosts; ++host) {
        CHECK(sim.node(host).stats().coordinate_resets == 0);
    }
}

TEST_CASE("a member that is erased stands nowhere any more") {
    Sim sim{1};
    sim.start(4);
    sim.run_for(30s);
    REQUIRE(sim.node(0).coordinate("n3"));
    sim.leave(3);
    sim.run_for(10s);
    CHECK(sim.node(0).coordinate("n3"));
    sim.force_leave(0, "n3", /*prune=*/true);
    sim.run_for(10s);
    CHECK_FALSE(sim.node(0).coordinate("n3"));
    CHECK(sim.node(0).coordinate("n2"));
}

}  // namespace
}  // namespace muster::sim
