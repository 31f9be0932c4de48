#include "agent/ring/difference.h"

#include <catch2/catch.hpp>

#include "tests/unit/ring/naive.h"

using namespace muster;
using namespace muster::ring;
using namespace muster::ring::test;

namespace {

using NamedMoves = std::map<std::pair<Bytes, Bytes>, std::uint64_t>;

Bytes name_in(const Ring& ring, std::uint32_t rank) {
    return rank == nobody ? Bytes() : ring.set().members().at(rank).name;
}

NamedMoves named(const Ring& before, const Ring& after, const Difference& found) {
    NamedMoves moves;
    for (const Move& move : found.moves) {
        moves[{name_in(before, move.from), name_in(after, move.to)}] += move.share;
    }
    return moves;
}

// Looks at each stretch between two points of either ring.
NamedMoves naive_moves(const Naive& before, const Naive& after) {
    std::set<std::uint64_t> ends{circle - 1};
    for (const Naive* naive : {&before, &after}) {
        for (const auto& [position, name] : naive->points()) {
            ends.insert(position);
        }
    }
    NamedMoves moves;
    std::uint64_t next = 0;
    for (const std::uint64_t end : ends) {
        const std::pair<Bytes, Bytes> move{before.owner_at(end), after.owner_at(end)};
        if (move.first != move.second) {
            moves[move] += end + 1 - next;
        }
        next = end + 1;
    }
    return moves;
}

std::uint64_t sum(const std::vector<Move>& moves) {
    std::uint64_t total = 0;
    for (const Move& move : moves) {
        total += move.share;
    }
    return total;
}

}  // namespace

TEST_CASE("the difference of two vnode rings is what looking at every stretch finds") {
    const auto seed = GENERATE(range(1U, 21U));
    CAPTURE(seed);
    Random random(seed);
    std::vector<Member> before;
    std::vector<Member> after;
    for (std::uint64_t i = random.below(std::uint64_t{12}); i > 0; --i) {
        const Member member = random_member(random);
        before.push_back(member);
        if (random.chance(0.7)) {
            after.push_back(member);
            after.back().weight = random.chance(0.8) ? member.weight : 3;
        }
    }
    for (std::uint64_t i = random.below(std::uint64_t{4}); i > 0; --i) {
        after.push_back(random_member(random));
    }
    // The empty name stands for nobody here.
    const auto nameless = [](const Member& member) { return member.name.empty(); };
    std::erase_if(before, nameless);
    std::erase_if(after, nameless);
    const Function old_function{Algorithm::Vnodes, 6};
    const Function new_function{Algorithm::Vnodes, random.chance(0.8) ? 6U : 9U};
    const SharedRing old_ring = ring_of(old_function, before);
    const SharedRing new_ring = ring_of(new_function, after);
    const Difference found = difference(*old_ring, *new_ring);
    CHECK(found.listed);
    CHECK(named(*old_ring, *new_ring, found) ==
          naive_moves(Naive(old_function, before), Naive(new_function, after)));
    CHECK(found.moved == sum(found.moves));
    CHECK(found.moved == moved_share(*old_ring, *new_ring));
    CHECK(std::is_sorted(found.moves.begin(), found.moves.end(),
                         [](const Move& a, const Move& b) { return a.share > b.share; }));
}

TEST_CASE("two rings of nobody differ in nothing, and one that fills gets everything from nobody") {
    const auto algorithm = GENERATE(Algorithm::Vnodes, Algorithm::Rendezvous);
    const Function function{algorithm, 4};
    const SharedRing empty = ring_of(function, {});
    const SharedRing full = ring_of(function, plain_members(3));
    CHECK(difference(*empty, *empty).moves.empty());
    CHECK(moved_share(*empty, *empty) == 0);
    const Difference filled = difference(*empty, *full);
    CHECK(filled.moved == circle);
    CHECK(filled.moves.size() == 3);
    for (const Move& move : filled.moves) {
        CHECK(move.from == nobody);
        CHECK(move.share == full->shares()[move.to]);
    }
    CHECK(moved_share(*full, *empty) == circle);
    CHECK(difference(*full, *empty).moves.front().to == nobody);
}

TEST_CASE("what rendezvous is expected to move is what moves of many keys") {
    std::vector<Member> members = plain_members(6);
    members[1].weight = 3;
    members[2].weight = 5;
    const SharedRing before = ring_of({Algorithm::Rendezvous, 0}, members);
    members[1].weight = 6;                   // n1 wins
    members[2].weight = 2;                   // n2 loses
    members.erase(members.begin() + 4);      // n4 goes
    members.push_back(plain_members(8)[7]);  // n7 comes
    const SharedRing after = ring_of({Algorithm::Rendezvous, 0}, members);
    const Difference expected = difference(*before, *after);
    CHECK_FALSE(expected.exact);
    NamedMoves counted;
    constexpr std::uint64_t keys = 10000;
    for (std::uint64_t i = 0; i < keys; ++i) {
        const Bytes key = "key-" + std::to_string(i);
        const Bytes from = name_in(*before, before->owner(key));
        const Bytes to = name_in(*after, after->owner(key));
        if (from != to) {
            counted[{from, to}] += circle / keys;
        }
    }
    const NamedMoves moves = named(*before, *after, expected);
    // Both ways over all pairs: within four deviations of 10,000 draws, 2 % of all at most.
    for (const NamedMoves* each : std::vector<const NamedMoves*>{&counted, &moves}) {
        for (const auto& [pair, share] : *each) {
            CAPTURE(pair);
            const std::uint64_t a = counted.count(pair) > 0 ? counted.at(pair) : 0;
            const std::uint64_t b = moves.count(pair) > 0 ? moves.at(pair) : 0;
            CHECK((a > b ? a - b : b - a) < circle / 50);
        }
    }
    const std::uint64_t listed = sum(expected.moves);
    CHECK(expected.moved >= listed);
    CHECK(expected.moved - listed <= 2 * expected.moves.size());
}

TEST_CASE("between two algorithms everything but chance moves") {
    const std::vector<Member> members = plain_members(4);
    const SharedRing points = ring_of({}, members);
    const SharedRing scores = ring_of({Algorithm::Rendezvous, 0}, members);
    const Difference found = difference(*points, *scores);
    CHECK_FALSE(found.exact);
    CHECK(found.moves.size() == 12);
    CHECK(found.moved >= circle / 4 * 3 - 4);
    CHECK(found.moved <= circle / 4 * 3 + 4);
}

TEST_CASE("a list of more moves than were asked for is left out, and the share stays right") {
    std::vector<Member> others = plain_members(20);
    for (Member& member : others) {
        member.name += "'";
    }
    const auto [old_algorithm, new_algorithm] = GENERATE(table<Algorithm, Algorithm>({
        {Algorithm::Vnodes, Algorithm::Vnodes},
        {Algorithm::Rendezvous, Algorithm::Rendezvous},
        {Algorithm::Vnodes, Algorithm::Rendezvous},
    }));
    const SharedRing before = ring_of({old_algorithm, 100}, plain_members(20));
    const SharedRing after = ring_of({new_algorithm, 100}, others);
    const std::size_t pairs = difference(*before, *after).moves.size();
    CHECK(pairs > 390);
    const auto spare = GENERATE(0U, 1U, 300U);
    const Difference fits = difference(*before, *after, pairs + spare + 400);
    CHECK(fits.listed);
    CHECK(fits.moves.size() == pairs);
    const Difference found = difference(*before, *after, 100 + spare / 2);
    CHECK(found.moved == circle);
    CHECK_FALSE(found.listed);
    CHECK(found.moves.empty());
}
