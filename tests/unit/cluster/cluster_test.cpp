#include "agent/cluster/cluster.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

using Kind = swim::WireEvent::Kind;

namespace {

PushPull decoded_state(const Agent& agent, Bytes& bytes) {
    static swim::Scratch scratch;
    bytes.clear();
    agent.cluster.user_state(bytes);
    return *decode_push_pull(bytes, scratch);
}

}  // namespace

// ---- intents by gossip ----

TEST_CASE("news is passed on as it came, and only once") {
    Agent agent;
    agent.see(Kind::Join, "n");
    const Bytes message = encoded(Leave{7, "n", false}) + "trailing";
    agent.hear_bytes(message);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == message);
    CHECK(agent.out.broadcasts[0].tier == Tier::Intent);
    CHECK(agent.out.broadcasts[0].id == no_broadcast);
    CHECK(agent.status("n") == Status::Leaving);
    agent.hear_bytes(message);
    CHECK(agent.out.broadcasts.empty());

    agent.hear(Join{9, "stranger"});
    CHECK(agent.out.broadcasts.size() == 1);
    agent.hear(Join{9, "stranger"});
    CHECK(agent.out.broadcasts.empty());
}

TEST_CASE("the clock is moved by every intent, also by one that is ignored") {
    Agent agent;
    agent.see(Kind::Join, "n");
    agent.hear(Join{7, "n"});
    CHECK(agent.cluster.member_time() == 8);
    agent.hear(Join{6, "n"});
    CHECK(agent.cluster.member_time() == 8);
    agent.hear(Join{8, "stranger"});
    CHECK(agent.cluster.member_time() == 9);
    agent.hear(Leave{9, "self", false});
    CHECK(agent.cluster.member_time() == 11);  // our answer used up one more
}

TEST_CASE("who leaves after saying so has left, who does not say so has failed") {
    Agent agent;
    agent.see(Kind::Join, "polite");
    agent.see(Kind::Join, "dead");
    agent.hear(Leave{7, "polite", false});
    agent.see(Kind::Leave, "polite");
    CHECK(words(agent.out.events) == Words{"member-leave:polite:left"});
    agent.see(Kind::Leave, "dead");
    CHECK(words(agent.out.events) == Words{"member-failed:dead:failed"});
    agent.cluster.members().check();
}

TEST_CASE("an old leave about ourselves is not answered, a new one each time") {
    Agent agent;
    agent.hear(Leave{5, "self", false});
    CHECK(agent.out.broadcasts.size() == 1);
    agent.hear(Leave{5, "self", false});
    CHECK(agent.out.broadcasts.empty());
    agent.hear(Leave{100, "self", true});
    REQUIRE(agent.out.broadcasts.size() == 1);
    const auto join = decode_join(agent.out.broadcasts[0].message);
    REQUIRE(join);
    CHECK(join->node == "self");
    CHECK(join->ltime > 100);
    CHECK(agent.status("self") == Status::Alive);
}

// ---- bad messages ----

TEST_CASE("a bad message changes nothing and is reported by its kind") {
    const auto [bytes, fault] = GENERATE(table<Bytes, swim::Fault>({
        {Bytes("\x00", 1), swim::Fault::Body},
        {Bytes("\x00\x05", 2), swim::Fault::Body},
        {Bytes("\x01\x81\xa5LTime\xff", 9), swim::Fault::Body},
        {"\x02\x80", swim::Fault::UnknownType},
        {"\x06\x80", swim::Fault::UnknownType},
        {"\x07\x80", swim::Fault::UnknownType},
        {"\x08\x80", swim::Fault::UnknownType},
        {"\x0a\x80", swim::Fault::UnknownType},
        {"\xff", swim::Fault::UnknownType},
        {encoded(Leave{5, "", false}), swim::Fault::Body},
        {encoded(Join{lamport_end, "n"}), swim::Fault::Body},
    }));
    Agent agent;
    agent.see(Kind::Join, "n");
    const std::uint64_t index = agent.cluster.members().index();
    const LamportTime time = agent.cluster.member_time();
    agent.hear_bytes(bytes);
    REQUIRE(agent.out.faults.size() == 1);
    CHECK(agent.out.faults[0].fault == fault);
    CHECK_FALSE(agent.out.faults[0].detail.empty());
    CHECK(agent.out.broadcasts.empty());
    CHECK(agent.out.events.empty());
    CHECK(agent.cluster.members().index() == index);
    CHECK(agent.cluster.member_time() == time);
}

TEST_CASE("an empty message is ignored, and so is an empty state") {
    Agent agent;
    agent.hear_bytes("");
    CHECK(agent.out.faults.empty());
    agent.cluster.merge_user_state(agent.now, "", false, agent.out);
    CHECK(agent.out.faults.empty());
    agent.cluster.merge_user_state(agent.now, "\x01\x80", false, agent.out);
    CHECK(agent.out.faults.size() == 1);
}

