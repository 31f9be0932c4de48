// The quiet cases: what happens when nothing goes wrong, and when one thing does.
#include <catch2/catch.hpp>

#include "tests/sim/election/invariants.h"

namespace muster::election::sim {
namespace {

struct Cluster {
    explicit Cluster(std::size_t voters, WorldOptions options = {})
        : world(options), invariants(world) {
        std::vector<HostId> members;
        for (std::size_t i = 0; i < voters; ++i) {
            members.push_back(world.add_host());
        }
        world.found(members, static_cast<std::uint8_t>(voters));
        for (const HostId member : members) {
            world.boot(member);
        }
    }
    World world;
    Invariants invariants;
};

TEST_CASE("voters elect one leader, and keep it while nothing happens") {
    const auto voters = GENERATE(values<std::size_t>({1, 2, 3, 5, 9}));
    Cluster cluster(voters);
    cluster.world.run_for(5s);
    REQUIRE(cluster.world.leader().has_value());
    const HostId leader = *cluster.world.leader();
    const Term term = cluster.world[leader].election->tenure_term();
    cluster.world.run_for(60s);
    CHECK(cluster.world.leader() == leader);
    CHECK(cluster.world[leader].election->tenure_term() == term);
    CHECK_THAT(cluster.invariants.broken(), Catch::Equals(std::vector<std::string>{}));
}

TEST_CASE("when the leader dies another one follows, and no sooner than its lease allows") {
    Cluster cluster(3);
    World& world = cluster.world;
    world.run_for(5s);
    REQUIRE(world.leader().has_value());
    const HostId first = *world.leader();
    world.crash(first);
    world.run_for(600ms);
    CHECK(!world.leader());
    world.run_for(4s);
    REQUIRE(world.leader().has_value());
    CHECK(*world.leader() != first);
    CHECK_THAT(cluster.invariants.broken(), Catch::Equals(std::vector<std::string>{}));
}

}  // namespace
}  // namespace muster::election::sim
