// Leaving on purpose, being made to leave, and what others hold of it.
#include <map>

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
    std::map<HostId, TimePoint> heard;
    sim.tap([&](const Passage& passage) {
        if (passage.to && carries<swim::User>(passage.packet)) {
            heard.emplace(*passage.to, passage.at);
        }
    });
    const RequestId request = sim.leave(leaver);
    CHECK(sim.run_until([&] { return sim.process(leaver) == Process::Left; }, leave_bound));
    REQUIRE(done(sim, request));
    CHECK(sim.outcome(request)->error.empty());
    CHECK(sim.sees(leaver, leaver, Status::Left));
    // Who did not hear the intent, which is gossip, hears of it by push/pull.
    CHECK(sim.run_until([&] { return sim.all_see(leaver, Status::Left); }, 2min));
    sim.run_for(1min);
    CHECK(sim.all_see(leaver, Status::Left));
    CHECK(sim.converged());
    for (HostId observer = 0; observer < leaver; ++observer) {
        const TimePoint failed = sim.first(observer, leaver, Status::Failed);
        const auto intent = heard.find(observer);
        CHECK((failed == never || intent == heard.end() || failed < intent->second + 10ms));
    }
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

TEST_CASE("a leave that is never sent at all still ends in time") {
    Options options = lan();
    options.node.swim.gossip_interval = 0s;
    options.node.swim.probe_interval = 0s;
    Sim sim{1, options};
    for (HostId host = 0; host < 2; ++host) {
        sim.boot(sim.add());
    }
    sim.join(1, {0});
    sim.settle(repair);
    const RequestId request = sim.leave(1);
    CHECK(sim.run_until([&] { return sim.process(1) == Process::Left; }, leave_bound + 1s));
    CHECK(done(sim, request));
}

TEST_CASE("a leave that only one member heard reaches the others by push/pull") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    // The leaver's intent reaches one member, and that one's gossip nobody.
    std::optional<HostId> heard;
    sim.filter([&](const Passage& passage) {
        const bool intent = carries<swim::User>(passage.packet);
        if (passage.from == 4 && intent && !heard) {
            heard = passage.to;
            return false;
        }
        return intent || gossips(passage.packet);
    });
    sim.leave(4);
    CHECK(sim.run_until([&] { return sim.process(4) == Process::Left; }, leave_bound + 1s));
    REQUIRE(heard.has_value());
    REQUIRE(sim.sees(*heard, 4, Status::Leaving));
    CHECK(sim.run_until([&] { return sim.all_see(4, Status::Left); }, 5min));
}

TEST_CASE("a failed member that is made to leave is left everywhere, or forgotten when pruned") {
    const auto seed = GENERATE(from_range(seeds(1)));
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
    REQUIRE(sim.run_until([&] { return done(sim, request); }, 6s));
    CHECK(sim.outcome(request)->error.empty());
    if (prune && !sim.all_see(4, then)) {
        // A prune is gossip alone: whom it missed is told again.
        sim.force_leave(0, sim.name(4), prune);
    }
    CHECK(sim.run_until([&] { return sim.all_see(4, then); }, repair));
    sim.run_for(3min);
    CHECK(sim.all_see(4, then));
    // Its next life is a member again.
    sim.boot(4);
    sim.join(4, {1});
    sim.settle(repair);
}

TEST_CASE("a live member that is made to leave says that it stays") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool prune = GENERATE(false, true);
    CAPTURE(prune);
    Sim sim{seed};
    sim.start(5);
    sim.force_leave(0, sim.name(4), prune);
    CHECK(sim.sees(0, 4, Status::Leaving));
    sim.settle(repair);
    sim.run_for(1min);
    CHECK(sim.converged());
    CHECK(sim.count(4, Status::Left) == 0);
}

TEST_CASE("nobody that left is tried again, nobody that failed is given up") {
    Options options = lan();
    options.node.cluster.retry_max = 10min;
    Sim sim{1, options};
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
    sim.run_for(40min);
    CHECK(tries[2] == 0);
    // At least every retry_max, by each of the two that are left.
    CHECK(tries[3] >= 6);
    CHECK(tries[3] < 30);

    // Until it is pruned.
    sim.force_leave(0, sim.name(3), /*prune=*/true);
    sim.run_for(10s);
    tries[3] = 0;
    sim.run_for(30min);
    CHECK(tries[3] == 0);
}

// Two copies are all there are in this profile: one may go to who is dead, not both.
TEST_CASE("a leave beside a member that has just died is heard as a leave") {
    std::size_t misunderstood = 0;
    for (const std::uint64_t seed : seeds(20)) {
        Options options = lan();
        options.node.swim = swim::profile_config(swim::Profile::Local);
        Sim sim{seed, options};
        sim.start(3);
        sim.kill(2);
        REQUIRE(sim.run_until([&] { return sim.all_see(2, Status::Failed); }, 1min));
        sim.run_for(100ms);
        sim.leave(0);
        sim.run_for(10s);
        misunderstood += one_if(!sim.sees(1, 0, Status::Left));
    }
    CHECK(misunderstood == 0);
}

}  // namespace
}  // namespace muster::sim
