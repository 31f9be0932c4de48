// Joining, leaving and forcing others to leave.
#include <catch2/catch.hpp>

#include "agent/cluster/cluster.h"
#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

using Kind = swim::WireEvent::Kind;
using Phase = GracefulLeave::Phase;

namespace {

Agent with_peer() {
    Agent agent;
    agent.see(Kind::Join, "n");
    return agent;
}

// Our own death on the wire, as swim reports it after a leave.
void die_on_the_wire(Agent& agent) {
    swim::WireEvent left = wire(Kind::Leave, "self");
    left.to = swim::State::Left;
    agent.see(left);
}

}  // namespace

// ---- joining ----

TEST_CASE("a join is announced with the clock's time, which is used up by it") {
    Agent agent = with_peer();
    agent.out.clear();
    agent.cluster.joined(agent.now, /*announce=*/true, agent.out);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == encoded(Join{1, "self"}));
    CHECK(agent.cluster.member_time() == 2);
    CHECK(agent.cluster.members().find("self")->status_ltime == 1);
}

TEST_CASE("an automatic rejoin marks no new life") {
    Agent agent = with_peer();
    agent.out.clear();
    agent.cluster.joined(agent.now, /*announce=*/false, agent.out);
    CHECK(agent.out.broadcasts.empty());
    CHECK(agent.cluster.member_time() == 1);
}

TEST_CASE("who leaves or has left does not join") {
    Agent agent = with_peer();
    CHECK(agent.cluster.join_refusal().empty());
    agent.leave(1);
    CHECK(agent.cluster.join_refusal() == "Serf can't Join after Leave or Shutdown");
    agent.pass(1min);
    CHECK(agent.cluster.phase() == Phase::Left);
    CHECK(agent.cluster.join_refusal() == "Serf can't Join after Leave or Shutdown");
}

// ---- leaving ----

TEST_CASE("a graceful leave is told, carried out on the wire, and complete a second later") {
    Agent agent = with_peer();
    agent.leave(7);
    CHECK(agent.status("self") == Status::Leaving);
    CHECK_FALSE(agent.out.leave_wire);
    REQUIRE(agent.out.broadcasts.size() == 1);
    const BroadcastId told = agent.out.broadcasts[0].id;
    CHECK(told != no_broadcast);
    CHECK(agent.out.broadcasts[0].message == encoded(Leave{1, "self", false}));

    agent.out.clear();
    agent.cluster.transmitted(agent.now, told, agent.out);
    CHECK(agent.out.leave_wire);
    die_on_the_wire(agent);
    CHECK(words(agent.out.events) == Words{"member-leave:self:left"});
    agent.cluster.wire_left(agent.now, agent.out);
    CHECK(agent.cluster.phase() == Phase::Lingering);
    agent.pass(1s - 1ns);
    CHECK_FALSE(agent.out.left);
    agent.pass(1ns);
    CHECK(agent.out.left);
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].request == 7);
    CHECK(agent.out.done[0].error.empty());
    agent.pass(24h);
    CHECK_FALSE(agent.out.left);
    CHECK(agent.out.done.empty());
}

TEST_CASE("a leave that nobody carries ends all the same") {
    Agent agent = with_peer();
    agent.leave(7);
    agent.pass(5s);
    CHECK(agent.out.leave_wire);
    REQUIRE(agent.out.notices.size() == 1);
    CHECK(agent.out.notices[0].level == Notice::Level::Warning);
    agent.pass(5s);
    CHECK(agent.cluster.phase() == Phase::Lingering);
    CHECK(agent.out.notices.size() == 1);
    agent.pass(1s);
    CHECK(agent.out.left);
    CHECK(agent.out.notices.empty());
    CHECK(agent.out.done.size() == 1);
}

TEST_CASE("who is alone has left at once") {
    Agent agent;
    agent.leave(7);
    CHECK(agent.out.broadcasts.empty());
    CHECK(agent.out.leave_wire);
    die_on_the_wire(agent);
    agent.cluster.wire_left(agent.now, agent.out);
    CHECK(agent.out.left);
    CHECK(agent.out.done.size() == 1);
}

TEST_CASE("a second leave is refused while the first goes on, and done when it is done") {
    Agent agent = with_peer();
    agent.leave(7);
    agent.leave(8);
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].request == 8);
    CHECK(agent.out.done[0].error == "Leave already in progress");
    CHECK(agent.out.broadcasts.empty());
    agent.pass(1min);
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].request == 7);
    agent.leave(9);
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].request == 9);
    CHECK(agent.out.done[0].error.empty());
    CHECK_FALSE(agent.out.left);
}

