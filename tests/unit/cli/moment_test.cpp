#include "cli/moment.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cli;

namespace {

constexpr std::int64_t second = 1'000'000'000;
// 2026-01-31T03:12:07Z
constexpr std::int64_t noted = 1'769'829'127 * second;
constexpr std::int64_t now = noted + 1000 * second;

}  // namespace

TEST_CASE("a number is that of a change") {
    const auto [text, seq] = GENERATE(table<const char*, std::uint64_t>({
        {"0", 0},
        {"1", 1},
        {"1234", 1234},
        {"2026", 2026},
        {"18446744073709551615", 18446744073709551615U},
    }));
    CAPTURE(text);
    const auto moment = parse_moment(text, now);
    REQUIRE(moment);
    CHECK(moment->seq == seq);
    CHECK(moment->wall_ns == 0);
}

TEST_CASE("a duration is so long before now") {
    const auto [text, wall_ns] = GENERATE(table<const char*, std::int64_t>({
        {"0s", now},
        {"10m", now - 600 * second},
        {"1h30m", now - 5400 * second},
        {"2d", now - 2 * 86'400 * second},
        {"1.5s", now - 3 * second / 2},
        {"1ns", now - 1},
        {"36500d", now - 86'400 * (36'500 * second)},  // before 1970
    }));
    CAPTURE(text);
    const auto moment = parse_moment(text, now);
    REQUIRE(moment);
    CHECK_FALSE(moment->seq);
    CHECK(moment->wall_ns == wall_ns);
}

TEST_CASE("a time of the calendar is taken as people write it, in UTC unless it says otherwise") {
    const auto [text, wall_ns] = GENERATE(table<const char*, std::int64_t>({
        {"2026-01-31T03:12:07Z", noted},
        {"2026-01-31t03:12:07z", noted},
        {"2026-01-31 03:12:07", noted},
        {"2026-01-31T03:12:07", noted},
        {"2026-01-31 03:12", noted - 7 * second},
        {"2026-01-31T03:12Z", noted - 7 * second},
        {"2026-01-31T03:12+00:00", noted - 7 * second},
        {"2026-01-31T03:12:07.5Z", noted + second / 2},
        {"2026-01-31T03:12:07.120", noted + 120'000'000},
        {"2026-01-31T03:12:07.123456789Z", noted + 123'456'789},
        {"2026-01-31T03:12:07.1234567899999Z", noted + 123'456'789},
        {"2026-01-31T04:12:07+01:00", noted},
        {"2026-01-30T21:42:07-05:30", noted},
        {"2026-01-31T03:12:07-00:00", noted},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00+01:00", -3600 * second},
        {"2024-02-29T00:00Z", 1'709'164'800 * second},
        {"2016-12-31T23:59:60Z", 1'483'228'800 * second},  // a leap second is the next one
        {"2200-12-31T23:59:59Z", 7'289'654'399 * second},
    }));
    CAPTURE(text);
    const auto moment = parse_moment(text, now);
    REQUIRE(moment);
    CHECK_FALSE(moment->seq);
    CHECK(moment->wall_ns == wall_ns);
}

TEST_CASE("what is no moment is refused with its text and the forms") {
    const auto* const text = GENERATE(values<const char*>({
        "",
        " ",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.5",
        "18446744073709551616",
        "yesterday",
        "-10m",
        "10 m",
        "10x",
        "3m-1s",
        "300000000d",
        "2026-01-31",
        "2026-01-31T",
        "2026-01-31T03",
        "2026-01-31T03:1",
        "2026-01-31T03:12:",
        "2026-01-31T03:12:7",
        "2026-01-31T03:12:07.",
        "2026-01-31T03:12:07.Z",
        "2026-01-31T03:12.5",
        "2026-01-31T03:12:07ZZ",
        "2026-01-31T03:12:07 Z",
        "2026-01-31T03:12:07+1:00",
        "2026-01-31T03:12:07+0100",
        "2026-01-31T03:12:07+24:00",
        "2026-01-31T03:12:07+01:60",
        "2026-01-31T03:12:07+01:00Z",
        "2026-01-31  03:12",
        "2026-1-31T03:12",
        "2026-01-31T24:00",
        "2026-01-31T03:60",
        "2026-01-31T03:12:61",
        "2026-02-29T00:00",
        "2026-04-31T00:00",
        "2026-13-01T00:00",
        "2026-00-01T00:00",
        "2026-01-00T00:00",
        "1969-12-31T23:59",
        "2201-01-01T00:00",
        "2026/01/31 03:12",
    }));
    CAPTURE(text);
    const auto moment = parse_moment(text, now);
    REQUIRE_FALSE(moment);
    CHECK(moment.error().text == "'" + std::string(text) +
                                     "' is no moment (a change's number; so long ago, as 10m; or "
                                     "a time, as 2026-01-31T03:12:07Z)");
}
