#include "agent/cluster/intents.h"

#include <catch2/catch.hpp>

#include "agent/cluster/lamport.h"
#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

constexpr Intent join{Intent::Kind::Join, 11, false};
constexpr Intent leave{Intent::Kind::Leave, 11, false};
constexpr Intent prune{Intent::Kind::Leave, 11, true};

Intent timed(Intent intent, LamportTime ltime) {
    intent.ltime = ltime;
    return intent;
}

}  // namespace

TEST_CASE("a Lamport clock never goes back, and ends instead of starting over") {
    LamportClock clock;
    CHECK(clock.increment() == 1);
    clock.witness(5);
    CHECK(clock.time() == 6);
    clock.witness(6);
    CHECK(clock.time() == 7);
    clock.witness(3);
    CHECK(clock.time() == 7);
    clock.witness(lamport_end);
    CHECK(clock.time() == lamport_end);
    CHECK(clock.increment() == lamport_end);
}

TEST_CASE("what a newer intent does depends on the member's status alone") {
    // 36 of these cases are golden vectors as well: vectors_test.cpp.
    const auto [intent, before, verdict] = GENERATE(table<Intent, Status, Verdict>({
        {join, Status::None, {true, Status::None, true, false}},
        {join, Status::Alive, {true, Status::Alive, true, false}},
        {join, Status::Leaving, {true, Status::Alive, true, false}},
        {join, Status::Left, {true, Status::Left, true, false}},
        {join, Status::Failed, {true, Status::Failed, true, false}},
        {leave, Status::None, {true, Status::None, false, false}},
        {leave, Status::Alive, {true, Status::Leaving, true, false}},
        {leave, Status::Leaving, {true, Status::Leaving, true, false}},
        {leave, Status::Left, {true, Status::Left, true, false}},
        {leave, Status::Failed, {true, Status::Left, true, false}},
        {prune, Status::None, {true, Status::None, false, false}},
        {prune, Status::Alive, {true, Status::Leaving, true, true}},
        {prune, Status::Leaving, {true, Status::Leaving, true, true}},
        {prune, Status::Left, {true, Status::Left, true, true}},
        {prune, Status::Failed, {true, Status::Left, true, true}},
    }));
    CHECK(judge(before, 10, intent) == verdict);
}

TEST_CASE("an intent that is not newer than the status does nothing") {
    const Status status =
        GENERATE(Status::None, Status::Alive, Status::Leaving, Status::Left, Status::Failed);
    const Intent intent = GENERATE(join, leave, prune);
    const LamportTime ltime = GENERATE(0U, 9U, 10U);
    CHECK(judge(status, 10, timed(intent, ltime)) == Verdict{false, status, false, false});
}

TEST_CASE("an intent about an unknown name is news once, and again only with a later time") {
    RecentIntents intents(1U << 20U);
    CHECK(intents.add(at(0s), "n", timed(join, 5)));
    CHECK_FALSE(intents.add(at(1s), "n", timed(join, 5)));
    CHECK_FALSE(intents.add(at(1s), "n", timed(leave, 5)));
    CHECK_FALSE(intents.add(at(1s), "n", timed(leave, 4)));
    CHECK(intents.find("n")->kind == Intent::Kind::Join);
    CHECK(intents.add(at(1s), "n", timed(leave, 6)));
    CHECK(intents.find("n")->kind == Intent::Kind::Leave);
    CHECK(intents.find("n")->ltime == 6);
    CHECK(intents.find("m") == nullptr);
    CHECK(intents.count() == 1);
}

TEST_CASE("an intent is kept until it has been silent for the timeout") {
    RecentIntents intents(1U << 20U);
    intents.add(at(0s), "old", timed(join, 1));
    intents.add(at(0s), "renewed", timed(join, 1));
    intents.add(at(60s), "renewed", timed(join, 2));
    intents.expire(at(300s), 5min);
    CHECK(intents.count() == 2);
    intents.expire(at(300s + 1ns), 5min);
    CHECK(intents.find("old") == nullptr);
    CHECK(intents.find("renewed") != nullptr);
    intents.expire(at(360s + 1ns), 5min);
    CHECK(intents.count() == 0);
    CHECK(intents.size() == 0);
}

TEST_CASE("a flood of names stays within the bound, and drops nothing that was there") {
    constexpr std::size_t bound = 100000;
    RecentIntents intents(bound);
    REQUIRE(intents.add(at(0s), "first", timed(leave, 1)));
    std::size_t refused = 0;
    for (int i = 0; i < 10000; ++i) {
        refused +=
            intents.add(at(1s), Bytes(40, 'x') + std::to_string(i), timed(join, 1)) ? 0U : 1U;
    }
    CHECK(intents.size() <= bound);
    CHECK(refused > 9000);
    CHECK(intents.find("first") != nullptr);
    // What is known can still be superseded.
    CHECK(intents.add(at(2s), "first", timed(join, 2)));
    CHECK_FALSE(intents.add(at(2s), Bytes(2 * bound, 'x'), timed(join, 1)));
}
