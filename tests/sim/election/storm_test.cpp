// Storms: what must hold in any weather, and who must lead some time after it.
#include <catch2/catch.hpp>

#include "tests/sim/election/storm.h"

namespace muster::election::sim {
namespace {

using Broken = std::vector<std::string>;

TEST_CASE("I1 to I7 hold in any storm, and a leader follows it in time (I9)") {
    std::uint64_t tenures = 0;
    for (const std::uint64_t seed : seeds(15)) {
        INFO(replay(seed, "I1 to I7 hold*"));
        Storm storm(weather(seed));
        storm.rage();
        CHECK_THAT(storm.invariants().broken(), Catch::Equals(Broken{}));
        storm.calm();
        CHECK(storm.leader_in_time());
        CHECK_THAT(storm.invariants().broken(), Catch::Equals(Broken{}));
        tenures += storm.invariants().tenures();
    }
    CHECK(tenures > 0);
}

TEST_CASE("I1 to I7 hold while voters are added, removed, replaced and wiped in a storm") {
    std::uint64_t tenures = 0;
    std::uint64_t changes = 0;
    for (const std::uint64_t seed : seeds(15)) {
        INFO(replay(seed, "I1 to I7 hold while*"));
        Storm storm(changing_weather(seed));
        storm.rage();
        CHECK_THAT(storm.invariants().broken(), Catch::Equals(Broken{}));
        storm.calm();
        CHECK(storm.leader_in_time());
        CHECK_THAT(storm.invariants().broken(), Catch::Equals(Broken{}));
        CHECK(storm.most_runs_of_one_key() <= 1);
        tenures += storm.invariants().tenures();
        changes += storm.changes_done();
    }
    CHECK(tenures > 0);
    CHECK(changes > 0);
    WARN(tenures << " tenures, " << changes << " changes");
}

}  // namespace
}  // namespace muster::election::sim