TEST_CASE("who leaves contradicts nobody who says so, and looks for nobody") {
    Agent agent = with_peer();
    agent.see(Kind::Join, "m");
    agent.see(Kind::Leave, "m");
    agent.leave(7);
    agent.hear(Leave{50, "self", true});
    CHECK(agent.status("self") == Status::Leaving);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == encoded(Leave{50, "self", true}));
    agent.pass(1h);
    CHECK_FALSE(agent.out.attempt);
    CHECK_FALSE(agent.cluster.try_acked(agent.now, "m"));
    CHECK(agent.cluster.members().find("self") != nullptr);
}

// ---- forcing others to leave ----

TEST_CASE(
    "a failed member that is forced to leave has left, here at once and elsewhere by gossip") {
    Agent agent = with_peer();
    agent.see(Kind::Join, "m");
    agent.see(Kind::Leave, "m");
    agent.force_leave(7, "m");
    CHECK(words(agent.out.events) == Words{"member-leave:m:left"});
    CHECK(agent.out.done.empty());
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == encoded(Leave{1, "m", false}));
    CHECK(agent.cluster.member_time() == 2);
    CHECK(agent.cluster.address_book().size() == 0);

    SECTION("done when it was transmitted") {
        const BroadcastId id = agent.out.broadcasts[0].id;
        agent.out.clear();
        agent.cluster.transmitted(agent.now, id, agent.out);
        REQUIRE(agent.out.done.size() == 1);
        CHECK(agent.out.done[0].request == 7);
        CHECK(agent.out.done[0].error.empty());
    }
    SECTION("an error when it was not") {
        agent.pass(5s - 1ns);
        CHECK(agent.out.done.empty());
        agent.pass(1ns);
        REQUIRE(agent.out.done.size() == 1);
        CHECK(agent.out.done[0].error == "timed out broadcasting node removal");
    }
}

TEST_CASE("with nobody else alive a forced leave is done at once") {
    Agent agent = with_peer();
    agent.see(Kind::Leave, "n");
    agent.force_leave(7, "n", /*prune=*/true);
    CHECK(words(agent.out.events) == Words{"member-leave:n:left", "member-reap:n:left"});
    CHECK(agent.out.broadcasts.empty());
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].error.empty());
}

TEST_CASE("a prune is later than what exchanges have made of the member's time elsewhere") {
    Agent agent = with_peer();
    agent.see(Kind::Join, "gone");
    agent.hear(Leave{20, "gone", false});
    agent.see(Kind::Leave, "gone");
    agent.out.clear();
    agent.force_leave(7, "gone", /*prune=*/true);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(decode_leave(agent.out.broadcasts[0].message)->ltime > 20 + 60);
    CHECK(agent.cluster.member_time() > 20 + 60);
}

TEST_CASE("a name that nobody knows can be forced to leave") {
    Agent agent = with_peer();
    agent.force_leave(7, "stranger", /*prune=*/true);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == encoded(Leave{66, "stranger", true}));
    CHECK(agent.cluster.recent_intents().find("stranger") != nullptr);
}

TEST_CASE("the only other member is told of its forced leave, so that it can object") {
    Agent agent = with_peer();
    agent.force_leave(7, "n", /*prune=*/true);
    CHECK(agent.status("n") == Status::Leaving);
    CHECK(agent.out.broadcasts.size() == 1);
    agent.hear(Join{67, "n"});
    CHECK(agent.status("n") == Status::Alive);
    agent.pass(1h);
    CHECK(agent.status("n") == Status::Alive);
}

TEST_CASE("a pruned member that does not object is erased when it had time to") {
    Agent agent = with_peer();
    agent.force_leave(7, "n", /*prune=*/true);
    agent.pass(6s - 1ns);
    CHECK(agent.status("n") == Status::Leaving);
    agent.pass(1ns);
    CHECK(words(agent.out.events) == Words{"member-reap:n:leaving"});
    CHECK(agent.cluster.members().find("n") == nullptr);
}

TEST_CASE("nobody forces themselves to leave, or a member without a name") {
    Agent agent = with_peer();
    agent.force_leave(7, "self");
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].error ==
          "cannot force self to leave: it is this agent itself (to leave, use `muster leave`)");
    agent.force_leave(8, "");
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].error == "cannot force a member without a name to leave: name one");
    CHECK(agent.out.broadcasts.empty());
    CHECK(agent.cluster.member_time() == 1);
}
