#include "agent/cluster/query_relays.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

// self at .0, and "n1" to "n<count>" at .1 and so on, all alive.
Members cluster_of(std::uint8_t count, std::uint8_t protocol_max = 5) {
    Members members(100);
    Members::Events events;
    members.joined(at(0s), wire(swim::WireEvent::Kind::Join, "self"), record(0), nullptr, events);
    for (std::uint8_t i = 1; i <= count; ++i) {
        WireRecord one = record(i);
        one.versions.protocol_max = protocol_max;
        members.joined(at(0s), wire(swim::WireEvent::Kind::Join, "n" + std::to_string(i)), one,
                       nullptr, events);
    }
    return members;
}

}  // namespace

TEST_CASE("relays are distinct, and none is ourselves") {
    const Members members = cluster_of(5);
    Random random(1);
    for (std::size_t count = 1; count <= 5; ++count) {
        auto chosen = choose_relays(members, "self", count, random);
        CHECK(chosen.size() == count);
        std::sort(chosen.begin(), chosen.end());
        CHECK(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
        CHECK(std::find(chosen.begin(), chosen.end(), endpoint(0)) == chosen.end());
    }
}

TEST_CASE("with fewer members than copies and one more, nothing is relayed") {
    const Members members = cluster_of(3);
    Random random(1);
    CHECK(choose_relays(members, "self", 3, random).size() == 3);
    CHECK(choose_relays(members, "self", 4, random).empty());
    CHECK(choose_relays(members, "self", 255, random).empty());
    CHECK(choose_relays(members, "self", 0, random).empty());
}

TEST_CASE("who does not know relays, or is not alive, is none; but counts as a member") {
    Random random(1);
    CHECK(choose_relays(cluster_of(3, 4), "self", 2, random).empty());
    Members members = cluster_of(3);
    Members::Events events;
    members.left(at(1s), wire(swim::WireEvent::Kind::Leave, "n1"), events);
    CHECK(choose_relays(members, "self", 3, random).size() == 2);
}

TEST_CASE("every member gets its turn") {
    const Members members = cluster_of(8);
    const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2});
    CAPTURE(seed);
    Random random(seed);
    std::map<Endpoint, int> turns;
    for (int i = 0; i < 4000; ++i) {
        for (const Endpoint& one : choose_relays(members, "self", 2, random)) {
            ++turns[one];
        }
    }
    CHECK(turns.size() == 8);
    for (const auto& [one, count] : turns) {
        CHECK(count > 850);
        CHECK(count < 1150);
    }
}

TEST_CASE("what is carried goes on as it came; what cannot go anywhere does not") {
    const Endpoint where = endpoint(9);
    const auto direct = carry({where.ip(), where.port(), "n9", "\x05inner"});
    REQUIRE(direct);
    CHECK(direct->to == where);
    CHECK(direct->message == "\x05inner");
    CHECK_FALSE(carry({where.ip(), 0, "n9", "x"}));
    CHECK_FALSE(carry({"abc", 7946, "n9", "x"}));
    CHECK_FALSE(carry({where.ip(), 7946, "n9", ""}));
    const Bytes large(65001, 'x');
    CHECK_FALSE(carry({where.ip(), 7946, "n9", large}));
}
