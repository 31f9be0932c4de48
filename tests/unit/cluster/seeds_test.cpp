#include "agent/cluster/seeds.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

// When the seeds are looked up in `duration`, from now on.
std::vector<TimePoint> lookups(SeedSchedule& seeds, TimePoint now, Duration duration) {
    std::vector<TimePoint> all;
    const TimePoint end = now + duration;
    while (seeds.next_deadline() <= end) {
        const TimePoint due = std::max(now, seeds.next_deadline());
        REQUIRE(seeds.tick(due));
        REQUIRE(seeds.next_deadline() > due);
        all.push_back(due);
    }
    return all;
}

SeedSchedule started(TimePoint now) {
    SeedSchedule seeds(Config{}, Random(3));
    seeds.start(now);
    seeds.count(now, /*alive=*/1, /*missing=*/0);
    return seeds;
}

}  // namespace

TEST_CASE("an agent without seeds, or not started, never looks any up") {
    SeedSchedule seeds(Config{}, Random(3));
    CHECK(seeds.next_deadline() == never);
    CHECK_FALSE(seeds.tick(at(1h)));
}

TEST_CASE("an agent that is alone looks its seeds up at once, and then at a falling rate") {
    SeedSchedule seeds = started(at(0s));
    const auto all = lookups(seeds, at(0s), 10min);
    REQUIRE(all.size() > 6);
    CHECK(all[0] == at(0s));
    for (std::size_t i = 1; i < all.size(); ++i) {
        const Duration interval = std::min<Duration>(2s * (1 << std::min<std::size_t>(i, 5)), 30s);
        INFO("interval " << i);
        CHECK(all[i] - all[i - 1] <= interval);
        CHECK(all[i] - all[i - 1] > interval / 2);
    }
}

TEST_CASE("before the first join two alive are enough, afterwards nobody may be missing") {
    SeedSchedule seeds = started(at(0s));
    REQUIRE(seeds.tick(at(0s)));
    seeds.count(at(1s), /*alive=*/2, /*missing=*/0);
    CHECK(seeds.next_deadline() == never);
    seeds.count(at(2s), /*alive=*/2, /*missing=*/3);
    CHECK(seeds.next_deadline() == never);
    seeds.joined(at(3s));
    CHECK(seeds.next_deadline() < at(8s));
    seeds.count(at(4s), /*alive=*/5, /*missing=*/0);
    CHECK(seeds.next_deadline() == never);
    // All others have left on purpose: there is nobody to look for.
    seeds.count(at(5s), /*alive=*/1, /*missing=*/0);
    CHECK(seeds.next_deadline() == never);
}

TEST_CASE("one failure does not send a thousand agents to their seeds at once") {
    SeedSchedule seeds = started(at(0s));
    REQUIRE(seeds.tick(at(0s)));
    seeds.count(at(1s), 1000, 0);
    seeds.joined(at(1s));
    seeds.count(at(24h), 999, 1);
    CHECK(seeds.next_deadline() > at(24h) + 999s);
    CHECK(seeds.next_deadline() <= at(24h) + 1998s);
    const auto all = lookups(seeds, at(24h), 100h);
    CHECK(all.size() >= 100);  // at least hourly
    CHECK(all.size() <= 202);
}

TEST_CASE("each time that members go missing the rate starts over") {
    SeedSchedule seeds = started(at(0s));
    seeds.joined(at(0s));
    seeds.count(at(0s), 2, 1);
    lookups(seeds, at(0s), 1h);
    seeds.count(at(1h), 3, 0);
    seeds.count(at(2h), 2, 1);
    CHECK(seeds.next_deadline() > at(2h + 2s));
    CHECK(seeds.next_deadline() <= at(2h + 4s));
}
