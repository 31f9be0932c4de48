#include "agent/rate_limit.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1000s};

}  // namespace

TEST_CASE("a kind is said a few times a window, and what was kept back is counted") {
    RateLimit limit;
    for (std::uint64_t i = 0; i < RateLimit::burst; ++i)
        CHECK(limit.say(start, "crc") == 0U);
    for (int i = 0; i < 7; ++i)
        CHECK_FALSE(limit.say(start + RateLimit::window - 1ns, "crc"));
    CHECK(limit.say(start + RateLimit::window, "crc") == 7U);
    CHECK(limit.say(start + RateLimit::window, "crc") == 0U);
}

TEST_CASE("one kind keeps no other back") {
    RateLimit limit;
    while (limit.say(start, "crc")) {
    }
    CHECK(limit.say(start, "label") == 0U);
}

TEST_CASE("kinds without end cost no memory without end: the rest share one account") {
    RateLimit limit;
    std::size_t said = 0;
    for (std::size_t i = 0; i < 10000; ++i)
        said += limit.say(start, "kind " + std::to_string(i)) ? 1U : 0U;
    CHECK(said == RateLimit::max_kinds + RateLimit::burst);
}

TEST_CASE("the kind of a text is without the words that differ from case to case") {
    CHECK(RateLimit::kind_of("cannot join 10.0.0.1:7946: connection refused") ==
          RateLimit::kind_of("cannot join 10.0.0.2:7946: connection refused"));
    CHECK(RateLimit::kind_of("cannot join 10.0.0.1:7946: connection refused") !=
          RateLimit::kind_of("cannot join 10.0.0.1:7946: no route to host"));
    CHECK(RateLimit::kind_of("").empty());
    CHECK(RateLimit::kind_of("  7 ") == RateLimit::kind_of("  8 "));
}
