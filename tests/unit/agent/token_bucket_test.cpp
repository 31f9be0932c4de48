#include "agent/token_bucket.h"

#include <catch2/catch.hpp>

namespace muster {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a bucket gives its burst at once, and then its rate") {
    TokenBucket bucket({.rate = 10, .burst = 3});
    TimePoint now{Duration(100s)};
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(bucket.take(now));
    CHECK(bucket.take(now) == Duration(100ms));
    now += 60ms;
    CHECK(bucket.take(now) == Duration(40ms));
    now += 40ms;
    CHECK_FALSE(bucket.take(now));
    CHECK(bucket.take(now) == Duration(100ms));
}

TEST_CASE("a bucket that was left alone holds no more than its burst") {
    TokenBucket bucket({.rate = 10, .burst = 3});
    TimePoint now{};
    (void)bucket.take(now);
    now += 24h;
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(bucket.take(now));
    CHECK(bucket.take(now));
}

TEST_CASE("over a long time a bucket gives its rate, however often it is asked") {
    TokenBucket bucket({.rate = 200, .burst = 50});
    int taken = 0;
    for (TimePoint now{}; now < TimePoint(100s); now += 1ms)
        taken += bucket.take(now) ? 0 : 1;
    CHECK(taken >= 200 * 100);
    CHECK(taken <= 200 * 100 + 50);
}

TEST_CASE("a rate of nothing is no limit") {
    TokenBucket bucket({.rate = 0, .burst = 1});
    for (int i = 0; i < 1000; ++i)
        CHECK_FALSE(bucket.take(TimePoint{}));
}

}  // namespace
}  // namespace muster
