#include "agent/net/timer.h"

#include <catch2/catch.hpp>

#include "tests/unit/net/loop.h"

using namespace muster;
using namespace std::chrono_literals;

TEST_CASE("the timer fires once for each time that it is armed") {
    test::Loop loop;
    int fired = 0;
    net::Timer timer(loop.io, loop.clock, [&] { ++fired; });
    timer.arm(loop.clock.now() + 1ms);
    REQUIRE(loop.run_until([&] { return fired == 1; }));
    timer.arm(loop.clock.now() + 1ms);
    REQUIRE(loop.run_until([&] { return fired == 2; }));
}

TEST_CASE("a deadline in the past fires at once, and may be armed again") {
    test::Loop loop;
    int fired = 0;
    net::Timer timer(loop.io, loop.clock, [&] { ++fired; });
    const TimePoint past = loop.clock.now() - 1s;
    timer.arm(past);
    REQUIRE(loop.run_until([&] { return fired == 1; }));
    timer.arm(past);
    REQUIRE(loop.run_until([&] { return fired == 2; }));
}

TEST_CASE("a later deadline replaces an earlier one, and never disarms") {
    test::Loop loop;
    bool fired = false;
    bool other = false;
    net::Timer timer(loop.io, loop.clock, [&] { fired = true; });
    net::Timer watch(loop.io, loop.clock, [&] { other = true; });
    timer.arm(loop.clock.now() + 1ms);
    timer.arm(GENERATE(TimePoint(never), TimePoint(Duration(1) * 1'000'000'000'000'000)));
    watch.arm(loop.clock.now() + 20ms);
    REQUIRE(loop.run_until([&] { return other; }));
    CHECK_FALSE(fired);
}
