// Members held out, as the whole Serf layer reports them (docs/detection.md, "Held out").
#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

namespace muster::cluster::test {
namespace {

using Kind = swim::WireEvent::Kind;

swim::WireEvent risen(Kind kind, BytesView name, std::uint32_t incarnation) {
    swim::WireEvent event = wire(kind, name);
    event.incarnation = incarnation;
    return event;
}

const Member& member(const Agent& agent, BytesView name) {
    const Member* found = agent.cluster.members().find(name);
    REQUIRE(found != nullptr);
    return *found;
}

// An agent that has seen "n" join, fail, and come back.
struct Held : Agent {
    Held() {
        see(Kind::Join, "n", 2);
        pass(5s);
        see(Kind::Leave, "n", 2);
        pass(5s);
        see(risen(Kind::Join, "n", 2), 2);
    }
};

TEST_CASE(
    "who failed and is back without a new life is reported failed until it was well for so long") {
    Held agent;
    CHECK(words(agent.out.events).empty());
    CHECK(member(agent, "n").held);
    CHECK(reported(member(agent, "n")) == Status::Failed);
    CHECK(member(agent, "n").status == Status::Alive);
    CHECK(member(agent, "n").reported_since == agent.now - 5s);
    CHECK(agent.cluster.members().count_reported(Status::Failed) == 1);
    CHECK(agent.cluster.members().count_reported(Status::Alive) == 1);
    agent.pass(hold_time(1) - 1ns);
    CHECK(words(agent.out.events).empty());
    agent.pass(1ns);
    CHECK(words(agent.out.events) == Words{"member-join:n:alive"});
    CHECK(agent.out.events[0].from == Status::Failed);
    CHECK(member(agent, "n").since == agent.now);
    CHECK_FALSE(member(agent, "n").held);
    agent.cluster.members().check();
}

TEST_CASE("any suspicion, and any rise, starts the time again; none of it is told") {
    Held agent;
    agent.pass(9s);
    agent.see(Kind::Suspect, "n", 2);
    CHECK(words(agent.out.events).empty());
    agent.pass(1h);
    CHECK(words(agent.out.events).empty());
    CHECK(agent.cluster.holds().release_of("n") == never);
    agent.see(risen(Kind::Cleared, "n", 3), 2);
    CHECK(words(agent.out.events).empty());
    agent.pass(10s - 1ns);
    CHECK(member(agent, "n").held);
    agent.pass(1ns);
    CHECK(words(agent.out.events) == Words{"member-join:n:alive"});
}

TEST_CASE("one that fails while it is held was failed all the time") {
    Held agent;
    const TimePoint failed_at = agent.now - 5s;
    agent.see(Kind::Leave, "n", 2);
    CHECK(words(agent.out.events).empty());
    CHECK(member(agent, "n").status == Status::Failed);
    CHECK(member(agent, "n").since == failed_at);
    CHECK(agent.cluster.address_book().contains("n"));
    agent.pass(1min);
    CHECK(words(agent.out.events).empty());
    agent.cluster.members().check();
}

TEST_CASE("one that leaves while it is held has left") {
    Held agent;
    agent.hear(Leave{20, "n", false});
    CHECK(words(agent.out.events).empty());
    CHECK(reported(member(agent, "n")) == Status::Failed);
    agent.see(Kind::Leave, "n", 2);
    CHECK(words(agent.out.events) == Words{"member-leave:n:left"});
    CHECK(agent.out.events[0].from == Status::Failed);
    CHECK_FALSE(agent.cluster.holds().held("n"));
    agent.cluster.members().check();
}

TEST_CASE("a join intent that marks a new life ends a hold, before or after the return") {
    SECTION("after") {
        Held agent;
        agent.hear(Join{20, "n"});
        CHECK(words(agent.out.events) == Words{"member-join:n:alive"});
        CHECK_FALSE(member(agent, "n").held);
    }
    SECTION("before") {
        Agent agent;
        agent.see(Kind::Join, "n", 2);
        agent.see(Kind::Leave, "n", 2);
        agent.hear(Join{20, "n"});
        agent.see(risen(Kind::Join, "n", 2), 2);
        CHECK(words(agent.out.events) == Words{"member-join:n:alive"});
    }
}

TEST_CASE("what we tell others does not say that we hold somebody, but to one that joins") {
    Held agent;
    Bytes plain, joining;
    agent.cluster.user_state(plain);
    agent.cluster.user_state(joining, agent.now);
    swim::Scratch scratch;
    const auto to_all = decode_push_pull(plain, scratch);
    REQUIRE(to_all);
    CHECK(to_all->held.empty());
    swim::Scratch other_scratch;
    const auto to_newcomer = decode_push_pull(joining, other_scratch);
    REQUIRE(to_newcomer);
    REQUIRE(to_newcomer->held.size() == 1);
    CHECK(to_newcomer->held[0].name == "n");
    CHECK(to_newcomer->held[0].left == hold_time(1));
    CHECK(plain.find("MusterHeld") == Bytes::npos);
    // Between the keys that stand beside it in the alphabet.
    CHECK(joining.find("LeftMembers") < joining.find("MusterHeld"));
    CHECK(joining.find("MusterHeld") < joining.find("QueryLTime"));
    agent.pass(1min);
    Bytes later;
    agent.cluster.user_state(later, agent.now);
    CHECK(later.find("MusterHeld") == Bytes::npos);
}

TEST_CASE("in our own join we hold whom our partner holds, unless we know better") {
    PushPull state;
    state.held = {{"n", 7s}, {"known", 7s}, {"self", 7s}};
    const Bytes bytes = encoded(state);
    Agent agent;
    agent.see(Kind::Join, "known", 3);
    agent.cluster.expect_held(agent.now, bytes);
    agent.see(Kind::Join, "n", 2);
    CHECK(words(agent.out.events).empty());
    CHECK(reported(member(agent, "n")) == Status::Failed);
    CHECK_FALSE(member(agent, "known").held);
    CHECK_FALSE(member(agent, "self").held);
    agent.pass(7s);
    CHECK(words(agent.out.events) == Words{"member-join:n:alive"});
    // Not from anybody else's exchange, and not from bytes that are none.
    Agent other;
    other.merge(state);
    other.cluster.expect_held(other.now, "\x02 garbage");
    other.see(Kind::Join, "n", 2);
    CHECK(words(other.out.events) == Words{"member-join:n:alive"});
}

TEST_CASE("one that had left and is back, held by our partner, is told of as failed") {
    PushPull state;
    state.status_ltimes = {{"n", 7}};
    state.held = {{"n", 7s}};
    Agent agent;
    agent.see(Kind::Join, "n", 2);
    agent.hear(Leave{7, "n", false});
    agent.see(Kind::Leave, "n");
    REQUIRE(agent.status("n") == Status::Left);
    agent.cluster.expect_held(agent.now, encoded(state));
    agent.see(Kind::Join, "n", 2);
    CHECK(words(agent.out.events) == Words{"member-failed:n:failed"});
    CHECK(agent.out.events[0].from == Status::Left);
    CHECK(member(agent, "n").held);
    CHECK(member(agent, "n").reported_since == agent.now);
    agent.cluster.members().check();
    agent.pass(7s);
    CHECK(words(agent.out.events) == Words{"member-join:n:alive"});
    agent.cluster.members().check();
}

TEST_CASE("one that is pruned while it is held is forgotten, and its hold with it") {
    Held agent;
    agent.force_leave(1, "n", /*prune=*/true);
    agent.pass(1min);
    CHECK(agent.cluster.members().find("n") == nullptr);
    CHECK_FALSE(agent.cluster.holds().held("n"));
    agent.cluster.holds().check();
}

}  // namespace
}  // namespace muster::cluster::test
