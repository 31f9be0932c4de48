#include "agent/net/clock.h"

#include <catch2/catch.hpp>
#include <deque>
#include <map>

using namespace muster;
using namespace std::chrono_literals;

namespace {

// A kernel whose clocks say what the test wants, in the order in which they are asked.
class Script final : public net::ClockSource {
public:
    Duration read(clockid_t clock) override {
        std::deque<Duration>& answers = answers_[clock];
        REQUIRE_FALSE(answers.empty());
        const Duration answer = answers.front();
        if (answers.size() > 1)
            answers.pop_front();
        return answer;
    }
    // The last answer is repeated for ever.
    void say(clockid_t clock, std::deque<Duration> answers) {
        answers_[clock] = std::move(answers);
    }

private:
    std::map<clockid_t, std::deque<Duration>> answers_;
};

}  // namespace

TEST_CASE("the election clock is the raw clock and the time spent suspended") {
    Script kernel;
    kernel.say(CLOCK_MONOTONIC, {100s});
    kernel.say(CLOCK_BOOTTIME, {160s});
    kernel.say(CLOCK_MONOTONIC_RAW, {99s});
    net::Clock clock(kernel);
    CHECK(clock.now() == TimePoint(159s));
}

TEST_CASE("a suspend moves the clock, though the raw clock slept through it") {
    Script kernel;
    kernel.say(CLOCK_MONOTONIC, {100s});
    kernel.say(CLOCK_BOOTTIME, {100s});
    kernel.say(CLOCK_MONOTONIC_RAW, {100s});
    net::Clock clock(kernel);
    const TimePoint before = clock.now();
    kernel.say(CLOCK_BOOTTIME, {130s});
    CHECK(clock.now() - before == 30s);
}

TEST_CASE("slewing moves monotonic and boot time alike, and the clock not at all") {
    Script kernel;
    kernel.say(CLOCK_MONOTONIC, {100s});
    kernel.say(CLOCK_BOOTTIME, {100s});
    kernel.say(CLOCK_MONOTONIC_RAW, {100s});
    net::Clock clock(kernel);
    const TimePoint before = clock.now();
    kernel.say(CLOCK_MONOTONIC, {110s});
    kernel.say(CLOCK_BOOTTIME, {110s});
    CHECK(clock.now() == before);
}

TEST_CASE("the clock never goes back") {
    Script kernel;
    kernel.say(CLOCK_MONOTONIC, {100s});
    kernel.say(CLOCK_BOOTTIME, {100s});
    kernel.say(CLOCK_MONOTONIC_RAW, {100s, 99s, 101s});
    net::Clock clock(kernel);
    CHECK(clock.now() == TimePoint(100s));
    CHECK(clock.now() == TimePoint(100s));
    CHECK(clock.now() == TimePoint(101s));
}

TEST_CASE("readings that were interrupted are taken again") {
    Script kernel;
    // Between the first pair of readings lie 50 ms, in which boot time went on; then 2 us.
    kernel.say(CLOCK_MONOTONIC, {100s, 100s + 50ms, 100s + 60ms, 100s + 60ms + 2us});
    kernel.say(CLOCK_BOOTTIME, {100s + 49ms, 100s + 60ms + 1us});
    kernel.say(CLOCK_MONOTONIC_RAW, {200s});
    net::Clock clock(kernel);
    CHECK(clock.now() == TimePoint(200s));
}

TEST_CASE("a host that interrupts every reading gets the best of them, and no endless loop") {
    Script kernel;
    std::deque<Duration> monotonic;
    std::deque<Duration> boot;
    for (int i = 0; i < 16; ++i) {
        monotonic.push_back(1s * i);
        monotonic.push_back(1s * i + (i == 5 ? 2ms : 100ms));
        boot.push_back(1s * i + (i == 5 ? 1ms : 90ms) + 7s);
    }
    kernel.say(CLOCK_MONOTONIC, monotonic);
    kernel.say(CLOCK_BOOTTIME, boot);
    kernel.say(CLOCK_MONOTONIC_RAW, {10s});
    net::Clock clock(kernel);
    CHECK(clock.now() == TimePoint(17s));
}

TEST_CASE("the wall clock's time of a moment is counted from now") {
    Script kernel;
    kernel.say(CLOCK_MONOTONIC, {100s});
    kernel.say(CLOCK_BOOTTIME, {100s});
    kernel.say(CLOCK_MONOTONIC_RAW, {100s});
    kernel.say(CLOCK_REALTIME, {1'000'000s});
    net::Clock clock(kernel);
    CHECK(clock.wall(TimePoint(90s)) == std::chrono::nanoseconds(999'990s).count());
    CHECK(clock.wall(TimePoint(101s)) == std::chrono::nanoseconds(1'000'001s).count());
}

TEST_CASE("the kernel's own clock goes forward") {
    net::Clock clock;
    const TimePoint before = clock.now();
    CHECK(clock.now() >= before);
    CHECK(before.time_since_epoch() > 0s);
}
