#include "agent/cluster/rumours.h"

#include <catch2/catch.hpp>

#include "agent/cluster/cluster.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;

namespace {

Query query_at(LamportTime ltime, std::uint32_t id, std::uint32_t flags = 0) {
    Query query;
    query.ltime = ltime;
    query.id = id;
    query.flags = flags;
    return query;
}

template <class Message>
Bytes bytes_of(const Message& message) {
    Bytes bytes;
    encode(message, bytes);
    return bytes;
}

struct Alone {
    Cluster cluster{Config{}, "self", /*has_seeds=*/false, Random(1)};
    Output out;
    Alone() { cluster.start(TimePoint{}, out); }

    std::vector<Broadcast> say(BytesView message) {
        out.clear();
        cluster.user_message(TimePoint{}, message, out);
        return out.broadcasts;
    }
    void merge(const PushPull& state, bool join_of_ours) {
        out.clear();
        cluster.merge_user_state(TimePoint{}, bytes_of(state), join_of_ours, out);
    }
    // What it would tell another in a push/pull, kept alive in `keep`.
    PushPull told(Bytes& keep, swim::Scratch& scratch) const {
        keep.clear();
        cluster.user_state(keep);
        return *decode_push_pull(keep, scratch);
    }
};

}  // namespace

TEST_CASE("queries are passed on as by the reference") {
    const auto& vector = vectors().at("queries");
    Rumours rumours(vector.at("buffer"), vector.at("buffer"));
    for (const auto& step : vector.at("steps")) {
        INFO(step);
        const std::uint32_t flags = step.at("flags");
        const bool news = rumours.hear(query_at(step.at("ltime"), step.at("id"), flags));
        const bool passed = news && (flags & query_is_not_rebroadcast) == 0;
        CHECK(passed == step.at("rebroadcast").get<bool>());
        CHECK(rumours.query_time() == step.at("query_clock_after"));
    }
}

TEST_CASE("an event is passed on once, as it came, and told to who exchanges state with us") {
    Alone a;
    const Bytes event = bytes_of(UserEvent{true, 7, "deploy", "v1"});
    const auto first = a.say(event);
    REQUIRE(first.size() == 1);
    CHECK(first[0].tier == Tier::Event);
    CHECK(first[0].message == event);
    CHECK(a.say(event).empty());
    CHECK(a.cluster.event_time() == 8);

    Bytes keep;
    swim::Scratch scratch;
    const PushPull told = a.told(keep, scratch);
    CHECK(told.event_ltime == 8);
    CHECK(told.slots == Config{}.event_buffer);
    REQUIRE(told.events.size() == 1);
    CHECK(told.events[0].ltime == 7);
    REQUIRE(told.events[0].events.size() == 1);
    CHECK(told.events[0].events[0].name == "deploy");
    CHECK(told.events[0].events[0].payload == "v1");
}

TEST_CASE("a query is passed on in its own tier") {
    Alone a;
    Query query = query_at(3, 9);
    query.name = "load";
    const auto passed = a.say(bytes_of(query));
    REQUIRE(passed.size() == 1);
    CHECK(passed[0].tier == Tier::Query);
    CHECK(a.cluster.query_time() == 4);
}

TEST_CASE("events that come by an exchange are remembered, and not passed on") {
    Alone a;
    PushPull state;
    state.slots = 512;
    state.event_ltime = 8;
    state.events = {{7, 7, {{"deploy", "v1"}}}};
    a.merge(state, /*join_of_ours=*/false);
    CHECK(a.out.broadcasts.empty());
    CHECK(a.say(bytes_of(UserEvent{true, 7, "deploy", "v1"})).empty());
    CHECK(a.say(bytes_of(UserEvent{true, 7, "deploy", "v2"})).size() == 1);
}

TEST_CASE("what happened before our own join is neither remembered nor passed on") {
    Alone a;
    PushPull state;
    state.slots = 512;
    state.event_ltime = 8;
    state.events = {{7, 7, {{"deploy", "v1"}}}};
    a.merge(state, /*join_of_ours=*/true);
    Bytes keep;
    swim::Scratch scratch;
    CHECK(a.told(keep, scratch).events.empty());
    CHECK(a.say(bytes_of(UserEvent{true, 7, "deploy", "v1"})).empty());
    CHECK(a.say(bytes_of(UserEvent{true, 8, "deploy", "v1"})).size() == 1);
}

TEST_CASE("an event or query that does not decode, or has no time after it, changes nothing") {
    Alone a;
    CHECK(a.say(Bytes("\x03\x81\xa2XX")).empty());
    CHECK(a.out.faults.size() == 1);
    CHECK(a.say(bytes_of(UserEvent{true, lamport_end, "x", {}})).empty());
    CHECK(a.say(bytes_of(query_at(lamport_end, 1))).empty());
    CHECK(a.cluster.event_time() == 1);
    CHECK(a.cluster.query_time() == 1);
}
