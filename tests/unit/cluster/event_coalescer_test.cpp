#include "agent/cluster/event_coalescer.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

struct Held {
    EventCoalescer coalescer{3s, 1s};
    std::vector<HeardEvent> told;

    void add(Duration when, LamportTime ltime, const Bytes& name, const Bytes& payload = "",
             bool coalesce = true) {
        coalescer.add(at(when), {ltime, name, payload, coalesce}, told);
    }
    // "name@ltime payload" of each that was told since.
    std::vector<std::string> take() {
        std::vector<std::string> said;
        for (const HeardEvent& event : told) {
            said.push_back(event.name + "@" + std::to_string(event.ltime) + " " + event.payload);
        }
        told.clear();
        return said;
    }
    std::vector<std::string> tick(Duration when) {
        coalescer.tick(at(when), told);
        return take();
    }
};

}  // namespace

TEST_CASE("of a burst of one name only the latest is told, when it has been quiet") {
    Held held;
    held.add(0s, 1, "deploy", "a");
    held.add(300ms, 3, "deploy", "c");
    held.add(600ms, 2, "deploy", "b");
    held.add(700ms, 4, "restart", "x");
    CHECK(held.coalescer.next_deadline() == at(1700ms));
    CHECK(held.tick(1700ms - 1ns).empty());
    CHECK(held.tick(1700ms) == Words{"deploy@3 c", "restart@4 x"});
    CHECK(held.coalescer.next_deadline() == never);
    CHECK(held.tick(1h).empty());
}

TEST_CASE("a burst that does not end is told when its period is over") {
    Held held;
    for (int i = 0; i < 40; ++i) {
        held.add(i * 100ms, static_cast<LamportTime>(i), "deploy");
        if (i == 29) {
            CHECK(held.take().empty());
            CHECK(held.coalescer.next_deadline() == at(3s));
        }
    }
    // The event at 3 s found the batch due, and began the next one.
    CHECK(held.take() == Words{"deploy@29 "});
    CHECK(held.tick(4900ms) == Words{"deploy@39 "});
}

TEST_CASE("all events of the highest time are told, in the order in which they came") {
    Held held;
    held.add(0s, 5, "deploy", "b");
    held.add(0s, 5, "deploy", "a");
    held.add(0s, 4, "deploy", "old");
    CHECK(held.tick(1s) == Words{"deploy@5 b", "deploy@5 a"});
}

TEST_CASE("what must not be coalesced is told at once, and disturbs no batch") {
    Held held;
    held.add(0s, 5, "deploy", "held");
    held.add(500ms, 6, "deploy", "now", /*coalesce=*/false);
    CHECK(held.take() == Words{"deploy@6 now"});
    CHECK(held.tick(1s) == Words{"deploy@5 held"});
}

TEST_CASE("with a period of zero nothing is held back") {
    auto [period, quiescent] = GENERATE(table<Duration, Duration>({{0s, 1s}, {3s, 0s}, {0s, 0s}}));
    EventCoalescer coalescer(period, quiescent);
    std::vector<HeardEvent> told;
    coalescer.add(at(0s), {5, "deploy", "", true}, told);
    CHECK(told.size() == 1);
    CHECK(coalescer.next_deadline() == never);
}

TEST_CASE("a flood of names does not grow without bound: it is told early") {
    Held held;
    for (int i = 0; i < 1023; ++i) {
        held.add(0s, 5, std::to_string(i));
    }
    CHECK(held.told.empty());
    held.add(0s, 5, "one more");
    CHECK(held.told.size() == 1024);
    CHECK(held.coalescer.next_deadline() == never);
}
