// Partitions of any length heal by themselves (docs/detection.md, "Retry for ever").
#include "agent/sim/invariants.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

TEST_CASE(
    "a partition heals by itself, shorter and longer than anything is remembered on the wire") {
    // Gossip to the dead ends after 30 s; a failed member is reported, here, for 10 minutes.
    const auto [length, bound] = GENERATE(table<Duration, Duration>({
        {3s, 30s},
        {20s, 90s},
        {2min, 5min},
        {20min, 7min},
    }));
    const auto seed = GENERATE(from_range(seeds(2)));
    CAPTURE(length.count());
    Options options = lan();
    options.node.cluster.reconnect_timeout = 10min;
    options.node.cluster.retry_max = 5min;
    Sim sim{seed, options};
    Invariants invariants(sim);
    sim.start(5);
    sim.partition({0, 1}, {2, 3, 4});
    sim.run_for(length);
    if (length > 1min) {
        const Status apart = length > 10min ? Status::None : Status::Failed;
        CHECK(sim.sees(0, 1, Status::Alive));
        CHECK(sim.sees(0, 2, apart));
        CHECK(sim.sees(4, 1, apart));
    }
    sim.heal();
    sim.settle(bound);
    sim.run_for(2min);
    CHECK(sim.converged());
    CHECK_THAT(invariants.broken(), Catch::Equals(std::vector<std::string>{}));
}

TEST_CASE("a partition of two halves of one member each heals, too") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(2);
    sim.partition({0}, {1});
    sim.run_for(10min);
    REQUIRE(sim.sees(0, 1, Status::Failed));
    REQUIRE(sim.sees(1, 0, Status::Failed));
    sim.heal();
    sim.settle(15min);
}

TEST_CASE("S2 a kept dead entry does not accuse the next life of its member") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    for (const char* turn : {"1", "2", "3", "4"}) {
        sim.set_tags(4, {{"turn", turn}});
        sim.settle(repair);
    }
    REQUIRE(sim.sees(0, 4).incarnation == 5);
    sim.kill(4);
    sim.run_for(5min);
    REQUIRE(sim.all_see(4, Status::Failed));
    sim.restart(4);
    const TimePoint restarted = sim.now();
    sim.join(4, {0});
    sim.settle(repair);
    // Reaped on the wire: the name was free.
    CHECK(sim.sees(0, 4).incarnation == 1);
    sim.run_for(5min);
    CHECK(sim.sees(0, 4).incarnation == 1);
    CHECK(sim.converged());
    for (HostId host = 0; host < 4; ++host) {
        CHECK(sim.first(host, 4, Status::Failed, restarted) == never);
        for (const Observed& seen : sim.events(host)) {
            const bool accused = seen.at >= restarted && seen.event.name == sim.name(4) &&
                                 seen.event.kind == MemberEvent::Kind::Suspect;
            CHECK_FALSE(accused);
        }
    }
}

TEST_CASE("S6 a host that was stopped reads its sockets before its timers, and accuses nobody") {
    const auto seed = GENERATE(from_range(seeds(8)));
    const Duration stopped = GENERATE(600ms, 3s, 40s);
    CAPTURE(stopped.count());
    Sim sim{seed};
    sim.start(5);
    sim.run_for(Random(seed).below(Duration(1s)));
    // A suspicion runs when it stops; the refutation waits in its socket.
    const TimePoint stop = sim.now();
    sim.pause(0);
    sim.run_for(stopped);
    sim.resume(0);
    const TimePoint resumed = sim.now();
    std::size_t accusations = 0;
    sim.tap([&](const Passage& passage) {
        accusations +=
            one_if(passage.from == 0 &&
                   carries<swim::Suspect>(passage.packet, [&](const swim::Suspect& suspect) {
                       return suspect.from == sim.name(0);
                   }));
    });
    sim.run_for(5s);
    CHECK(accusations == 0);
    sim.settle(repair);
    for (HostId subject = 1; subject < 5; ++subject) {
        CHECK(sim.first(0, subject, Status::Failed, stop) == never);
        for (HostId observer = 1; observer < 5; ++observer) {
            CHECK(sim.first(observer, subject, Status::Failed, resumed) == never);
        }
    }
}

}  // namespace
}  // namespace muster::sim
