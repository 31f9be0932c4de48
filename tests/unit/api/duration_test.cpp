#include "agent/api/duration.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

TEST_CASE("durations are read as people write them") {
    const auto [text, expected] = GENERATE(table<std::string, Duration>({
        {"0", 0ns},
        {"0s", 0ns},
        {"1ns", 1ns},
        {"250us", 250us},
        {"500ms", 500ms},
        {"3s", 3s},
        {"2m", 2min},
        {"1h", 1h},
        {"30d", 720h},
        {"1h30m", 90min},
        {"1m1s1ms", 61001ms},
        {"1.5s", 1500ms},
        {"0.001s", 1ms},
        {".5h", 30min},
        {"1.25h", 75min},
        {"9223372036854775807ns", Duration::max()},
    }));
    INFO(text);
    const Result<Duration> parsed = api::parse_duration(text);
    REQUIRE(parsed);
    CHECK(*parsed == expected);
}

TEST_CASE("what is not a duration is refused, with the form that is expected") {
    const auto text = GENERATE(as<std::string>(), "", "s", "5", "1x", "-1s", "1 s", "1h30", "1.s.",
                               ".s", "1e3s", "9223372036854775808ns", "106752d", "99999999999h",
                               "9223372036s1000000000s", "1.0000001s", "5m\n");
    INFO(text);
    const Result<Duration> parsed = api::parse_duration(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text ==
          "'" + text + "' is not a duration (write it like 500ms, 3s, 2m, 1h or 1h30m)");
}

TEST_CASE("a duration is written so that it reads back exactly") {
    const auto [duration, expected] = GENERATE(table<Duration, std::string>({
        {0ns, "0s"},
        {1ns, "1ns"},
        {500ms, "500ms"},
        {1500ms, "1s500ms"},
        {90min, "1h30m"},
        {720h, "720h"},
        {61s, "1m1s"},
    }));
    CHECK(api::to_string(duration) == expected);
    CHECK(*api::parse_duration(expected) == duration);
}
