#include "agent/checkup.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

TimePoint at(Duration time) {
    return TimePoint(time);
}

// Of a host whose wall clock is `ahead` of its node's clock.
void look(Checkup& checkup, Duration now, Duration ahead, const Counters& counters = {}) {
    checkup.look(at(now), (now + ahead).count(), counters);
}

NameConflict claim(Bytes name) {
    NameConflict conflict;
    conflict.name = std::move(name);
    return conflict;
}

}  // namespace

TEST_CASE("it is looked again after ten seconds") {
    Checkup checkup;
    CHECK(checkup.due(at(1s)));
    look(checkup, 1s, 0s);
    CHECK_FALSE(checkup.due(at(10s)));
    CHECK(checkup.due(at(11s)));
}

TEST_CASE("lately is since the start, and later the last five to ten minutes") {
    Checkup checkup;
    Counters counters;
    for (Duration now = 1s; now <= 16min; now += 10s) {
        counters.refutations = static_cast<std::uint64_t>(now / 1s);
        look(checkup, now, 0s, counters);
        const auto lately = std::chrono::seconds(checkup.recent(counters).refutations);
        CAPTURE(now.count());
        CHECK(lately <= std::min<Duration>(now, 10min + 20s));
        CHECK(lately >= std::min<Duration>(now, 5min));
    }
    CHECK(checkup.recent({.probes = 7}).probes == 7);
}

TEST_CASE("a step of the wall clock is seen, slewing is not") {
    const auto [ahead, step] = GENERATE(table<Duration, bool>({
        {0s, false},
        {900ms, false},
        {-900ms, false},
        {1833ms, false},  // a twelfth of ten seconds, and the second
        {1834ms, true},
        {-1834ms, true},
        {-3h, true},
    }));
    CAPTURE(ahead.count());
    Checkup checkup;
    look(checkup, 10s, 1h);
    CHECK_FALSE(checkup.step(at(10s)));
    look(checkup, 20s, 1h + ahead);
    const auto seen = checkup.step(at(20s));
    REQUIRE(seen.has_value() == step);
    if (seen)
        CHECK(seen->by == ahead);
    look(checkup, 30s, 1h + ahead);
    CHECK(checkup.step(at(20s) + Checkup::memory).has_value() == step);
    CHECK_FALSE(checkup.step(at(21s) + Checkup::memory));
}

TEST_CASE("a host that slept may have been slewed for all that time") {
    Checkup checkup;
    look(checkup, 10s, 0s);
    look(checkup, 130s, 10s);
    CHECK_FALSE(checkup.step(at(130s)));
    look(checkup, 140s, 25s);
    CHECK(checkup.step(at(140s)));
}

TEST_CASE("names that are claimed are remembered for an hour, each once, and not without end") {
    Checkup checkup;
    checkup.note(at(1s), claim("n1"));
    checkup.note(at(2s), claim("n2"));
    checkup.note(at(3s), claim("n1"));
    REQUIRE(checkup.conflicts(at(4s)).size() == 2);
    CHECK(checkup.conflicts(at(4s))[0].at == at(3s));
    CHECK(checkup.conflicts(at(3s) + Checkup::memory).size() == 1);
    CHECK(checkup.conflicts(at(4s) + Checkup::memory).empty());
    for (int i = 0; i < 100; ++i)
        checkup.note(at(10s), claim("m" + std::to_string(i)));
    CHECK(checkup.conflicts(at(11s)).size() == Checkup::most_conflicts);
}
