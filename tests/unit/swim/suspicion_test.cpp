#include "swim/suspicion.h"

#include <catch2/catch.hpp>

#include "swim/awareness.h"

using namespace muster;
using namespace muster::swim;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1000s};
const Suspicion::Limits limits{2, 4s, 24s};

}  // namespace

TEST_CASE("without confirmation a suspicion lasts its maximum, each confirmation shortens it") {
    Suspicion suspicion(start, limits, "a");
    CHECK(suspicion.deadline() - start == 24s);
    CHECK(suspicion.confirm("b"));
    CHECK(suspicion.deadline() - start == 11381ms);
    CHECK(suspicion.confirm("c"));
    CHECK(suspicion.deadline() - start == 4s);
}

TEST_CASE("an accuser confirms once, and not its own accusation") {
    Suspicion suspicion(start, limits, "a");
    CHECK_FALSE(suspicion.confirm("a"));
    CHECK(suspicion.confirm("b"));
    CHECK_FALSE(suspicion.confirm("b"));
    CHECK(suspicion.deadline() - start == 11381ms);
}

TEST_CASE("confirmations beyond those expected are no news") {
    Suspicion suspicion(start, limits, "a");
    CHECK(suspicion.confirm("b"));
    CHECK(suspicion.confirm("c"));
    CHECK_FALSE(suspicion.confirm("d"));
    CHECK(suspicion.accusers() == std::vector<Bytes>{"a", "b", "c"});
}

TEST_CASE("with nobody to confirm a suspicion lasts its minimum") {
    Suspicion suspicion(start, {0, 4s, 24s}, "a");
    CHECK(suspicion.deadline() - start == 4s);
    CHECK_FALSE(suspicion.confirm("b"));
}

TEST_CASE("a suspicion is postponed once, and never shortened by it") {
    Suspicion suspicion(start, {0, 4s, 24s}, "a");
    suspicion.postpone(start + 6s);
    CHECK(suspicion.deadline() == start + 6s);
    suspicion.postpone(start + 9s);
    CHECK(suspicion.deadline() == start + 6s);

    Suspicion other(start, {0, 4s, 24s}, "a");
    other.postpone(start + 1s);
    CHECK(other.deadline() == start + 4s);
}

TEST_CASE("the health score stays in its range and scales the interval") {
    Awareness awareness(8);
    awareness.apply(-1);
    CHECK(awareness.score() == 0);
    CHECK(awareness.scale(1s) == 1s);
    awareness.apply(3);
    CHECK(awareness.scale(1s) == 4s);
    awareness.apply(100);
    CHECK(awareness.score() == 7);
    CHECK(awareness.scale(500ms) == 4s);
}
