// The golden behaviour tables of Serf's gossip layer, tests/vectors/serf.json.
#include "tests/unit/cluster/vectors.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/support.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

using Kind = swim::WireEvent::Kind;

namespace {

const json& intents() {
    return vectors().at("intents");
}

Intent intent_of(const std::string& words, LamportTime ltime) {
    return {words == "join" ? Intent::Kind::Join : Intent::Kind::Leave, ltime,
            words == "leave-prune"};
}

// A member "n" with this status, and the status time 10.
Members table_with(const std::string& status) {
    const bool told = status == "leaving" || status == "left";
    const Intent before{told ? Intent::Kind::Leave : Intent::Kind::Join, 10, false};
    Members members(65536);
    Members::Events events;
    members.joined(at(0s), wire(Kind::Join, "n"), record(), &before, events);
    if (status == "left" || status == "failed") {
        members.left(at(0s), wire(Kind::Leave, "n"), events);
    }
    REQUIRE(to_string(members.find("n")->status) == status);
    return members;
}

void check_after(const Members& members, const Members::Events& events, const json& row) {
    CHECK(words(events) == row.at("events").get<Words>());
    CHECK(members.count(Status::Failed) == row.at("failed_list"));
    CHECK(members.count(Status::Left) == row.at("left_list"));
    const Member* member = members.find("n");
    if (row.at("status_after") == "erased") {
        CHECK(member == nullptr);
        return;
    }
    REQUIRE(member != nullptr);
    CHECK(to_string(member->status) == row.at("status_after"));
    CHECK(member->status_ltime == row.at("status_ltime_after"));
}

}  // namespace

TEST_CASE("a Lamport clock goes as the reference's") {
    const json& vector = vectors().at("lamport");
    LamportClock clock;
    CHECK(clock.time() == vector.at("initial"));
    for (const json& step : vector.at("steps")) {
        if (step.at("op") == "witness") {
            clock.witness(step.at("value"));
        } else {
            CHECK(clock.increment() == step.at("returns"));
        }
        CHECK(clock.time() == step.at("time_after"));
    }
}

TEST_CASE("an intent about a known member has the reference's effect, in all 36 combinations") {
    const json& rows = intents().at("intent_known_member");
    CHECK(rows.size() == 36);
    for (const json& row : rows) {
        INFO(row);
        Members members = table_with(row.at("initial_status"));
        Members::Events events;
        LamportClock clock;
        clock.increment();
        const Intent intent = intent_of(row.at("intent"), row.at("ltime"));
        clock.witness(intent.ltime);
        const Verdict verdict = members.apply(at(1s), "n", intent, 6s, events);
        // The reference waits with a prune of a leaving member; so do we, but without blocking.
        members.prune(at(7s), events);
        CHECK(clock.time() == row.at("member_clock_after"));
        CHECK(verdict.rebroadcast == row.at("rebroadcast"));
        check_after(members, events, row);
        members.check();
    }
}

TEST_CASE("a report of the wire about a known member has the reference's effect") {
    for (const json& row : intents().at("memberlist_callback_known_member")) {
        INFO(row);
        Members members = table_with(row.at("initial_status"));
        Members::Events events;
        const std::string callback = row.at("callback");
        if (callback == "join") {
            members.joined(at(1s), wire(Kind::Join, "n"), record(), nullptr, events);
        } else if (callback == "leave") {
            members.left(at(1s), wire(Kind::Leave, "n"), events);
        } else {
            members.updated(wire(Kind::Update, "n"), record(), events);
        }
        check_after(members, events, row);
    }
}

TEST_CASE("intents about an unknown name are buffered as by the reference") {
    RecentIntents recent(1U << 20U);
    for (const json& step : intents().at("recent_intent_sequence")) {
        INFO(step);
        const Intent intent = intent_of(step.at("intent"), step.at("ltime"));
        CHECK(recent.add(at(0s), "u", intent) == step.at("rebroadcast"));
        CHECK(recent.find("u")->ltime == step.at("buffered_ltime"));
        CHECK((recent.find("u")->kind == Intent::Kind::Join) ==
              (step.at("buffered_type") == "join"));
    }
}

TEST_CASE("a new member begins with the intent that was heard before it") {
    for (const json& row : intents().at("memberlist_join_of_new_node")) {
        INFO(row);
        Agent agent;
        if (row.at("buffered") == "join") {
            agent.hear(Join{row.at("buffered_ltime"), "u"});
        } else if (row.at("buffered") == "leave") {
            agent.hear(Leave{row.at("buffered_ltime"), "u", false});
        }
        agent.see(Kind::Join, "u");
        CHECK(words(agent.out.events) == row.at("events").get<Words>());
        CHECK(to_string(agent.status("u")) == row.at("status_after"));
        CHECK(agent.cluster.members().find("u")->status_ltime == row.at("status_ltime_after"));
        CHECK((agent.cluster.recent_intents().find("u") != nullptr) ==
              row.at("intent_still_buffered"));
    }
}

TEST_CASE("who is said to leave, and does not, answers with a newer join") {
    const json& vector = intents().at("leave_intent_about_self");
    Agent agent;
    agent.hear(Join{vector.at("initial_status_ltime"), "self"});
    agent.hear(Leave{vector.at("leave_ltime"), "self", false});
    REQUIRE(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.broadcasts[0].message == from_hex(vector.at("queued_broadcasts_hex")[0]));
    CHECK(agent.cluster.member_time() == vector.at("member_clock_after"));
    CHECK(to_string(agent.status("self")) == vector.at("status_after"));
    CHECK(agent.cluster.members().find("self")->status_ltime == vector.at("status_ltime_after"));
}

TEST_CASE("a push/pull state is merged as by the reference") {
    const json& vector = vectors().at("push_pull_merge").at("plain");
    Agent agent;
    agent.see(Kind::Join, "a");
    agent.see(Kind::Join, "f");
    agent.hear(Join{5, "a"});
    agent.hear(Join{5, "f"});
    agent.see(Kind::Leave, "f");
    agent.out.clear();

    const bool join_of_ours = GENERATE(false, true);
    const Bytes state = from_hex(vector.at("message_hex"));
    agent.cluster.merge_user_state(agent.now, state, join_of_ours, agent.out);
    CHECK(agent.cluster.member_time() == vector.at("member_clock_after"));
    CHECK(agent.cluster.event_time() == vector.at("event_clock_after"));
    CHECK(agent.cluster.query_time() == vector.at("query_clock_after"));
    for (const char* name : {"a", "f"}) {
        CHECK(to_string(agent.status(name)) == vector.at(name).at("status"));
        // Of who has left, the reference's is one more: past the time of a prune.
        const bool left =
            agent.status(name) == Status::Leaving || agent.status(name) == Status::Left;
        CHECK(agent.cluster.members().find(name)->status_ltime + (left ? 1 : 0) ==
              vector.at(name).at("status_ltime"));
    }
    const Intent* buffered = agent.cluster.recent_intents().find("u");
    REQUIRE(buffered != nullptr);
    CHECK(buffered->ltime == vector.at("buffered_u").at("ltime"));
    CHECK(buffered->kind == Intent::Kind::Join);
    // Its user event is for a later issue.
    CHECK(words(agent.out.events) == Words{vector.at("events")[0].get<std::string>()});
    CHECK(agent.out.broadcasts.empty());

    const json& join = vectors().at("push_pull_merge").at("join_ignoring_old_events");
    CHECK(agent.cluster.min_event_time() ==
          (join_of_ours ? join.at("event_min_time_after").get<std::uint64_t>() : 0));
}
