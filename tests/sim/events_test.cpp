// User events: told to everybody, once, whatever the network does.
#include <map>

#include "agent/sim/invariants.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

// How often `host` was told of an event of this name since the world began, over all its lives.
std::size_t told(const Sim& sim, HostId host, BytesView name) {
    std::size_t times = 0;
    for (const cluster::HeardEvent& event : sim.host(host).user_events) {
        times += one_if(event.name == name);
    }
    return times;
}

bool all_told(const Sim& sim, BytesView name) {
    for (HostId host = 0; host < sim.size(); ++host) {
        if (told(sim, host, name) == 0) {
            return false;
        }
    }
    return true;
}

void check_told_once(const Sim& sim, BytesView name) {
    for (HostId host = 0; host < sim.size(); ++host) {
        CAPTURE(host, name);
        CHECK(told(sim, host, name) == 1);
    }
}

TEST_CASE("an event reaches most within a second, its sender at once, and all by and by") {
    std::size_t soon = 0;
    const auto run = seeds(5);
    for (const std::uint64_t seed : run) {
        Sim sim{seed};
        sim.start(12);
        REQUIRE(sim.user_event(3, "deploy", "v1"));
        CHECK(told(sim, 3, "deploy") == 1);
        sim.run_for(1s);
        for (HostId host = 0; host < 12; ++host) {
            soon += told(sim, host, "deploy");
        }
        sim.run_for(repair);
        check_told_once(sim, "deploy");
    }
    CAPTURE(soon, run.size());
    CHECK(soon * 100 >= 12 * run.size() * 95);
}

TEST_CASE("under loss and duplication every event is told to all, and once") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed};
    const Invariants invariants(sim);
    sim.start(8);
    sim.set_loss(0.3);
    sim.network().link().duplication = 0.3;
    sim.network().link().delay_mean = 20ms;
    Random random(seed);
    std::vector<Bytes> names;
    for (int i = 0; i < 20; ++i) {
        names.push_back("event-" + std::to_string(i));
        const auto host = static_cast<HostId>(random.below(sim.size()));
        REQUIRE(sim.user_event(host, names.back(), ""));
        sim.run_for(random.below(Duration(500ms)));
    }
    sim.set_loss(0);
    sim.run_for(repair);
    for (const Bytes& name : names) {
        check_told_once(sim, name);
    }
    CHECK_THAT(invariants.broken(), Catch::Equals(std::vector<std::string>{}));
}

TEST_CASE("what happened on one side of a partition is told on the other after it heals, once") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed};
    const Invariants invariants(sim);
    sim.start(6);
    sim.partition({0, 1, 2}, {3, 4, 5});
    REQUIRE(sim.user_event(0, "here", ""));
    REQUIRE(sim.user_event(4, "there", ""));
    sim.run_for(2min);
    for (HostId host = 0; host < 6; ++host) {
        CHECK(told(sim, host, "here") == (host < 3 ? 1 : 0));
        CHECK(told(sim, host, "there") == (host < 3 ? 0 : 1));
    }
    sim.heal();
    sim.settle(10min);
    sim.run_for(repair);
    check_told_once(sim, "here");
    check_told_once(sim, "there");
    CHECK_THAT(invariants.broken(), Catch::Equals(std::vector<std::string>{}));
}

TEST_CASE("who misses all gossip of an event is told of it by an exchange") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    sim.filter([](const Passage& passage) { return carries<swim::User>(passage.packet); });
    for (HostId host = 0; host < 4; ++host) {
        sim.block(host, 4, Traffic::Streams);  // an exchange may be due at once
    }
    REQUIRE(sim.user_event(0, "deploy", "v1"));
    sim.run_for(1s);
    CHECK(told(sim, 4, "deploy") == 0);
    sim.heal();
    CHECK(sim.run_until([&] { return all_told(sim, "deploy"); }, repair));
    sim.run_for(repair);
    check_told_once(sim, "deploy");
}

TEST_CASE("a new member is not told of what happened before it joined") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(4);
    REQUIRE(sim.user_event(0, "before", ""));
    sim.run_for(1min);
    sim.start(1);
    REQUIRE(sim.user_event(0, "after", ""));
    sim.run_for(repair);
    CHECK(told(sim, 4, "before") == 0);
    CHECK(told(sim, 4, "after") == 1);
}

TEST_CASE("a burst that may be coalesced is told as its last event") {
    // Not by an exchange, which does not say that it may be: so, here and there, as it was.
    std::size_t once = 0;
    const auto run = seeds(3);
    for (const std::uint64_t seed : run) {
        Sim sim{seed};
        sim.start(6);
        for (const char* version : {"v1", "v2", "v3", "v4"}) {
            REQUIRE(sim.user_event(2, "deploy", version, /*coalesce=*/true));
            sim.run_for(100ms);
        }
        sim.run_for(10s);
        for (HostId host = 0; host < 6; ++host) {
            CAPTURE(host);
            REQUIRE(told(sim, host, "deploy") >= 1);
            once += one_if(told(sim, host, "deploy") == 1 &&
                           sim.host(host).user_events.back().payload == "v4");
        }
    }
    CAPTURE(once, run.size());
    CHECK(once * 100 >= 6 * run.size() * 90);
}

TEST_CASE("no member sends an event more often than its limit, and an idle cluster sends none") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.push_pull_interval = 0s;
    Sim sim{seed, options};
    sim.start(9);
    std::map<HostId, unsigned> sent;
    sim.tap([&](const Passage& passage) {
        sent[passage.from] += carries<swim::User>(passage.packet, [&](const swim::User& user) {
            return user.payload.find("deploy") != BytesView::npos;
        });
    });
    REQUIRE(sim.user_event(0, "deploy", ""));
    sim.run_for(20s);
    for (HostId host = 0; host < 9; ++host) {
        CAPTURE(host);
        CHECK(sent[host] == (told(sim, host, "deploy") > 0 ? 4 : 0));
    }
}

}  // namespace
}  // namespace muster::sim
