#include "agent/cluster/recent.h"

#include <catch2/catch.hpp>

#include "swim/bytes.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

using Happened = std::pair<Bytes, Bytes>;
using Ring = RecentRing<Happened>;

}  // namespace

TEST_CASE("what is news, known and too old is the reference's") {
    const auto& vector = vectors().at("user_events").at("sequence");
    Ring ring(vector.at("buffer"));
    LamportClock clock;
    clock.increment();
    for (const auto& step : vector.at("steps")) {
        INFO(step);
        const LamportTime ltime = step.at("ltime");
        clock.witness(ltime);
        const auto verdict = ring.hear(clock.time(), ltime, {step.at("name"), step.at("payload")});
        CHECK((verdict == Ring::Verdict::News) == step.at("rebroadcast").get<bool>());
        CHECK(clock.time() == step.at("event_clock_after"));
    }
}

TEST_CASE("what happened before the given time is too old") {
    const auto& vector = vectors().at("user_events").at("min_time");
    Ring ring(512);
    ring.ignore_before(vector.at("event_min_time"));
    ring.ignore_before(1);
    LamportClock clock;
    clock.increment();
    for (const auto& step : vector.at("steps")) {
        INFO(step);
        const LamportTime ltime = step.at("ltime");
        clock.witness(ltime);
        const auto verdict = ring.hear(clock.time(), ltime, {"a", ""});
        CHECK((verdict == Ring::Verdict::News) == step.at("rebroadcast").get<bool>());
    }
}

TEST_CASE("a flood of large items stays bounded, and leaves room again when its time is over") {
    struct Size {
        std::size_t operator()(const Bytes& item) const { return item.size(); }
    };
    RecentRing<Bytes, Size> ring(4, 100);
    using Verdict = RecentRing<Bytes, Size>::Verdict;
    CHECK(ring.hear(2, 1, Bytes(60, 'a')) == Verdict::News);
    CHECK(ring.hear(3, 2, Bytes(41, 'b')) == Verdict::Known);
    CHECK(ring.hear(3, 2, Bytes(40, 'c')) == Verdict::News);
    CHECK(ring.hear(4, 3, "d") == Verdict::Known);
    // The place of time 1 is taken over.
    CHECK(ring.hear(6, 5, Bytes(60, 'e')) == Verdict::News);
    CHECK(ring.hear(6, 3, "d") == Verdict::Known);
}

TEST_CASE("a flood at one time stays bounded") {
    Ring ring(4);
    std::size_t news = 0;
    for (int i = 0; i < 5000; ++i) {
        news += ring.hear(2, 1, {std::to_string(i), ""}) == Ring::Verdict::News ? 1U : 0U;
    }
    CHECK(news == 1024);
}
