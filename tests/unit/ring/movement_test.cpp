// What a change may move: exactly, over all positions, not sampled (docs/ring.md, "What a change
// moves"). Bounds are in whole numbers: 4 * 4.7 % of 1/N is 4/sqrt(448), below 19 %.
#include <catch2/catch.hpp>

#include "agent/ring/difference.h"
#include "tests/unit/ring/naive.h"

using namespace muster;
using namespace muster::ring;
using namespace muster::ring::test;

namespace {

// |share - circle / members| <= 19 % of it.
bool near_one_of(std::uint64_t share, std::uint64_t members) {
    const std::uint64_t mean = circle / members;
    return share * 100 >= mean * 81 && share * 100 <= mean * 119;
}

std::vector<Member> without(std::vector<Member> members, BytesView name) {
    std::erase_if(members, [name](const Member& member) { return member.name == name; });
    return members;
}

}  // namespace

TEST_CASE("whoever joins or leaves, all that moves goes to it or comes from it") {
    const auto algorithm = GENERATE(Algorithm::Vnodes, Algorithm::Rendezvous);
    const auto count = GENERATE(2U, 10U, 100U);
    CAPTURE(to_string(algorithm), count);
    const std::vector<Member> all = plain_members(count);
    const Bytes name = "n" + std::to_string(count / 2);
    const SharedRing with = ring_of({algorithm, default_vnodes}, all);
    const SharedRing less = changed(*with, without(all, name));
    const SharedRing again = changed(*less, all);
    CHECK(again->fingerprint() == with->fingerprint());

    const std::uint64_t share = with->shares()[with->set().find(name)];
    CHECK(near_one_of(share, count));
    const Difference left = difference(*with, *less);
    for (const Move& move : left.moves) {
        CHECK(with->set().members()[move.from].name == name);
    }
    const Difference joined = difference(*less, *again);
    for (const Move& move : joined.moves) {
        CHECK(again->set().members()[move.to].name == name);
    }
    CHECK(left.exact == (algorithm == Algorithm::Vnodes));
    CHECK(left.moves.size() == joined.moves.size());
    CHECK(left.moved == share);
    CHECK(joined.moved == share);
}

TEST_CASE("keys that one change moves go from or to the changed member, whatever the algorithm") {
    const auto algorithm = GENERATE(Algorithm::Vnodes, Algorithm::Rendezvous);
    const auto weight = GENERATE(0U, 2U, 9U);
    CAPTURE(to_string(algorithm), weight);
    std::vector<Member> members = plain_members(12);
    members[5].weight = 4;
    const SharedRing before = ring_of({algorithm, 64}, members);
    members[5].weight = weight;
    const SharedRing after = changed(*before, members);
    const std::uint32_t rank = before->set().find("n5");
    std::size_t moved = 0;
    for (int i = 0; i < 4000; ++i) {
        const Bytes key = "key-" + std::to_string(i);
        const std::uint32_t from = before->owner(key);
        const std::uint32_t to = after->owner(key);
        if (from != to) {
            ++moved;
            REQUIRE((weight < 4 ? from : to) == rank);
        }
    }
    CHECK(moved > 0);
}

TEST_CASE("at the default the shares of equal members deviate by less than 5 percent") {
    const auto count = GENERATE(100U, 500U);
    CAPTURE(count);
    const SharedRing ring = ring_of({}, plain_members(count));
    // In units in which the mean is 10,000: sums of squares fit.
    std::uint64_t squares = 0;
    for (const std::uint64_t share : ring->shares()) {
        CHECK(near_one_of(share, count));
        const auto scaled = static_cast<std::int64_t>(share / (circle / count / 10000));
        squares += static_cast<std::uint64_t>((scaled - 10000) * (scaled - 10000));
    }
    CHECK(squares / count < 500 * 500);
}

TEST_CASE("a member's share follows its weight") {
    const auto algorithm = GENERATE(Algorithm::Vnodes, Algorithm::Rendezvous);
    std::vector<Member> members = plain_members(20);
    members[3].weight = 10;
    const SharedRing ring = ring_of({algorithm, default_vnodes}, members);
    const std::uint64_t share = ring->shares()[ring->set().find("n3")];
    CHECK(share > circle / 29 * 9);
    CHECK(share < circle / 29 * 11);
}

// E1: one host is configured with V = 160.
TEST_CASE("equal fingerprints mean equal answers, also across settings") {
    const std::vector<Member> members = plain_members(10);
    const SharedRing ours = ring_of({Algorithm::Vnodes, 448}, members);
    const SharedRing theirs = ring_of({Algorithm::Vnodes, 160}, members);
    const SharedRing other = ring_of({Algorithm::Rendezvous, 448}, members);
    std::size_t differ = 0;
    for (int i = 0; i < 1000; ++i) {
        const Bytes key = "key-" + std::to_string(i);
        differ += ours->owner(key) != theirs->owner(key) ? 1U : 0U;
    }
    REQUIRE(differ > 0);
    CHECK(ours->fingerprint() != theirs->fingerprint());
    CHECK(ours->fingerprint() != other->fingerprint());
    CHECK(theirs->fingerprint() != other->fingerprint());
    // Rendezvous has no points: a number of them changes neither an answer nor the fingerprint.
    CHECK(other->fingerprint() == ring_of({Algorithm::Rendezvous, 160}, members)->fingerprint());
}

TEST_CASE("each thing that an answer depends on is in the fingerprint") {
    const MemberSet base({}, plain_members(3));
    auto changed_member = GENERATE(0, 1, 2, 3);
    std::vector<Member> members = plain_members(3);
    switch (changed_member) {
        case 0:
            members[1].name = "n9";
            break;
        case 1:
            members[1].weight = 2;
            break;
        case 2:
            members[1].zone = "z";
            break;
        default:
            members.pop_back();
            break;
    }
    CHECK(MemberSet({}, members).fingerprint() != base.fingerprint());
    CHECK(MemberSet({}, plain_members(3)).fingerprint() == base.fingerprint());
}
