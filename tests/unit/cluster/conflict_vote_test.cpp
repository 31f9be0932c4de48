#include "agent/cluster/conflict_vote.h"

#include <catch2/catch.hpp>

#include "agent/cluster/internal_messages.h"
#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

Bytes held_at(const Endpoint& where, Status status = Status::Alive) {
    Bytes payload;
    encode_conflict_response(MemberRecord{where.ip(), where.port(), "self", status, {}, {}},
                             payload);
    return payload;
}

Bytes unknown() {
    Bytes payload;
    encode_conflict_response(std::nullopt, payload);
    return payload;
}

}  // namespace

TEST_CASE("we stay with the majority of those who answer, and only with it") {
    using Row = std::tuple<int, int, int, bool>;
    // ours, the other's, not known: lost?
    const auto [ours, other, nobodys, lost] = GENERATE(table<int, int, int, bool>({
        Row{0, 0, 0, false},
        Row{1, 0, 0, false},
        Row{0, 1, 0, true},
        Row{0, 0, 1, true},
        Row{1, 1, 0, true},
        Row{2, 1, 0, false},
        Row{2, 1, 1, true},
        Row{3, 1, 1, false},
        Row{1, 2, 0, true},
    }));
    CAPTURE(ours, other, nobodys);
    ConflictVote vote{endpoint(1), endpoint(2)};
    for (int i = 0; i < ours; ++i) {
        vote.take(held_at(i % 2 == 0 ? endpoint(1) : endpoint(1).mapped()));
    }
    for (int i = 0; i < other; ++i) {
        vote.take(held_at(endpoint(2)));
    }
    for (int i = 0; i < nobodys; ++i) {
        vote.take(unknown());
    }
    CHECK(vote.lost() == lost);
    CHECK(vote.matching == static_cast<std::size_t>(ours));
}

TEST_CASE("another port is another holder") {
    ConflictVote vote{endpoint(1), endpoint(2)};
    vote.take(held_at(endpoint(1).with_port(1)));
    CHECK(vote.lost());
}

TEST_CASE("what cannot be read, and what speaks of an earlier life, counts for nobody") {
    ConflictVote vote{endpoint(1), endpoint(2)};
    vote.take("");
    vote.take("\x06");
    vote.take("\x08\xc0");
    vote.take(held_at(endpoint(2), Status::Failed));
    vote.take(held_at(endpoint(2), Status::Left));
    CHECK(vote.responses == 0);
    CHECK_FALSE(vote.lost());
}
