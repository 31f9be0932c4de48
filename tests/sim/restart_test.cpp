// The next life of a member: under its name, at its address or another (memberlist.md section 7.7).
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

TEST_CASE("a member that restarts under its name is alive again everywhere") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const std::string when = GENERATE("before anybody has noticed", "while it is suspected",
                                      "while it is failed", "after it has left");
    CAPTURE(when);
    Sim sim{seed};
    sim.start(5);
    sim.set_tags(4, {{"life", "first"}});
    sim.settle(repair);
    const std::uint32_t before = sim.sees(0, 4).incarnation;
    REQUIRE(before == 2);

    if (when == "before anybody has noticed") {
        sim.kill(4);
    } else if (when == "while it is suspected") {
        sim.kill(4);
        REQUIRE(sim.run_until([&] { return sim.sees(0, 4).suspect; }, 30s));
    } else if (when == "while it is failed") {
        sim.kill(4);
        REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
    } else {
        sim.leave(4);
        sim.run_for(12s);
        REQUIRE(sim.process(4) == Process::Left);
    }
    sim.boot(4);
    sim.join(4, {0});
    sim.settle(repair);
    // It was told what it had been, and went beyond it.
    CHECK(sim.node(4).incarnation() > before);
    sim.run_for(1min);
    CHECK(sim.converged());
}

TEST_CASE("a member restarted while it is failed needs nobody who tells it whom to join") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(4);
    sim.kill(3);
    sim.run_for(GENERATE(1min, 5min));
    sim.boot(3);
    // The others' address books find it: it gets alive again without a word of its own.
    sim.settle(20min);
}

TEST_CASE("a member that has left is accepted at a new address at once") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    const Endpoint old = sim.endpoint(4);
    sim.set_tags(4, {{"life", "first"}});
    sim.settle(repair);
    sim.leave(4);
    sim.run_for(12s);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Left); }, repair));
    sim.move(4);
    sim.boot(4);
    sim.join(4, {0});
    CHECK(sim.run_until([&] { return sim.sees(0, 4).endpoint == sim.endpoint(4); }, 2s));
    sim.settle(repair);
    CHECK(sim.sees(0, 4).endpoint == sim.endpoint(4));
    CHECK(sim.sees(0, 4).endpoint != old);
}

TEST_CASE("a failed member is accepted at a new address once the wire has forgotten the old one") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    const Endpoint old = sim.endpoint(4);
    sim.kill(4);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
    sim.move(4);
    sim.boot(4);
    sim.join(4, {0});
    sim.run_for(10s);
    CHECK(sim.sees(0, 4, Status::Failed));
    CHECK(sim.sees(0, 4).endpoint == old);
    CHECK_FALSE(sim.host(0).conflicts.empty());
    sim.settle(repair);
    CHECK(sim.sees(0, 4).endpoint == sim.endpoint(4));
}

TEST_CASE("with dead-node reclaim a failed member's name is taken over after that time") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.dead_node_reclaim_time = 5s;
    Sim sim{seed, options};
    sim.start(5);
    sim.kill(4);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
    sim.run_for(6s);
    sim.move(4);
    sim.boot(4);
    sim.join(4, {0});
    sim.settle(repair);
}

TEST_CASE("a running member that moves to another address is followed") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    const Endpoint moved = sim.add_address(4);
    sim.set_advertise(4, moved);
    const auto follows = [&](HostId host) {
        return sim.sees(host, 4, Status::Alive) && sim.sees(host, 4).endpoint == moved;
    };
    CHECK(sim.run_until(
        [&] { return follows(0) && follows(1) && follows(2) && follows(3) && follows(4); },
        repair));
}

}  // namespace
}  // namespace muster::sim
