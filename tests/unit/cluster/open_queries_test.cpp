#include "agent/cluster/open_queries.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

using Judged = OpenQueries::Verdict;

namespace {

OpenQuery query(LamportTime ltime, std::uint32_t id, Duration until, bool acks = true) {
    return {ltime, id, Purpose::Program, 7, acks, at(until), 3};
}

Judged take(OpenQueries& open, Duration when, LamportTime ltime, std::uint32_t id, BytesView from,
            std::uint32_t flags = 0) {
    return open.take(at(when), {flags, from, id, ltime, BytesView()}).verdict;
}

}  // namespace

TEST_CASE("an answer counts for the query of its time and id, once for each member") {
    OpenQueries open(8);
    open.add(query(5, 50, 10s));
    open.add(query(6, 60, 10s, /*acks=*/false));
    CHECK(take(open, 1s, 5, 50, "a") == Judged::Counts);
    CHECK(take(open, 1s, 5, 50, "a") == Judged::Repeated);
    CHECK(take(open, 1s, 5, 50, "b") == Judged::Counts);
    CHECK(take(open, 1s, 5, 50, "a", response_is_ack) == Judged::Counts);
    CHECK(take(open, 1s, 5, 50, "a", response_is_ack) == Judged::Repeated);
    CHECK(take(open, 1s, 5, 51, "c") == Judged::Mismatch);
    CHECK(take(open, 1s, 4, 50, "c") == Judged::Unknown);
    CHECK(take(open, 1s, 6, 60, "a", response_is_ack) == Judged::Unwanted);
    CHECK(take(open, 1s, 6, 60, "a") == Judged::Counts);
    CHECK(open.take(at(1s), {0, "d", 50, 5, BytesView()}).query->request == 7);
}

TEST_CASE("a query ends at its deadline, and takes nothing from then on") {
    OpenQueries open(8);
    open.add(query(5, 50, 10s));
    open.add(query(6, 60, 4s));
    CHECK(open.next_deadline() == at(4s));
    CHECK(take(open, 4s, 6, 60, "a") == Judged::Unknown);
    CHECK(take(open, 10s - 1ns, 5, 50, "a") == Judged::Counts);
    CHECK(open.expire(at(4s - 1ns)).empty());
    const auto ended = open.expire(at(4s));
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].ltime == 6);
    open.close(5);
    open.close(5);
    CHECK(open.next_deadline() == never);
    CHECK(open.size() == 0);
}

TEST_CASE("invented names do not make a query grow without bound") {
    OpenQueries open(1);
    CHECK_FALSE(open.full());
    open.add(query(5, 50, 10s));
    CHECK(open.full());
    std::size_t counted = 0;
    for (int i = 0; i < 10000; ++i) {
        counted += take(open, 1s, 5, 50, std::to_string(i)) == Judged::Counts ? 1U : 0U;
    }
    CHECK(counted == 70);
    CHECK(take(open, 1s, 5, 50, "one more") == Judged::TooMany);
}
