// The order in which hooks run, and when they are tried again: on a clock of the test's own.
#include <catch2/catch.hpp>

#include <algorithm>

#include "agent/hooks/desk.h"
#include "tests/unit/hooks/desk_script.h"

namespace muster::hooks {
namespace {

using history::Kind;
using What = journal::Outcome::What;
using namespace std::chrono_literals;

TEST_CASE("a delivery is run, and is done with when it succeeds") {
    DeskScript script({hook("h")});
    script.add("h", 1, Kind::MemberJoin, "n1");
    REQUIRE(script.turn() == std::vector<std::string>{"h: 1"});
    CHECK(script.turn().empty());
    script.succeeds("h: 1");
    CHECK(script.outcomes() == std::vector<std::string>{"h 1 done"});
    CHECK(script.status("h").done == 1);
    CHECK(script.status("h").waiting == 0);
}

TEST_CASE("deliveries of one member run one by one and in order, those of others beside them") {
    Spec spec = hook("h");
    spec.concurrency = 3;
    DeskScript script({spec});
    script.add("h", 1, Kind::MemberFailed, "n1");
    script.add("h", 2, Kind::MemberJoin, "n1");
    script.add("h", 3, Kind::MemberJoin, "n2");
    CHECK(script.turn() == std::vector<std::string>{"h: 1", "h: 3"});
    script.succeeds("h: 3");
    CHECK(script.turn().empty());
    script.succeeds("h: 1");
    CHECK(script.turn() == std::vector<std::string>{"h: 2"});
}

TEST_CASE("no more run at once than the hook's concurrency, and no hook takes another's place") {
    Spec two = hook("two");
    two.concurrency = 2;
    DeskScript script({two, hook("one")});
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
        script.add("two", seq, Kind::MemberJoin, "n" + std::to_string(seq));
        script.add("one", seq, Kind::MemberJoin, "n" + std::to_string(seq));
    }
    CHECK(script.turn() == std::vector<std::string>{"two: 1", "two: 2", "one: 1"});
}

TEST_CASE("a failing delivery is tried again later, and only its member waits for it") {
    DeskScript script({hook("h")});
    script.add("h", 1, Kind::MemberFailed, "n1");
    script.add("h", 2, Kind::MemberJoin, "n1");
    script.add("h", 3, Kind::MemberJoin, "n2");
    CHECK(script.turn() == std::vector<std::string>{"h: 1"});
    script.fails("h: 1");
    CHECK(script.outcomes() == std::vector<std::string>{"h 1 again 1"});
    CHECK(script.turn() == std::vector<std::string>{"h: 3"});
    script.succeeds("h: 3");
    CHECK(script.turn().empty());
    CHECK(script.wait_until_due() >= 750ms);
    CHECK(script.turn() == std::vector<std::string>{"h: 1 (try 2)"});
    script.succeeds("h: 1");
    CHECK(script.turn() == std::vector<std::string>{"h: 2"});
}

TEST_CASE("retries wait longer and longer, within ten minutes, and then it is set aside") {
    DeskScript script({hook("h")});
    script.add("h", 1, Kind::MemberFailed, "n1");
    script.add("h", 2, Kind::MemberJoin, "n1");
    Duration all{};
    for (unsigned attempt = 1; attempt <= 5; ++attempt) {
        REQUIRE(script.turn().size() == 1);
        script.fails("h: 1", 3);
        CHECK(script.outcomes() ==
              std::vector<std::string>{"h 1 again " + std::to_string(attempt)});
        all += script.wait_until_due();
    }
    CHECK(all > 4min);
    CHECK(all < 10min);
    REQUIRE(script.turn().size() == 1);
    script.fails("h: 1", 3);
    CHECK(script.outcomes() == std::vector<std::string>{"h 1 dead 6"});
    CHECK(script.status("h").dead == 1);
    CHECK(script.turn() == std::vector<std::string>{"h: 2"});
}

TEST_CASE("what could not even be tried is tried again, and counts as no failure") {
    DeskScript script({hook("h")});
    script.add("h", 1, Kind::MemberFailed, "n1");
    for (int i = 0; i < 10; ++i) {
        CHECK(script.turn() == std::vector<std::string>{"h: 1"});
        script.cannot_run("h: 1");
        CHECK(script.outcomes().empty());
        (void)script.wait_until_due();
    }
    CHECK(script.status("h").breaker == Breaker::State::Closed);
}

TEST_CASE("what was tried before a restart goes on from there") {
    DeskScript script({hook("h")});
    journal::Delivery delivery = script.delivery("h", 7, Kind::MemberJoin, "n1");
    delivery.attempts = 5;
    delivery.next_ns = script.wall_ns() + Duration(100s).count();
    script.add(delivery);
    CHECK(script.turn().empty());
    CHECK(script.wait_until_due() == 100s);
    CHECK(script.turn() == std::vector<std::string>{"h: 7 (try 6)"});
    script.fails("h: 7");
    CHECK(script.outcomes() == std::vector<std::string>{"h 7 dead 6"});
}

TEST_CASE("a wall clock that was set back does not make a retry wait for weeks") {
    DeskScript script({hook("h")});
    journal::Delivery delivery = script.delivery("h", 7, Kind::MemberJoin, "n1");
    delivery.attempts = 1;
    delivery.next_ns = script.wall_ns() + Duration(24h * 40).count();
    script.add(delivery);
    CHECK(script.turn().empty());
    CHECK(script.wait_until_due() < 10min);
}

TEST_CASE(
    "a hook that fails for everybody is stopped, keeps what waits, and is tried now and then") {
    DeskScript script({hook("h")});
    for (std::uint64_t seq = 1; seq <= 8; ++seq)
        script.add("h", seq, Kind::MemberJoin, "n" + std::to_string(seq));
    for (int i = 1; i <= 5; ++i) {
        const std::vector<std::string> started = script.turn();
        REQUIRE(started.size() == 1);
        script.fails(started.front());
    }
    CHECK(script.status("h").breaker == Breaker::State::Open);
    CHECK(script.turn().empty());
    CHECK(script.status("h").waiting == 8);
    (void)script.outcomes();
    // Trials count as no try of a delivery, and each is of another one.
    std::vector<std::string> tried;
    Duration pause = 30s;
    for (int trial = 0; trial < 12; ++trial) {
        CHECK(script.wait_until_breaker("h") == pause);
        const std::vector<std::string> started = script.turn();
        REQUIRE(started.size() == 1);
        tried.push_back(started.front());
        script.fails(started.front());
        CHECK(script.outcomes().empty());
        pause = std::min<Duration>(2 * pause, 10min);
    }
    std::sort(tried.begin(), tried.end());
    CHECK(std::unique(tried.begin(), tried.end()) - tried.begin() == 8);
    CHECK(script.status("h").waiting == 8);
    (void)script.wait_until_breaker("h");
    const std::vector<std::string> last = script.turn();
    REQUIRE(last.size() == 1);
    script.succeeds(last.front());
    CHECK(script.status("h").breaker == Breaker::State::Closed);
    CHECK(script.turn().size() == 1);
}

TEST_CASE("one delivery that always fails does not stop the hook for others") {
    DeskScript script({hook("h")});
    script.add("h", 1, Kind::MemberFailed, "bad");
    for (int i = 0; i < 6; ++i) {
        (void)script.turn();
        script.fails("h: 1");
        if (i < 5)
            (void)script.wait_until_due();
    }
    CHECK(script.status("h").breaker == Breaker::State::Closed);
    CHECK(script.outcomes().back() == "h 1 dead 6");
}

TEST_CASE("only on the leader: it waits while nobody leads, and is left to another who does") {
    Spec spec = hook("h");
    spec.only = Spec::Only::Leader;
    DeskScript script({spec});
    script.conditions = {};
    script.add("h", 1, Kind::MemberFailed, "n1");
    CHECK(script.turn().empty());
    SECTION("this agent becomes the leader") {
        script.conditions = {.leads = true, .leader_known = true};
        CHECK(script.turn() == std::vector<std::string>{"h: 1"});
    }
    SECTION("another one does") {
        script.conditions = {.leader_known = true};
        CHECK(script.turn().empty());
        CHECK(script.outcomes() == std::vector<std::string>{"h 1 done"});
        CHECK(script.status("h").skipped == 1);
    }
    SECTION("nobody does, for too long") {
        CHECK(script.wait_until_due() == max_wait_for_leader);
        CHECK(script.turn().empty());
        CHECK(script.outcomes() == std::vector<std::string>{"h 1 done"});
    }
}

TEST_CASE("only with a quorum, only in the majority: judged when it is to run") {
    Spec quorum = hook("quorum");
    quorum.only = Spec::Only::Quorum;
    Spec majority = hook("majority");
    majority.only = Spec::Only::Majority;
    DeskScript script({quorum, majority});
    script.conditions = {.quorum = true};
    script.add("quorum", 1, Kind::MemberFailed, "n1");
    script.add("majority", 1, Kind::MemberFailed, "n1");
    CHECK(script.turn() == std::vector<std::string>{"quorum: 1"});
    CHECK(script.outcomes() == std::vector<std::string>{"majority 1 done"});
}

TEST_CASE("debounce: a member is told when it has been quiet, and only its last change") {
    Spec spec = hook("h");
    spec.debounce = 2s;
    DeskScript script({spec});
    script.add("h", 1, Kind::MemberFailed, "n1");
    script.pass(1s);
    script.add("h", 2, Kind::MemberJoin, "n1");
    script.add("h", 3, Kind::MemberJoin, "n2");
    CHECK(script.outcomes() == std::vector<std::string>{"h 1 done"});
    CHECK(script.turn().empty());
    CHECK(script.wait_until_due() == 2s);
    CHECK(script.turn() == std::vector<std::string>{"h: 2"});
}

TEST_CASE("batch: what comes within it makes as few calls as keep each member's order") {
    Spec spec = hook("h");
    spec.batch = 2s;
    DeskScript script({spec});
    script.add("h", 1, Kind::MemberJoin, "n1");
    script.pass(1900ms);
    script.add("h", 2, Kind::MemberJoin, "n2");
    script.add("h", 3, Kind::MemberFailed, "n1");
    script.add("h", 4, Kind::MemberJoin, "n1");
    script.add("h", 5, Kind::MemberFailed, "n2");
    CHECK(script.turn().empty());
    CHECK(script.wait_until_due() == 100ms);
    CHECK(script.turn() == std::vector<std::string>{"h: 1 2"});
    script.fails("h: 1 2");
    CHECK(script.outcomes() == std::vector<std::string>{"h 1 again 1", "h 2 again 1"});
    CHECK(script.turn().empty());
    (void)script.wait_until_due();
    CHECK(script.turn() == std::vector<std::string>{"h: 1 2 (try 2)"});
    script.succeeds("h: 1 2");
    CHECK(script.turn() == std::vector<std::string>{"h: 3 5"});
    script.succeeds("h: 3 5");
    CHECK(script.turn() == std::vector<std::string>{"h: 4"});
}

TEST_CASE("a batch holds user events too, and several of one name or member") {
    Spec spec = hook("h");
    spec.batch = 2s;
    spec.concurrency = 8;
    DeskScript script({spec});
    script.add("h", 1, Kind::UserEvent, "deploy");
    script.add("h", 2, Kind::UserEvent, "deploy");
    script.add("h", 3, Kind::MemberUpdate, "n1");
    script.add("h", 4, Kind::UserEvent, "other");
    script.add("h", 5, Kind::MemberUpdate, "n1");
    script.add("h", 6, Kind::LeaderLost, "n1");
    CHECK(script.turn() == std::vector<std::string>{"h: 6"});
    CHECK(script.wait_until_due() == 2s);
    CHECK(script.turn() == std::vector<std::string>{"h: 1 2 4", "h: 3 5"});
    script.add("h", 7, Kind::UserEvent, "deploy");
    (void)script.wait_until_due();
    CHECK(script.turn().empty());
    script.succeeds("h: 1 2 4");
    CHECK(script.turn() == std::vector<std::string>{"h: 7"});
    script.succeeds("h: 7");
    script.succeeds("h: 3 5");
    CHECK(script.status("h").waiting == 1);
}

TEST_CASE("Serf's form: of each member the last, once, and nothing that was told last time") {
    Spec spec = hook("h");
    spec.serf = true;
    DeskScript script({spec});
    script.add("h", 1, Kind::MemberJoin, "n1");
    script.add("h", 2, Kind::MemberJoin, "n2");
    CHECK(script.wait_until_due() == 1s);
    CHECK(script.turn() == std::vector<std::string>{"h: 1 2"});
    script.succeeds("h: 1 2");
    (void)script.outcomes();
    // n1 comes back within the same batch: as if nothing had happened.
    script.add("h", 3, Kind::MemberFailed, "n1");
    script.add("h", 4, Kind::MemberJoin, "n1");
    script.add("h", 5, Kind::MemberFailed, "n2");
    script.add("h", 6, Kind::UserEvent, "deploy");
    CHECK(script.turn() == std::vector<std::string>{"h: 6"});
    script.succeeds("h: 6");
    (void)script.outcomes();
    CHECK(script.wait_until_due() == 1s);
    CHECK(script.turn() == std::vector<std::string>{"h: 5"});
    CHECK(script.outcomes() == std::vector<std::string>{"h 3 done", "h 4 done"});
}

TEST_CASE("a batch in Serf's form is full after three seconds, however much comes") {
    Spec spec = hook("h");
    spec.serf = true;
    DeskScript script({spec});
    for (std::uint64_t seq = 1; seq <= 7; ++seq) {
        script.add("h", seq, Kind::MemberUpdate, "n1");
        if (seq < 7)
            script.pass(500ms);
    }
    CHECK(script.turn() == std::vector<std::string>{"h: 7"});
}

TEST_CASE("a hook that lost events is told so once its queue has room") {
    Spec spec = hook("h");
    spec.queue = 4;
    DeskScript script({spec});
    for (std::uint64_t seq = 1; seq <= 4; ++seq)
        script.add("h", seq, Kind::MemberJoin, "n" + std::to_string(seq));
    script.overflowed("h", 3);
    (void)script.turn();
    CHECK(script.resyncs().empty());
    CHECK(script.status("h").lost == 3);
    for (const char* run : {"h: 1", "h: 2"}) {
        script.succeeds(run);
        (void)script.turn();
    }
    CHECK(script.resyncs() == std::vector<std::string>{"h"});
    (void)script.turn();
    CHECK(script.resyncs().empty());
    script.add("h", 9, Kind::Gap, "h");
    CHECK(script.status("h").lost == 0);
    script.overflowed("h", 1);
    script.succeeds("h: 3");
    (void)script.turn();
    CHECK(script.resyncs() == std::vector<std::string>{"h"});
}

TEST_CASE("hooks are changed without running anything again") {
    DeskScript script({hook("stays"), hook("goes")});
    for (const char* name : {"stays", "goes"}) {
        script.add(name, 1, Kind::MemberJoin, "n1");
        script.add(name, 2, Kind::MemberJoin, "n1");
    }
    CHECK(script.turn() == std::vector<std::string>{"stays: 1", "goes: 1"});
    Spec changed = hook("stays");
    changed.timeout = 5s;
    script.configure({hook("new"), changed});
    CHECK(script.turn().empty());
    script.succeeds("goes: 1");
    CHECK(script.outcomes().empty());
    script.succeeds("stays: 1");
    CHECK(script.outcomes() == std::vector<std::string>{"stays 1 done"});
    CHECK(script.turn() == std::vector<std::string>{"stays: 2"});
}

TEST_CASE("what a person drops does not run, and what they replay does, again") {
    DeskScript script({hook("h")});
    script.add("h", 1, Kind::MemberJoin, "n1");
    script.add("h", 2, Kind::MemberFailed, "n1");
    script.drop("h", 1);
    CHECK(script.turn() == std::vector<std::string>{"h: 2"});
    script.succeeds("h: 2");
    script.add("h", 1, Kind::MemberJoin, "n1");
    script.add("h", 1, Kind::MemberJoin, "n1");
    CHECK(script.turn() == std::vector<std::string>{"h: 1"});
    script.succeeds("h: 1");
    CHECK(script.turn().empty());
}

TEST_CASE("whatever happens, order and bounds hold and nothing is lost") {
    const auto seed = GENERATE(range(1, 13));
    CAPTURE(seed);
    Random chance(static_cast<std::uint64_t>(seed));
    std::vector<Spec> specs(3);
    for (std::size_t i = 0; i < specs.size(); ++i) {
        specs[i] = hook("h" + std::to_string(i));
        specs[i].concurrency = 1 + static_cast<unsigned>(chance.below(4));
        if (chance.chance(0.3))
            specs[i].batch = 2s;
        specs[i].retries = static_cast<unsigned>(chance.below(4));
    }
    DeskScript script(specs);
    std::uint64_t seq = 0;
    for (int step = 0; step < 300; ++step) {
        if (chance.chance(0.4)) {
            ++seq;
            const Kind kind = chance.chance(0.5) ? Kind::MemberFailed : Kind::MemberJoin;
            const std::string member = "n" + std::to_string(chance.below(5));
            for (const Spec& spec : specs)
                script.add(spec.name, seq, kind, member);
        }
        (void)script.turn();
        script.check_rules();
        if (const std::string run = script.any_running(chance); !run.empty()) {
            if (chance.chance(0.3))
                script.fails(run);
            else
                script.succeeds(run);
        }
        if (chance.chance(0.3))
            script.pass(chance.below(Duration(20s)));
    }
    // Once everything succeeds, everything comes to its end.
    for (int step = 0; script.is_anything_left(); ++step) {
        REQUIRE(step < 20000);
        (void)script.turn();
        script.check_rules();
        if (const std::string run = script.any_running(chance); !run.empty())
            script.succeeds(run);
        else
            (void)script.wait_until_due();
    }
    script.check_ends();
}

}  // namespace
}  // namespace muster::hooks
