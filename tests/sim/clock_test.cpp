// A host's clock: exact in both directions, for every rate, and never back.
#include "agent/sim/clock.h"

#include <catch2/catch.hpp>

#include "swim/random.h"

namespace muster::sim {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint begin{};

TEST_CASE("a clock without drift shows the world's time, from elsewhere") {
    const Clock clock(5h);
    CHECK(clock.local(begin + 7s) == begin + 5h + 7s);
    CHECK(clock.world(begin + 5h + 7s) == begin + 7s);
    CHECK(clock.world(never) == never);
}

TEST_CASE("a drift adds up to the nanosecond, in both directions") {
    const auto [drift, shown] = GENERATE(table<DriftPpb, Duration>({
        {0, 1000s},
        {50'000, 1000s + 50ms},
        {-50'000, 1000s - 50ms},
        {drift_max, 1100s},
        {-drift_max, 900s},
        {1, 1000s + 1us},
    }));
    Clock clock(0s);
    clock.set_drift(begin, drift);
    CHECK(clock.local(begin + 1000s) == begin + shown);
}

TEST_CASE("whoever wakes when a clock says so has not come early, and not a nanosecond late") {
    Random random(3);
    for (int i = 0; i < 2000; ++i) {
        Clock clock(random.below(Duration(1000h)));
        clock.set_drift(begin, static_cast<DriftPpb>(random.below(2 * drift_max)) - drift_max);
        const TimePoint now = begin + random.below(Duration(100h));
        const TimePoint deadline = clock.local(now) + random.below(Duration(10s));
        const TimePoint wake = clock.world(deadline);
        INFO("drift " << clock.drift());
        CHECK(clock.local(wake) >= deadline);
        CHECK(clock.local(wake - 1ns) < deadline);
    }
}

TEST_CASE("a change of rate and a leap move nothing that was shown before, and nothing back") {
    Random random(4);
    Clock clock(1h);
    TimePoint now = begin;
    TimePoint last = clock.local(now);
    for (int i = 0; i < 1000; ++i) {
        now += random.below(Duration(10s));
        CHECK(clock.local(now) >= last);
        last = clock.local(now);
        clock.set_drift(now, static_cast<DriftPpb>(random.below(2 * drift_max)) - drift_max);
        CHECK(clock.local(now) == last);
        if (random.chance(0.3)) {
            const Duration by = random.below(Duration(1h));
            clock.leap(now, by);
            CHECK(clock.local(now) == last + by);
            last += by;
            // What it showed before, or never: that is now.
            CHECK(clock.world(last - 1ns) == now);
        }
    }
}

}  // namespace
}  // namespace muster::sim
