// Leaving on purpose, being made to leave, and what others hold of it.
#include "swim/codec.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

// Twice the broadcast timeout, and the delay in which the news spreads.
constexpr Duration leave_bound = 11s;

bool done(const Sim& sim, RequestId request) {
    return sim.outcome(request) != nullptr;
}

TEST_CASE("a member that leaves is left everywhere and failed nowhere, and its process ends") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const HostId count = GENERATE(1U, 2U, 5U, 12U);
    CAPTURE(count);
    Sim sim{seed};
    sim.start(count);
    const HostId leaver = count - 1;
    const RequestId request = sim.leave(leaver);
    CHECK(sim.run_until([&] { return sim.process(leaver) == Process::Left; }, leave_bound));
    REQUIRE(done(sim, request));
    CHECK(sim.outcome(request)->error == "");
    CHECK(sim.sees(leaver, leaver, Status::Left));
    CHECK(sim.all_see(leaver, Status::Left));
    sim.run_for(2min);
    CHECK(sim.all_see(leaver, Status::Left));
    CHECK(sim.count(Status::Failed) == 0);
    CHECK(sim.converged());
}

TEST_CASE("all members can leave at once") {
    Sim sim{1};
    sim.start(5);
    for (HostId host = 0; host < 5; ++host) {
        sim.leave(host);
    }
    sim.run_for(leave_bound);
    for (HostId host = 0; host < 5; ++host) {
        CHECK(sim.process(host) == Process::Left);
    }
}

TEST_CASE("a leave whose packets are all lost still ends in time, and the member is failed") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    sim.cut_off(4);
    const RequestId request = sim.leave(4);
    CHECK(sim.run_until([&] { return sim.process(4) == Process::Left; }, leave_bound + 1s));
    CHECK(done(sim, request));
    CHECK(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
}

TEST_CASE("a leave that only one member heard reaches the others by push/pull") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    // The leaver is heard by n0 alone, and n0's gossip by nobody.
    sim.filter([](const Passage& passage) {
        const bool news = gossips(passage.packet) || carries<swim::User>(passage.packet);
        return news && !(passage.from == 4 && passage.to == HostId{0});
    });
    sim.leave(4);
    CHECK(sim.run_until([&] { return sim.process(4) == Process::Left; }, leave_bound));
    REQUIRE(sim.sees(0, 4, Status::Left));
    CHECK(sim.run_until([&] { return sim.all_see(4, Status::Left); }, 3min));
}

TEST_CASE("a failed member that is made to leave is left everywhere, or forgotten when pruned") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool prune = GENERATE(false, true);
    const bool still_on_the_wire = GENERATE(true, false);
    CAPTURE(prune, still_on_the_wire);
    Sim sim{seed};
    sim.start(5);
    sim.kill(4);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
    sim.run_for(still_on_the_wire ? 1s : 3min);
    const RequestId request = sim.force_leave(0, sim.name(4), prune);
    const Status then = prune ? Status::None : Status::Left;
    CHECK(sim.run_until([&] { return sim.all_see(4, then); }, 5s));
    REQUIRE(sim.run_until([&] { return done(sim, request); }, 6s));
    CHECK(sim.outcome(request)->error == "");
    sim.run_for(5min);
    CHECK(sim.all_see(4, then));

    SECTION("and its next life is a member again") {
        sim.boot(4);
        sim.join(4, {1});
        sim.settle(90s);
    }
}

TEST_CASE("a live member that is made to leave says that it stays") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool prune = GENERATE(false, true);
    CAPTURE(prune);
    Sim sim{seed};
    sim.start(5);
    sim.force_leave(0, sim.name(4), prune);
    CHECK(sim.sees(0, 4, Status::Leaving));
    sim.settle(5s);
    sim.run_for(1min);
    CHECK(sim.converged());
    CHECK(sim.count(4, Status::Left) == 0);
}

TEST_CASE("nobody that left is tried again, nobody that failed is given up") {
    Sim sim{1};
    sim.start(4);
    sim.leave(2);
    sim.run_for(15s);
    sim.kill(3);
    sim.run_for(5min);
    std::vector<std::size_t> tries(4, 0);
    sim.tap([&](const Passage& passage) {
        for (HostId host = 2; host < 4; ++host) {
            tries[host] += carries<swim::Ping>(passage.packet, [&](const swim::Ping& ping) {
                return ping.node == sim.name(host);
            });
        }
    });
    sim.run_for(4h);
    CHECK(tries[2] == 0);
    // At least hourly, by each of the two that are left.
    CHECK(tries[3] >= 6);
    CHECK(tries[3] < 40);

    SECTION("until it is pruned") {
        sim.force_leave(0, sim.name(3), /*prune=*/true);
        sim.run_for(10s);
        tries[3] = 0;
        sim.run_for(3h);
        CHECK(tries[3] == 0);
    }
}

}  // namespace
}  // namespace muster::sim
