#include "agent/cluster/address_book.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

// An address book whose tries all take a second and are answered by nobody.
struct Silence {
    explicit Silence(Config config = {}) : book(config, Random(5)) {}

    void run_for(Duration duration) {
        const TimePoint end = now + duration;
        while (book.next_deadline() <= end) {
            now = std::max(now, book.next_deadline());
            const auto attempt = book.next(now);
            if (!attempt) {
                continue;  // it was forgotten instead
            }
            REQUIRE(book.next_deadline() == never);
            REQUIRE_FALSE(book.next(now + 24h));  // one in flight
            tries[attempt->name].push_back(now);
            book.timed_out(attempt->name);
            now += 1s;
        }
        now = std::max(now, end);
    }

    AddressBook book;
    TimePoint now = at(0s);
    std::map<Bytes, std::vector<TimePoint>> tries;
};

}  // namespace

TEST_CASE("a failed member is tried at a falling rate, but at least hourly") {
    Silence silence;
    silence.book.count(3);
    silence.book.remember(at(0s), "n", endpoint(9));
    silence.run_for(24h * 3);
    const auto& tries = silence.tries["n"];
    REQUIRE(tries.size() > 72);
    CHECK(tries.size() < 160);
    TimePoint before = at(0s);
    for (std::size_t i = 0; i < tries.size(); ++i) {
        const Duration interval =
            std::min<Duration>(6s * (std::int64_t{1} << std::min<std::size_t>(i, 20)), 1h);
        INFO("try " << i);
        CHECK(tries[i] - before <= interval);
        CHECK(tries[i] - before > interval / 2);
        before = tries[i];
    }
}

TEST_CASE("a dead address is pinged no more often by a thousand agents than by one") {
    std::size_t tries = 0;
    std::set<TimePoint> moments;
    for (std::uint64_t agent = 0; agent < 1000; ++agent) {
        AddressBook book(Config{}, Random(agent));
        book.count(1000);
        book.remember(at(0s), "n", endpoint(9));
        if (book.next_deadline() <= at(2000s)) {
            ++tries;
            moments.insert(book.next_deadline());
        }
    }
    CHECK(tries == 1000);  // one each in 2,000 s,
    CHECK(*moments.begin() > at(1000s));
    CHECK(moments.size() > 900);  // and not together
}

TEST_CASE("an agent that loses all others tries them soon, not at the pace of the large cluster") {
    AddressBook book(Config{}, Random(5));
    book.count(1000);
    for (int i = 0; i < 999; ++i) {
        book.remember(at(0s), "n" + std::to_string(i), endpoint(9));
        book.count(static_cast<std::size_t>(999 - i));
    }
    CHECK(book.next_deadline() <= at(4s));
}

TEST_CASE("of many failed members each is tried, one at a time") {
    Silence silence;
    for (int i = 0; i < 50; ++i) {
        silence.book.remember(at(0s), "n" + std::to_string(i), endpoint(9));
    }
    silence.run_for(6h);
    CHECK(silence.tries.size() == 50);
    for (const auto& [name, tries] : silence.tries) {
        INFO(name);
        CHECK(tries.size() >= 10);
        for (std::size_t i = 1; i < tries.size(); ++i) {
            CHECK(tries[i] - tries[i - 1] <= 1h + 50s);
        }
    }
}

TEST_CASE("a try goes to the address where the member was last") {
    AddressBook book(Config{}, Random(5));
    book.remember(at(0s), "n", endpoint(8));
    book.remember(at(1s), "n", endpoint(9));
    CHECK(book.size() == 1);
    const auto attempt = book.next(at(1h));
    REQUIRE(attempt);
    CHECK(attempt->name == "n");
    CHECK(attempt->endpoint == endpoint(9));
}

TEST_CASE("who answers is exchanged with, and remembered until it is reported alive") {
    AddressBook book(Config{}, Random(5));
    book.remember(at(0s), "n", endpoint(9));
    REQUIRE(book.next(at(1h)));
    CHECK(book.acked("n"));
    CHECK(book.contains("n"));
    CHECK(book.next_deadline() < at(2h));
    book.forget("n");
    CHECK_FALSE(book.contains("n"));
    CHECK(book.next_deadline() == never);
}

TEST_CASE("an answer of somebody who was forgotten meanwhile is not followed") {
    AddressBook book(Config{}, Random(5));
    book.remember(at(0s), "n", endpoint(9));
    book.remember(at(0s), "m", endpoint(9));
    const auto attempt = book.next(at(1h));
    REQUIRE(attempt);
    book.forget(attempt->name);
    // Still one in flight, until it ends.
    CHECK_FALSE(book.next(at(1h)));
    CHECK_FALSE(book.acked(attempt->name));
    CHECK(book.next(at(1h)));
}

TEST_CASE("the end of another ping does not end the try under way") {
    AddressBook book(Config{}, Random(5));
    book.remember(at(0s), "n", endpoint(9));
    REQUIRE(book.next(at(1h)));
    book.timed_out("m");
    CHECK_FALSE(book.next(at(3h)));
    book.timed_out("n");
    CHECK(book.next(at(3h)));
}

TEST_CASE("a member that stays away is forgotten after forget_after, and not before") {
    Silence silence;
    silence.book.remember(at(0s), "n", endpoint(9));
    silence.run_for(24h * 30 - 1ns);
    CHECK(silence.book.contains("n"));
    CHECK(silence.tries["n"].back() > at(24h * 30 - 1h));
    silence.run_for(1ns);
    CHECK_FALSE(silence.book.contains("n"));
    CHECK(silence.book.next_deadline() == never);
}

TEST_CASE("a member that fails again starts over") {
    Silence silence;
    silence.book.remember(at(0s), "n", endpoint(9));
    silence.run_for(24h);
    silence.book.forget("n");
    silence.book.remember(silence.now, "n", endpoint(9));
    CHECK(silence.book.next_deadline() <= silence.now + 2s);
    silence.run_for(24h * 29 + 23h);
    CHECK(silence.book.contains("n"));
}

TEST_CASE("the book is bounded, and gives up those whose turn is farthest off") {
    Config config;
    config.max_remembered = 10;
    Silence silence(config);
    silence.book.remember(at(0s), "old", endpoint(9));
    silence.run_for(2h);
    for (int i = 0; i < 1000; ++i) {
        silence.book.remember(silence.now, "n" + std::to_string(i), endpoint(9));
        REQUIRE(silence.book.size() <= 10);
    }
    CHECK_FALSE(silence.book.contains("old"));
    CHECK(silence.book.contains("n999"));
}
