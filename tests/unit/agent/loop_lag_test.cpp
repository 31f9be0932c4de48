#include "agent/loop_lag.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

TEST_CASE("a turn is counted by how late it came") {
    const auto [late, bucket] = GENERATE(table<Duration, std::size_t>({
        {-5ms, 0},
        {0ms, 0},
        {1ms, 0},
        {1ms + 1ns, 1},
        {20ms, 4},
        {499ms, 8},
        {5s, 11},
        {6h, 12},
    }));
    LoopLag lag;
    lag.note(TimePoint(10h), TimePoint(10h - late));
    for (std::size_t i = 0; i < lag.counts().size(); ++i)
        CHECK(lag.counts()[i] == (i == bucket ? 1U : 0U));
    CHECK(lag.turns() == 1);
    CHECK(lag.sum() == std::max(late, Duration{}));
}

TEST_CASE("one that was not armed for was not late") {
    LoopLag lag;
    lag.note(TimePoint(10s), never);
    CHECK(lag.counts()[0] == 1);
    CHECK(lag.worst(TimePoint(10s)) == 0ms);
}

TEST_CASE("the worst of the last minutes is remembered, and forgotten") {
    LoopLag lag;
    lag.note(TimePoint(100s), TimePoint(98s));
    lag.note(TimePoint(101s), TimePoint(100s));
    CHECK(lag.worst(TimePoint(101s)) == 2s);
    CHECK(lag.worst(TimePoint(100s + LoopLag::memory)) == 2s);
    CHECK(lag.worst(TimePoint(101s + LoopLag::memory)) == 0s);
    // Then a smaller one is the worst.
    lag.note(TimePoint(102s + LoopLag::memory), TimePoint(101s + LoopLag::memory));
    CHECK(lag.worst(TimePoint(102s + LoopLag::memory)) == 1s);
}
