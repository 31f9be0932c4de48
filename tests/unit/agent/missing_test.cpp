#include "agent/missing.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

TimePoint at(Duration time) {
    return TimePoint(time);
}

}  // namespace

TEST_CASE("fewer than half is missing, half is not") {
    const auto [alive, known, missing] = GENERATE(table<std::size_t, std::size_t, bool>({
        {1, 1, false},
        {1, 2, false},
        {1, 3, true},
        {2, 4, false},
        {2, 5, true},
        {3, 10, true},
        {5, 10, false},
        {10, 10, false},
    }));
    CAPTURE(alive, known);
    CHECK(api::Turnout{alive, known}.fewer_than_half() == missing);
    Missing part;
    part.judge_from(at(0s));
    CHECK(part.look(at(1s), {alive, known}).has_value() == missing);
    CHECK(part.since().has_value() == missing);
}

TEST_CASE("each crossing of the half is told once") {
    Missing missing;
    missing.judge_from(at(0s));
    CHECK_FALSE(missing.look(at(1s), {5, 10}));
    const auto gone = missing.look(at(2s), {4, 10});
    REQUIRE(gone);
    CHECK(gone->alive == 4);
    CHECK(gone->known == 10);
    CHECK(missing.since() == at(2s));
    CHECK_FALSE(missing.look(at(3s), {1, 10}));
    CHECK(missing.since() == at(2s));
    const auto back = missing.look(at(4s), {5, 10});
    REQUIRE(back);
    CHECK(back->alive == 5);
    CHECK_FALSE(missing.since());
    CHECK_FALSE(missing.look(at(5s), {10, 10}));
    // Those who are forgotten are missed no more.
    CHECK(missing.look(at(6s), {4, 10}));
    CHECK(missing.look(at(7s), {4, 4}));
}

TEST_CASE("an agent that was just started cries only when it has had its time") {
    Missing missing;
    CHECK_FALSE(missing.look(at(1h), {1, 10}));  // it is not told from when on
    missing.judge_from(at(10s));
    CHECK_FALSE(missing.look(at(9s), {1, 10}));
    CHECK_FALSE(missing.since());
    REQUIRE(missing.look(at(10s), {1, 10}));
    CHECK(missing.since() == at(10s));
    // Who found the others in time has never missed them.
    Missing quick;
    quick.judge_from(at(10s));
    CHECK_FALSE(quick.look(at(1s), {1, 10}));
    CHECK_FALSE(quick.look(at(11s), {9, 10}));
}

TEST_CASE("the two crossings have their names") {
    CHECK(std::string(event_name(api::Turnout{3, 10})) == "members-missing");
    CHECK(std::string(event_name(api::Turnout{5, 10})) == "members-back");
}
