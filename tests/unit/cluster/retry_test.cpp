#include "agent/cluster/retry.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

TEST_CASE("the interval doubles with the tries and grows with the members alive, up to its limit") {
    const auto [tries, alive, interval] = GENERATE(table<unsigned, std::size_t, Duration>({
        {0, 0, 2s},
        {0, 1, 2s},
        {1, 1, 4s},
        {2, 1, 8s},
        {10, 1, 2048s},
        {11, 1, 1h},
        {1000000, 1, 1h},
        {0, 5, 10s},
        {3, 5, 80s},
        {0, 1000, 2000s},
        {1, 1000, 1h},
        {0, 1800, 1h},
        {0, 1799, 3598s},
        {0, 100000, 1h},
        {4000000000, 9, 1h},
    }));
    CHECK(retry_interval({.first = 2s, .max = 1h}, tries, alive) == interval);
}

TEST_CASE("an interval is shortened by chance, by less than half") {
    CHECK(spread(1h, 0) == 1h);
    CHECK(spread(2s, 32767) > 1s);
    CHECK(spread(2s, 16384) < 2s);
    Random random(7);
    for (int i = 0; i < 1000; ++i) {
        const Duration interval = spread(1h, draw_early(random));
        REQUIRE(interval > 30min);
        REQUIRE(interval <= 1h);
    }
}