TEST_CASE("a flood of names is bounded, and what does not fit is not passed on") {
    Config config;
    config.max_intents_size = 10000;
    Agent agent(config);
    std::size_t passed_on = 0;
    for (int i = 0; i < 1000; ++i) {
        agent.hear(Join{5, "stranger" + std::to_string(i)});
        passed_on += agent.out.broadcasts.size();
    }
    CHECK(agent.cluster.recent_intents().size() <= 10000);
    CHECK(passed_on == agent.cluster.recent_intents().count());
    agent.pass(5min + 15s);
    CHECK(agent.cluster.recent_intents().count() == 0);
}

// ---- push/pull ----

TEST_CASE("our state holds every member's time, who has left, and an empty ring of events") {
    Agent agent;
    agent.see(Kind::Join, "a");
    agent.see(Kind::Join, "b");
    agent.hear(Leave{7, "b", false});
    agent.see(Kind::Leave, "b");
    Bytes bytes;
    const PushPull state = decoded_state(agent, bytes);
    CHECK(state.ltime == 8);
    CHECK(state.event_ltime == 1);
    CHECK(state.query_ltime == 1);
    CHECK(state.slots == 512);
    CHECK(state.events.empty());
    CHECK(state.left_members == std::vector<BytesView>{"b"});
    REQUIRE(state.status_ltimes.size() == 3);
    CHECK(state.status_ltimes[1].name == "b");
    CHECK(state.status_ltimes[1].ltime == 7);
}

TEST_CASE("two agents that exchange states agree on who has left, and broadcast nothing") {
    Agent one;
    Agent two;
    for (Agent* agent : {&one, &two}) {
        agent->see(Kind::Join, "n");
    }
    one.hear(Leave{7, "n", false});
    one.see(Kind::Leave, "n");
    two.see(Kind::Leave, "n");
    CHECK(two.status("n") == Status::Failed);
    Bytes bytes;
    two.merge(decoded_state(one, bytes));
    CHECK(words(two.out.events) == Words{"member-leave:n:left"});
    CHECK(two.out.broadcasts.empty());
    CHECK(two.cluster.members().find("n")->status_ltime == 7);
    CHECK(two.cluster.member_time() == 9);
}

TEST_CASE("who hears of a leave by an exchange still hears the prune that follows it") {
    Agent one;
    Agent two;
    for (Agent* agent : {&one, &two}) {
        agent->see(Kind::Join, "n");
        agent->see(Kind::Leave, "n");
    }
    one.hear(Leave{7, "n", false});
    Bytes bytes;
    two.merge(decoded_state(one, bytes));
    CHECK(two.status("n") == Status::Left);
    two.hear(Leave{8, "n", true});
    CHECK(two.cluster.members().find("n") == nullptr);
}

TEST_CASE("exchanges with whom agrees that a member left do not outrun the prune that follows") {
    Agent one;
    Agent two;
    for (Agent* agent : {&one, &two}) {
        agent->see(Kind::Join, "n");
        agent->see(Kind::Leave, "n");
        agent->hear(Leave{7, "n", false});
        CHECK(agent->status("n") == Status::Left);
    }
    for (int i = 0; i < 3; ++i) {
        Bytes bytes;
        two.merge(decoded_state(one, bytes));
        one.merge(decoded_state(two, bytes));
    }
    CHECK(two.cluster.members().find("n")->status_ltime == 7);
    two.hear(Leave{8, "n", true});
    CHECK(two.cluster.members().find("n") == nullptr);
}

TEST_CASE("a peer that holds us for left is told otherwise") {
    Agent agent;
    PushPull state;
    state.ltime = 20;
    state.status_ltimes = {{"self", 15}};
    state.left_members = {"self"};
    agent.merge(state);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(decode_join(agent.out.broadcasts[0].message)->ltime > 16);
    CHECK(agent.status("self") == Status::Alive);
}

TEST_CASE("times that nothing can follow are left out of a merge") {
    Agent agent;
    agent.see(Kind::Join, "n");
    PushPull state;
    state.ltime = lamport_end;
    state.event_ltime = lamport_end;
    state.query_ltime = lamport_end;
    state.status_ltimes = {{"n", lamport_end}, {"m", lamport_end - 1}};
    state.left_members = {"m", "n"};
    agent.merge(state, /*join_of_ours=*/true);
    CHECK(agent.cluster.member_time() == 1);
    CHECK(agent.cluster.event_time() == 1);
    CHECK(agent.cluster.min_event_time() == 0);
    CHECK(agent.status("n") == Status::Alive);
    CHECK(agent.cluster.recent_intents().count() == 0);
}

// ---- conflicts ----

TEST_CASE("a conflict is reported with both addresses, and changes nothing") {
    Agent agent;
    agent.see(Kind::Join, "n", 4);
    swim::WireEvent conflict = wire(Kind::Conflict, "n");
    conflict.other = endpoint(9);
    agent.see(conflict);
    REQUIRE(agent.out.conflicts.size() == 1);
    CHECK(agent.out.conflicts[0].name == "n");
    CHECK(agent.out.conflicts[0].ours == endpoint(4));
    CHECK(agent.out.conflicts[0].other == endpoint(9));
    CHECK(agent.out.events.empty());
}

