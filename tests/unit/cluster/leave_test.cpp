#include "agent/cluster/leave.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

using Phase = GracefulLeave::Phase;

namespace {

// Deadlines are bracketed: nothing happens a nanosecond before, everything at them.
void check_deadline(GracefulLeave& leave, TimePoint deadline, Phase before, Phase then) {
    CHECK(leave.next_deadline() == deadline);
    leave.tick(deadline - 1ns);
    CHECK(leave.phase() == before);
    leave.tick(deadline);
    CHECK(leave.phase() == then);
}

}  // namespace

TEST_CASE("a graceful leave tells the others, leaves the wire, lingers, and has left") {
    GracefulLeave leave(Config{});
    CHECK(leave.phase() == Phase::Running);
    CHECK(leave.next_deadline() == never);
    leave.start(at(0s), BroadcastId{7});
    CHECK(leave.phase() == Phase::Telling);
    leave.transmitted(at(1s), 8);
    CHECK(leave.phase() == Phase::Telling);
    leave.transmitted(at(1s), 7);
    CHECK(leave.phase() == Phase::LeavingWire);
    leave.wire_left(at(2s));
    CHECK(leave.phase() == Phase::Lingering);
    check_deadline(leave, at(3s), Phase::Lingering, Phase::Left);
    CHECK(leave.next_deadline() == never);
}

TEST_CASE("a graceful leave of which nobody takes notice goes on, and ends in bounded time") {
    GracefulLeave leave(Config{});
    leave.start(at(0s), BroadcastId{7});
    check_deadline(leave, at(5s), Phase::Telling, Phase::LeavingWire);
    check_deadline(leave, at(10s), Phase::LeavingWire, Phase::Lingering);
    check_deadline(leave, at(11s), Phase::Lingering, Phase::Left);
}

TEST_CASE("who is alone leaves without telling and without lingering") {
    GracefulLeave leave(Config{});
    leave.start(at(0s), std::nullopt);
    CHECK(leave.phase() == Phase::LeavingWire);
    leave.wire_left(at(0s));
    CHECK(leave.phase() == Phase::Left);
}

TEST_CASE("news out of order do not move a leave") {
    GracefulLeave leave(Config{});
    leave.wire_left(at(0s));
    leave.transmitted(at(0s), no_broadcast);
    leave.tick(at(24h));
    CHECK(leave.phase() == Phase::Running);
    leave.start(at(0s), BroadcastId{7});
    leave.wire_left(at(1s));
    CHECK(leave.phase() == Phase::Telling);
    leave.transmitted(at(1s), 7);
    leave.transmitted(at(1s), 7);
    CHECK(leave.phase() == Phase::LeavingWire);
    leave.tick(at(6s));
    leave.tick(at(7s));
    leave.transmitted(at(8s), 7);
    leave.wire_left(at(8s));
    leave.tick(at(24h));
    CHECK(leave.phase() == Phase::Left);
}

TEST_CASE("each forced leave ends once: with its broadcast, or at its deadline with an error") {
    ForcedLeaves forced;
    std::vector<RequestDone> done;
    CHECK(forced.next_deadline() == never);
    forced.add(1, 11, at(5s));
    forced.add(2, 12, at(6s));
    forced.add(3, 13, at(6s));
    forced.transmitted(99, done);
    CHECK(done.empty());
    forced.transmitted(12, done);
    REQUIRE(done.size() == 1);
    CHECK(done[0].request == 2);
    CHECK(done[0].error.empty());
    CHECK(forced.next_deadline() == at(5s));
    forced.tick(at(5s - 1ns), done);
    CHECK(done.size() == 1);
    forced.tick(at(5s), done);
    REQUIRE(done.size() == 2);
    CHECK(done[1].request == 1);
    CHECK(done[1].error == "timed out broadcasting node removal");
    forced.transmitted(11, done);
    CHECK(done.size() == 2);
    forced.tick(at(24h), done);
    REQUIRE(done.size() == 3);
    CHECK(done[2].request == 3);
    CHECK(forced.next_deadline() == never);
}
