// Foundings under every weather: one cluster comes of one expectation (I8).
#include <catch2/catch.hpp>

#include "tests/sim/election/storm.h"

namespace muster::election::sim {
namespace {

std::size_t clusters(World& world) {
    std::set<ClusterId> all;
    for (const Host& host : world.hosts()) {
        if (host.disk.held.record) {
            all.insert(host.disk.held.record->cluster);
        }
    }
    return all.size();
}

// At most 2N - 1 candidates with one N, splits, losses and crashes; disks are kept.
void found_in_a_storm(std::uint64_t seed) {
    Random random(seed);
    const auto expect = static_cast<std::uint8_t>(2 + random.below(std::uint64_t{4}));
    const std::size_t hosts = expect + random.below(std::uint64_t{expect});
    WorldOptions options;
    options.seed = seed;
    options.gossip = true;
    options.lies = 0.05;
    World world(options);
    Invariants invariants(world);
    for (std::size_t i = 0; i < hosts; ++i) {
        world[world.add_host()].config.expect = expect;
    }
    const auto split = [&] {
        world.network().blocked.clear();
        std::vector<bool> sides;
        for (std::size_t i = 0; i < hosts; ++i) {
            sides.push_back(random.chance(0.5));
        }
        for (HostId from = 0; from < hosts; ++from) {
            for (HostId to = 0; to < hosts; ++to) {
                if (sides[from] != sides[to]) {
                    world.network().blocked.insert({from, to});
                }
            }
        }
    };
    for (unsigned turn = 0; turn < 60; ++turn) {
        for (HostId host = 0; host < hosts; ++host) {
            if (!world.up(host) && random.chance(0.6)) {
                world.boot(host);
            } else if (world.up(host) && random.chance(0.05)) {
                world.crash(host);
            }
        }
        world.network().loss = random.chance(0.5) ? 0 : 0.3;
        if (random.chance(0.3)) {
            split();
        } else if (random.chance(0.4)) {
            world.network().blocked.clear();
        }
        world.run_for(random.below(Duration(3s)));
        CHECK(clusters(world) <= 1);
    }
    world.network() = Network{};
    for (HostId host = 0; host < hosts; ++host) {
        if (!world.up(host)) {
            world.boot(host);
        }
    }
    world.run_for(400s);  // an attempt may have been put off for long
    CHECK(clusters(world) == 1);
    CHECK(world.leader().has_value());
    CHECK_THAT(invariants.broken(), Catch::Equals(std::vector<std::string>{}));
}

TEST_CASE("I8: one cluster comes of one expectation, whatever fails while it is founded") {
    for (const std::uint64_t seed : seeds(6)) {
        INFO(replay(seed, "I8*"));
        found_in_a_storm(seed);
    }
}

TEST_CASE("I6: a majority that hears its leader keeps it, whatever the others do") {
    for (const std::uint64_t seed : seeds(6)) {
        INFO(replay(seed, "I6*"));
        WorldOptions options;
        options.seed = seed;
        World world(options);
        Invariants invariants(world);
        Random random(seed);
        std::vector<HostId> members;
        for (std::size_t i = 0; i < 5; ++i) {
            members.push_back(world.add_host());
        }
        world.found(members, 5);
        for (const HostId member : members) {
            world.boot(member);
        }
        while (!world.leader()) {
            world.run_for(100ms);
        }
        const HostId leader = *world.leader();
        const Term term = world[leader].election->tenure_term();
        const HostId outer[] = {(leader + 1) % 5, (leader + 2) % 5};
        for (unsigned turn = 0; turn < 100; ++turn) {
            const HostId victim = outer[random.below(std::uint64_t{2})];
            if (!world.up(victim)) {
                world.boot(victim);
            } else if (random.chance(0.2)) {
                world.crash(victim);
            } else if (random.chance(0.5)) {
                world.pause(victim);
            } else {
                world.resume(victim);
            }
            for (HostId other = 0; other < 5; ++other) {
                world.network().blocked.erase({victim, other});
                world.network().blocked.erase({other, victim});
                if (random.chance(0.4)) {
                    world.network().blocked.insert({other, victim});
                }
                if (random.chance(0.1)) {
                    world.network().blocked.insert({victim, other});
                }
            }
            world.run_for(random.below(Duration(2s)));
        }
        CHECK(world.leads(leader));
        CHECK(world[leader].election->tenure_term() == term);
        CHECK_THAT(invariants.broken(), Catch::Equals(std::vector<std::string>{}));
    }
}

}  // namespace
}  // namespace muster::election::sim
