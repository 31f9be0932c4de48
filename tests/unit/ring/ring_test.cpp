// The ring against the naive one, on random members and keys.
#include "agent/ring/ring.h"

#include <catch2/catch.hpp>

#include "tests/unit/ring/naive.h"

using namespace muster;
using namespace muster::ring;
using namespace muster::ring::test;

namespace {

// Members by name, as they come and go.
using Crowd = std::map<Bytes, Member>;

std::vector<Member> listed(const Crowd& crowd) {
    std::vector<Member> members;
    for (const auto& [name, member] : crowd) {
        members.push_back(member);
    }
    return members;
}

void change_one(Crowd& crowd, Random& random) {
    if (!crowd.empty() && random.chance(0.6)) {
        auto at = crowd.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random.below(std::uint64_t{crowd.size()})));
        if (random.chance(0.5)) {
            crowd.erase(at);
        } else {
            const Bytes name = at->first;
            at->second = random_member(random);
            at->second.name = name;
        }
        return;
    }
    const Member member = random_member(random);
    crowd[member.name] = member;
}

void check_against_naive(const Ring& ring, const Naive& naive, Random& random) {
    for (int i = 0; i < 6; ++i) {
        const Bytes key = random_bytes(random, 40);
        const Wanted wanted{random.below(std::uint64_t{8}), random.chance(0.5)};
        CAPTURE(key, wanted.owners, wanted.distinct_zones);
        const std::vector<Bytes> expected = naive.owners(key, wanted);
        REQUIRE(owners(ring, key, wanted) == expected);
        const std::vector<Bytes> all = naive.walk(key);
        const std::uint32_t owner = ring.owner(key);
        REQUIRE((owner == nobody) == all.empty());
        REQUIRE((all.empty() || ring.set().members()[owner].name == all.front()));
    }
}

}  // namespace

TEST_CASE("the ring agrees with a naive one, built anew and by changes, under any members") {
    const auto algorithm = GENERATE(Algorithm::Vnodes, Algorithm::Rendezvous);
    const auto seed = GENERATE(range(1U, 7U));
    CAPTURE(seed, to_string(algorithm));
    Random random(seed);
    const Function function{algorithm,
                            static_cast<std::uint32_t>(1 + random.below(std::uint64_t{20}))};
    Crowd crowd;
    SharedRing ring = ring_of(function, {});
    for (int step = 0; step < 30; ++step) {
        for (std::uint64_t changes = 1 + random.below(std::uint64_t{3}); changes > 0; --changes) {
            change_one(crowd, random);
        }
        const SharedRing anew = ring_of(function, listed(crowd));
        ring = changed(*ring, listed(crowd));
        REQUIRE(ring->fingerprint() == anew->fingerprint());
        REQUIRE(ring->points().size() == anew->points().size());
        for (std::size_t i = 0; i < anew->points().size(); ++i) {
            REQUIRE(ring->points().position(i) == anew->points().position(i));
            REQUIRE(ring->points().rank(i) == anew->points().rank(i));
        }
        if (step % 4 == 0) {
            check_against_naive(*ring, Naive(function, listed(crowd)), random);
        }
    }
}

TEST_CASE("every point is found, and what lies just before and after it") {
    const SharedRing ring = ring_of({Algorithm::Vnodes, 7}, plain_members(50));
    const Points& points = ring->points();
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::uint64_t at = points.position(i);
        CHECK(points.first_at(at) == i);
        CHECK(points.first_at((at + 1) % circle) == (i + 1) % points.size());
        CHECK(points.first_at((at + circle - 1) % circle) == i);
    }
    CHECK(points.first_at(0) == 0);
    CHECK(points.first_at(circle - 1) == 0);
}

TEST_CASE("the order in which members came does not matter") {
    Random random(3);
    std::vector<Member> members = plain_members(40);
    const Function function;
    const SharedRing sorted = ring_of(function, members);
    random.shuffle(members);
    SharedRing grown = ring_of(function, {});
    for (std::size_t i = 1; i <= members.size(); ++i) {
        grown = changed(
            *grown,
            std::vector<Member>(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(i)));
    }
    CHECK(grown->fingerprint() == sorted->fingerprint());
    for (int i = 0; i < 1000; ++i) {
        const Bytes key = "key-" + std::to_string(i);
        REQUIRE(owners(*grown, key, {3, false}) == owners(*sorted, key, {3, false}));
    }
}

TEST_CASE("shares are exact: each is what its member owns of all positions") {
    Random random(5);
    std::vector<Member> members(20);
    for (Member& member : members) {
        member = random_member(random);
    }
    const Function function{Algorithm::Vnodes, 5};
    const SharedRing ring = ring_of(function, members);
    const Naive naive(function, members);
    std::map<Bytes, std::uint64_t> expected;
    std::uint64_t next = 0;
    for (const auto& [position, name] : naive.points()) {
        if (position >= next) {
            expected[naive.owner_at(position)] += position + 1 - next;
            next = position + 1;
        }
    }
    expected[naive.owner_at(circle - 1)] += circle - next;
    std::uint64_t sum = 0;
    const std::vector<std::uint64_t> shares = ring->shares();
    for (std::size_t rank = 0; rank < shares.size(); ++rank) {
        CHECK(shares[rank] == expected[ring->set().members()[rank].name]);
        sum += shares[rank];
    }
    CHECK(sum == circle);
}

TEST_CASE("a ring in which nobody has a weight has no owner") {
    const auto algorithm = GENERATE(Algorithm::Vnodes, Algorithm::Rendezvous);
    const auto members = GENERATE(0U, 1U, 3U);
    std::vector<Member> drained = plain_members(members);
    for (Member& member : drained) {
        member.weight = 0;
    }
    const SharedRing ring = ring_of({algorithm, default_vnodes}, drained);
    CHECK(ring->owner("user:42") == nobody);
    CHECK(owners(*ring, "user:42", {3, true}).empty());
    CHECK(ring->shares() == std::vector<std::uint64_t>(members));
}

TEST_CASE("what is too large is not built, and the error says what to do") {
    std::vector<Member> many(max_members + 1);
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].name = std::to_string(i);
        many[i].weight = 0;
    }
    const auto crowd = Ring::build(std::make_shared<const MemberSet>(Function{}, many));
    REQUIRE_FALSE(crowd);
    CHECK(crowd.error().text ==
          "the ring would have 65536 members, more than 65535: give it a filter");

    std::vector<Member> heavy = plain_members(750);
    for (Member& member : heavy) {
        member.weight = max_weight;
    }
    const SharedRing before = ring_of({}, plain_members(2));
    const auto set = std::make_shared<const MemberSet>(Function{}, heavy);
    const std::string expected =
        "the ring would have 33600000 points, more than 33554432: give its members lower weights, "
        "or it fewer vnodes on every host";
    for (const auto& points : {Ring::build(set), Ring::build(set, *before)}) {
        REQUIRE_FALSE(points);
        CHECK(points.error().text == expected);
    }
}

TEST_CASE("at the default a member takes less than 4000 bytes") {
    const auto members = GENERATE(100U, 147U, 250U);
    std::vector<Member> named = plain_members(members);
    for (Member& member : named) {
        member.name = "a-rather-long-host-name." + member.name;
        member.zone = "eu-central-1a";
    }
    const SharedRing ring = ring_of({}, named);
    CHECK(ring->points().size() == std::size_t{members} * default_vnodes);
    CHECK(ring->memory() < std::size_t{members} * 4000);
    named.pop_back();
    CHECK(changed(*ring, named)->memory() < named.size() * 4000);
}
