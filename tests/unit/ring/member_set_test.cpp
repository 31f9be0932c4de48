#include "agent/ring/member_set.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::ring;

namespace {

Member named(Bytes name, std::uint32_t weight = 1) {
    return {.name = std::move(name), .weight = weight, .zone = {}, .bad_weight = false};
}

}  // namespace

TEST_CASE("members are sorted by the bytes of their names, each name once") {
    const MemberSet set(
        {}, {named("b"), named("\xff"), named("a", 3), named("B"), named("a", 7), named("")});
    REQUIRE(set.members().size() == 5);
    CHECK(set.members()[0].name.empty());
    CHECK(set.members()[1].name == "B");
    CHECK(set.members()[2] == named("a", 7));
    CHECK(set.members()[3].name == "b");
    CHECK(set.members()[4].name == "\xff");
    CHECK(set.total_weight() == 11);
    CHECK(set.find("b") == 3);
    CHECK(set.find("c") == nobody);
    CHECK(set.find("\xff\xff") == nobody);
}

TEST_CASE("a name or a zone whose length cannot be hashed is in no ring") {
    Member long_zone = named("zone");
    long_zone.zone = Bytes(max_text_size + 1, 'z');
    Member longest = named(Bytes(max_text_size, 'n'));
    longest.zone = Bytes(max_text_size, 'z');
    const MemberSet set({}, {named(Bytes(max_text_size + 1, 'n')), long_zone, longest});
    REQUIRE(set.members().size() == 1);
    CHECK(set.members().front() == longest);
}

TEST_CASE("tags say weight and zone, under the names that the ring gives them") {
    const cluster::Tags tags{
        {"weight", "5"}, {"zone", "a"}, {"w", "7"}, {"rack", "r1"}, {"x", "many"}};
    CHECK(member_of("n", tags, {}, false) == Member{"n", 5, "a", false});
    CHECK(member_of("n", tags, {.weight = "w", .zone = "rack"}, false) ==
          Member{"n", 7, "r1", false});
    CHECK(member_of("n", tags, {.weight = "x", .zone = "none"}, false) == Member{"n", 1, "", true});
    CHECK(member_of("n", {}, {}, false) == Member{"n", 1, "", false});
}

TEST_CASE("a drained member has weight 0, and its bad tag is still told") {
    CHECK(member_of("n", {{"weight", "5"}}, {}, /*drained=*/true) == Member{"n", 0, "", false});
    CHECK(member_of("n", {{"weight", "-5"}}, {}, /*drained=*/true) == Member{"n", 0, "", true});
}

TEST_CASE("a fingerprint is shown as 16 digits") {
    CHECK(fingerprint_text(0) == "0000000000000000");
    CHECK(fingerprint_text(0x0123456789ABCDEF) == "0123456789abcdef");
    CHECK(fingerprint_text(~std::uint64_t{0}) == "ffffffffffffffff");
}