// ---- retries ----

TEST_CASE("who fails is tried again until it is back, who leaves is not") {
    Agent agent;
    agent.see(Kind::Join, "failed", 4);
    agent.see(Kind::Join, "left");
    agent.see(Kind::Join, "left on the wire");
    agent.hear(Leave{7, "left", false});
    agent.see(Kind::Leave, "left");
    swim::WireEvent left = wire(Kind::Leave, "left on the wire");
    left.to = swim::State::Left;
    agent.see(left);
    CHECK(agent.status("left on the wire") == Status::Left);
    CHECK(agent.cluster.address_book().size() == 0);
    agent.see(Kind::Leave, "failed");
    CHECK(agent.cluster.address_book().size() == 1);

    agent.pass(4s);
    REQUIRE(agent.out.attempt);
    CHECK(agent.out.attempt->name == "failed");
    CHECK(agent.out.attempt->endpoint == endpoint(4));
    agent.cluster.try_timed_out(agent.now, "failed");
    agent.pass(8s);
    REQUIRE(agent.out.attempt);
    CHECK(agent.cluster.try_acked(agent.now, "failed"));
    agent.see(Kind::Join, "failed", 4);
    CHECK(agent.cluster.address_book().size() == 0);
    agent.pass(24h);
    CHECK_FALSE(agent.out.attempt);
}

TEST_CASE("a failed member is tried even after it is no longer reported") {
    Agent agent;
    agent.see(Kind::Join, "n");
    agent.see(Kind::Leave, "n");
    agent.pass(4s);
    agent.cluster.try_timed_out(agent.now, "n");
    agent.pass(24h + 15s);
    CHECK(words(agent.out.events) == Words{"member-reap:n:failed"});
    agent.cluster.try_timed_out(agent.now, "n");
    agent.pass(1h);
    REQUIRE(agent.out.attempt);
    CHECK(agent.out.attempt->name == "n");

    SECTION("until an intent says that it has left") {
        agent.hear(Leave{7, "n", false});
        CHECK(agent.cluster.address_book().size() == 0);
    }
    SECTION("until it is forgotten") {
        agent.cluster.try_timed_out(agent.now, "n");
        for (int hours = 0; hours < 24 * 30; ++hours) {
            agent.pass(1h);
            agent.cluster.try_timed_out(agent.now, "n");
        }
        CHECK(agent.cluster.address_book().size() == 0);
    }
}

TEST_CASE("a failed member that is said to have left is not tried any more") {
    Agent agent;
    agent.see(Kind::Join, "n");
    agent.see(Kind::Leave, "n");
    agent.hear(Leave{7, "n", GENERATE(false, true)});
    CHECK(agent.cluster.address_book().size() == 0);
}

// ---- seeds ----

TEST_CASE("the seeds are asked for at the start, while alone, and while somebody is missing") {
    Agent agent({}, /*has_seeds=*/true);
    Output started;
    Cluster fresh(Config{}, "self", /*has_seeds=*/true, Random(1));
    fresh.start(at(0s), started);
    CHECK(started.resolve_seeds);

    agent.pass(30s);
    CHECK(agent.out.resolve_seeds);
    agent.see(Kind::Join, "n");
    agent.cluster.joined(agent.now, /*announce=*/true, agent.out);
    agent.pass(1h);
    CHECK_FALSE(agent.out.resolve_seeds);
    agent.see(Kind::Leave, "n");
    agent.pass(10s);
    CHECK(agent.out.resolve_seeds);
    agent.see(Kind::Join, "n");
    agent.pass(1h);
    CHECK_FALSE(agent.out.resolve_seeds);
}

TEST_CASE("without seeds none are asked for") {
    Cluster cluster(Config{}, "self", /*has_seeds=*/false, Random(1));
    Output out;
    cluster.start(at(0s), out);
    CHECK_FALSE(out.resolve_seeds);
    cluster.tick(at(1h), out);
    CHECK_FALSE(out.resolve_seeds);
}

// ---- time ----

TEST_CASE("a tick that is early or repeated is harmless, and deadlines always move on") {
    Agent agent({}, /*has_seeds=*/true);
    agent.see(Kind::Join, "n");
    agent.see(Kind::Leave, "n");
    for (int i = 0; i < 1000; ++i) {
        const TimePoint due = agent.cluster.next_deadline();
        agent.out.clear();
        agent.cluster.tick(due - 1ns, agent.out);
        REQUIRE(agent.out.events.empty());
        REQUIRE_FALSE(agent.out.attempt);
        REQUIRE(agent.cluster.next_deadline() == due);
        agent.cluster.tick(due, agent.out);
        if (agent.out.attempt) {
            agent.cluster.try_timed_out(due, agent.out.attempt->name);
        }
        REQUIRE(agent.cluster.next_deadline() > due);
    }
}
