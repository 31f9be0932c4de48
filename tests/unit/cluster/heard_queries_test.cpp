#include "agent/cluster/heard_queries.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

HeardQueryState until(Duration deadline) {
    HeardQueryState query;
    query.deadline = at(deadline);
    return query;
}

}  // namespace

TEST_CASE("a query is kept until its deadline, and its handle is used once") {
    HeardQueries heard(8);
    const QueryHandle first = heard.add(until(2s));
    const QueryHandle second = heard.add(until(1s));
    CHECK(first != second);
    CHECK(heard.next_deadline() == at(1s));
    heard.expire(at(1s));
    CHECK(heard.find(second) == nullptr);
    REQUIRE(heard.find(first) != nullptr);
    heard.expire(at(2s));
    CHECK(heard.size() == 0);
    CHECK(heard.next_deadline() == never);
    CHECK(heard.add(until(3s)) > second);
}

TEST_CASE("a flood of patient queries pushes itself out, and not the others") {
    HeardQueries heard(3);
    const QueryHandle honest = heard.add(until(3s));
    for (int i = 0; i < 1000; ++i) {
        heard.add(until(24h));
    }
    CHECK(heard.size() == 3);
    CHECK(heard.find(honest) != nullptr);
    const QueryHandle next = heard.add(until(4s));
    CHECK(heard.find(next) != nullptr);
}
