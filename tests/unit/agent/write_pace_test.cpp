#include "agent/write_pace.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint t{1000s};

}  // namespace

TEST_CASE("the first write is due at once, the next half a second after it began") {
    WritePace pace;
    CHECK(pace.due() == never);
    pace.wanted(t);
    CHECK(pace.due() == t);
    pace.began(t + 10ms);
    CHECK(pace.due() == never);
    CHECK(pace.under_way());
    pace.stored(t + 20ms);
    CHECK(pace.due() == never);
    pace.wanted(t + 30ms);
    pace.wanted(t + 40ms);
    CHECK(pace.due() == t + 510ms);
    pace.began(t + 510ms);
    pace.stored(t + 520ms);
    // After a rest, at once again.
    pace.wanted(t + 9s);
    CHECK(pace.due() == t + 9s);
}

TEST_CASE("what is wanted during a write follows it, and never beside it") {
    WritePace pace;
    pace.wanted(t);
    pace.began(t);
    pace.wanted(t + 100ms);
    CHECK(pace.due() == never);
    SECTION("a quick one") {
        pace.stored(t + 200ms);
        CHECK(pace.due() == t + 500ms);
    }
    SECTION("a slow one") {
        pace.stored(t + 30s);
        CHECK(pace.due() == t + 30s);
    }
}

TEST_CASE("a write that failed is tried again, at a falling rate, with everything") {
    WritePace pace;
    pace.wanted(t);
    TimePoint now = t;
    Duration wait{};
    for (const Duration expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        pace.began(now);
        pace.failed(now);
        wait = pace.due() - now;
        CHECK(wait == expected);
        CHECK(pace.whole());
        pace.wanted(now);
        CHECK(pace.due() == now + expected);
        now = pace.due();
    }
    pace.began(now);
    CHECK(pace.whole());
    pace.stored(now);
    CHECK_FALSE(pace.whole());
    CHECK(pace.due() == never);
    pace.wanted(now + 1s);
    pace.began(now + 1s);
    pace.failed(now + 1s);
    CHECK(pace.due() == now + 2s);
}
