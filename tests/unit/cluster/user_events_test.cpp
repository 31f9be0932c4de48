// User events through the whole Serf layer: heard, told, passed on, sent.
#include <catch2/catch.hpp>

#include "agent/cluster/query_messages.h"
#include "tests/unit/cluster/support.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

Config at_once() {
    Config config;
    config.user_coalesce_period = 0s;
    return config;
}

// "user:name:ltime", as the vectors write it.
Words told(const Output& out) {
    Words all;
    for (const HeardEvent& event : out.user_events) {
        all.push_back("user:" + event.name + ":" + std::to_string(event.ltime));
    }
    return all;
}

// Another's state in a push/pull with one event.
PushPull state_with(LamportTime ltime, BytesView name, BytesView payload = "") {
    PushPull state;
    state.slots = 512;
    state.event_ltime = ltime + 1;
    state.events = {{static_cast<std::size_t>(ltime % 512), ltime, {{name, payload}}}};
    return state;
}

}  // namespace

TEST_CASE("user events are told and passed on as by the reference") {
    const auto& vector = vectors().at("user_events").at("sequence");
    Config config = at_once();
    config.event_buffer = vector.at("buffer");
    Agent agent(config);
    for (const auto& step : vector.at("steps")) {
        INFO(step);
        const Bytes name = step.at("name");
        const Bytes payload = step.at("payload");
        agent.hear(UserEvent{false, step.at("ltime"), name, payload});
        CHECK(told(agent.out) == step.at("delivered").get<Words>());
        CHECK(agent.out.broadcasts.size() == (step.at("rebroadcast").get<bool>() ? 1 : 0));
        CHECK(agent.cluster.event_time() == step.at("event_clock_after"));
    }
}

TEST_CASE("events before the least time that is wanted are not told") {
    const auto& vector = vectors().at("user_events").at("min_time");
    Agent agent(at_once());
    PushPull state;
    state.event_ltime = vector.at("event_min_time");
    agent.merge(state, /*join_of_ours=*/true);
    for (const auto& step : vector.at("steps")) {
        INFO(step);
        agent.hear(UserEvent{false, step.at("ltime"), "a", {}});
        CHECK(told(agent.out) == step.at("delivered").get<Words>());
        CHECK(agent.out.broadcasts.size() == (step.at("rebroadcast").get<bool>() ? 1 : 0));
    }
}

TEST_CASE("an event is told with its payload, and passed on byte for byte") {
    Agent agent(at_once());
    const Bytes message = encoded(UserEvent{true, 7, "deploy", "v1"}) + "trailing";
    agent.hear_bytes(message);
    REQUIRE(agent.out.user_events.size() == 1);
    CHECK(agent.out.user_events[0].ltime == 7);
    CHECK(agent.out.user_events[0].name == "deploy");
    CHECK(agent.out.user_events[0].payload == "v1");
    CHECK(agent.out.user_events[0].coalesce);
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == message);
    CHECK(agent.out.broadcasts[0].tier == Tier::Event);
}

TEST_CASE("an absent and an empty payload are the same event") {
    Agent agent(at_once());
    agent.hear(UserEvent{false, 7, "deploy", std::nullopt});
    agent.hear(UserEvent{false, 7, "deploy", ""});
    CHECK(agent.out.user_events.empty());
}

TEST_CASE("an event of an exchange is told, once, and not passed on") {
    Agent agent(at_once());
    agent.merge(state_with(7, "deploy", "v1"));
    CHECK(told(agent.out) == Words{"user:deploy:7"});
    CHECK(agent.out.broadcasts.empty());
    agent.merge(state_with(7, "deploy", "v1"));
    CHECK(told(agent.out).empty());
    agent.hear(UserEvent{true, 7, "deploy", "v1"});
    CHECK(told(agent.out).empty());
    CHECK(agent.out.broadcasts.empty());
}

TEST_CASE("what happened before our own join is not told") {
    Agent agent(at_once());
    agent.merge(state_with(7, "deploy"), /*join_of_ours=*/true);
    CHECK(told(agent.out).empty());
}

TEST_CASE("an event of ours is stamped, told here, and sent to everybody") {
    Agent agent(at_once());
    agent.hear(UserEvent{false, 41, "before", {}});
    agent.out.clear();
    REQUIRE_FALSE(agent.cluster.user_event(agent.now, 9, "deploy", "v1", true, agent.out));
    CHECK(told(agent.out) == Words{"user:deploy:42"});
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == encoded(UserEvent{true, 42, "deploy", "v1"}));
    CHECK(agent.out.broadcasts[0].tier == Tier::Event);
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].request == 9);
    CHECK(agent.out.done[0].ltime == 42);
    CHECK(agent.out.done[0].error.empty());
    CHECK(agent.cluster.event_time() == 43);
    // It comes back by gossip.
    agent.hear(UserEvent{true, 42, "deploy", "v1"});
    CHECK(told(agent.out).empty());
}

TEST_CASE("an event of ours that is too large changes nothing") {
    Agent agent(at_once());
    agent.out.clear();
    const auto refused =
        agent.cluster.user_event(agent.now, 9, "deploy", Bytes(600, 'x'), false, agent.out);
    REQUIRE(refused);
    CHECK(refused->text == "user event exceeds configured limit of 512 bytes before encoding");
    CHECK(agent.out.broadcasts.empty());
    CHECK(agent.out.done.empty());
    CHECK(agent.cluster.event_time() == 1);
}

TEST_CASE("a clock that somebody has driven to its end sends no more events") {
    Agent agent(at_once());
    agent.hear(UserEvent{false, lamport_end - 1, "far", {}});
    const auto refused = agent.cluster.user_event(agent.now, 9, "deploy", "", false, agent.out);
    REQUIRE(refused);
    CHECK(refused->text == "no user event can be sent: the cluster's event clock is at its end");
}

TEST_CASE("a burst of events that may be coalesced is told as its last one") {
    Agent agent;
    agent.hear(UserEvent{true, 1, "deploy", "v1"});
    CHECK(agent.out.user_events.empty());
    CHECK(agent.out.broadcasts.size() == 1);
    agent.hear(UserEvent{true, 2, "deploy", "v2"});
    CHECK(agent.out.broadcasts.size() == 1);
    agent.pass(1s);
    CHECK(told(agent.out) == Words{"user:deploy:2"});
}
