#include "agent/hooks/contract.h"

#include "tests/unit/hooks/support.h"

using namespace muster;
using namespace muster::hooks;
using namespace std::chrono_literals;
using history::Kind;
using history::Standing;
using Variables = std::map<std::string, std::string>;

namespace {

// What each call has, whatever it is for.
Variables with_every_call(Variables more) {
    more.merge(Variables{{"SERF_SELF_NAME", "n1"},
                         {"SERF_SELF_ROLE", "web"},
                         {"SERF_TAG_ROLE", "web"},
                         {"MUSTER_HOOK", "h"},
                         {"MUSTER_SELF", "n1"},
                         {"MUSTER_API", "/run/muster/muster.sock"},
                         {"MUSTER_QUORUM", "yes"},
                         {"MUSTER_LEADER", "n2"},
                         {"MUSTER_TERM", "7"}});
    return more;
}

Variables with_every_change(Variables more) {
    more.merge(Variables{{"MUSTER_SEQ", "12"},
                         {"MUSTER_TIME", "2026-01-31T03:12:07.120Z"},
                         {"MUSTER_KEY", "j0:h:12"},
                         {"MUSTER_ATTEMPT", "1"},
                         {"MUSTER_COUNT", "1"}});
    return with_every_call(std::move(more));
}

Given given(const Call& call) {
    return given_for(call, spec("h"), caller());
}

history::View view() {
    history::Entry entry;
    entry.endpoint = *Endpoint::parse("10.0.0.1:7946", 0);
    entry.tags = encoded({{"role", "web"}, {"dc", "east"}});
    entry.incarnation = 2;
    history::View view;
    view["n1"] = entry;
    entry.tags = {};
    entry.standing = Standing::Suspect;
    view["n2"] = entry;
    entry.standing = Standing::Failed;
    view["n3"] = entry;
    entry.standing = Standing::Left;
    view["n4"] = entry;
    return view;
}

}  // namespace

TEST_CASE("a member's change, in Serf's words and in ours") {
    const Given got = given(call_of({failed("n3", {{"role", "db"}, {"dc", "east"}})}));
    CHECK(variables(got) == with_every_change({{"SERF_EVENT", "member-failed"},
                                               {"MUSTER_EVENT", "member-failed"},
                                               {"MUSTER_MEMBER", "n3"},
                                               {"MUSTER_ADDR", "10.0.0.3:7946"},
                                               {"MUSTER_FROM", "suspect"},
                                               {"MUSTER_TO", "failed"},
                                               {"MUSTER_INCARNATION", "3"},
                                               {"MUSTER_CAUSE", "accused"},
                                               {"MUSTER_CAUSE_BY", "n2"}}));
    CHECK(got.input == "n3\t10.0.0.3\tdb\tdc=east,role=db\n");
    CHECK_FALSE(got.second_input);
}

TEST_CASE("each event of Serf's has Serf's name, and each other one ours") {
    const auto kind =
        static_cast<Kind>(GENERATE(range(1U, static_cast<unsigned>(history::last_kind) + 1)));
    const Variables got = variables(given(call_of({change(kind, "x")})));
    CHECK(got.at("SERF_EVENT") == to_string(kind));
    CHECK(got.at("MUSTER_EVENT") == to_string(kind));
}

TEST_CASE("several members are several lines, and no variable names one of them") {
    history::Change second = failed("n4", {});
    second.seq = 15;
    second.endpoint = *Endpoint::parse("[fd00::4]:7946", 0);
    const Given got = given(call_of({failed("n3", {{"role", "db"}}), second}));
    CHECK(got.input == "n3\t10.0.0.3\tdb\trole=db\nn4\tfd00::4\t\t\n");
    const Variables have = variables(got);
    CHECK(have.at("MUSTER_COUNT") == "2");
    CHECK(have.at("MUSTER_SEQ") == "15");
    CHECK(have.at("MUSTER_KEY") == "j0:h:15");
    CHECK_FALSE(have.contains("MUSTER_MEMBER"));
    CHECK_FALSE(have.contains("MUSTER_TO"));
}

TEST_CASE("an IPv4 address in its mapped form reads as Go prints it") {
    history::Change it = failed("n3", {});
    it.endpoint = it.endpoint.mapped();
    CHECK(given(call_of({it})).input == "n3\t10.0.0.3\t\t\n");
}

TEST_CASE("a user event's payload is the input, with an end of its line") {
    const auto [payload, input] = GENERATE(table<Bytes, Bytes>({
        {"", ""},
        {"now", "now\n"},
        {"now\n", "now\n"},
        {"\n", "\n"},
        {"a\nb", "a\nb\n"},
        {Bytes("\0\xff\t", 3), Bytes("\0\xff\t\n", 4)},
    }));
    history::Change event = change(Kind::UserEvent, "deploy");
    event.number = 41;
    event.payload = payload;
    const Given got = given(call_of({event}));
    CHECK(got.input == input);
    CHECK(variables(got) == with_every_change({{"SERF_EVENT", "user"},
                                               {"SERF_USER_EVENT", "deploy"},
                                               {"SERF_USER_LTIME", "41"},
                                               {"MUSTER_EVENT", "user"},
                                               {"MUSTER_USER_EVENT", "deploy"},
                                               {"MUSTER_USER_LTIME", "41"}}));
}

TEST_CASE("a query, with who asks and how long there is") {
    QueryCall query{.name = "load", .payload = "1m", .source = "n5", .ltime = 9, .left = 1500ms};
    const Given got = given_for(query, spec("h"), caller());
    CHECK(got.input == "1m\n");
    CHECK(variables(got) == with_every_call({{"SERF_EVENT", "query"},
                                             {"SERF_QUERY_NAME", "load"},
                                             {"SERF_QUERY_LTIME", "9"},
                                             {"MUSTER_EVENT", "query"},
                                             {"MUSTER_QUERY_NAME", "load"},
                                             {"MUSTER_QUERY_LTIME", "9"},
                                             {"MUSTER_QUERY_FROM", "n5"},
                                             {"MUSTER_QUERY_LEFT_MS", "1500"}}));
    query.left = -1ms;
    query.payload = "";
    const Given late = given_for(query, spec("h"), caller());
    CHECK(variables(late).at("MUSTER_QUERY_LEFT_MS") == "0");
    CHECK(late.input.empty());
}

TEST_CASE("who leads is the event's, of an event about that, and otherwise what is known") {
    history::Change led = change(Kind::LeaderAcquired, "n1");
    led.number = 6;
    Variables have = variables(given(call_of({led})));
    CHECK(have.at("MUSTER_LEADER") == "n1");
    CHECK(have.at("MUSTER_TERM") == "6");
    Caller nobody = caller();
    nobody.leader = "";
    nobody.term.reset();
    nobody.quorum.reset();
    have = variables(given_for(call_of({failed("n3", {})}), spec("h"), nobody));
    CHECK(have.at("MUSTER_LEADER").empty());
    CHECK_FALSE(have.contains("MUSTER_TERM"));
    CHECK(have.at("MUSTER_QUORUM") == "none");
    nobody.quorum = false;
    have = variables(given_for(call_of({failed("n3", {})}), spec("h"), nobody));
    CHECK(have.at("MUSTER_QUORUM") == "no");
}

TEST_CASE("the other events have variables of their own") {
    history::Change ring = change(Kind::Ring, "cache");
    ring.number_before = 0x11;
    ring.number = 0x22;
    Variables have = variables(given(call_of({ring})));
    CHECK(have.at("MUSTER_RING") == "cache");
    CHECK(have.at("MUSTER_RING_BEFORE") == "0000000000000011");
    CHECK(have.at("MUSTER_RING_AFTER") == "0000000000000022");

    history::Change conflict = change(Kind::Conflict, "n3");
    conflict.endpoint = *Endpoint::parse("10.0.0.9:7946", 0);
    const Given claimed = given(call_of({conflict}));
    CHECK(variables(claimed).at("MUSTER_MEMBER") == "n3");
    CHECK(variables(claimed).at("MUSTER_OTHER") == "10.0.0.9:7946");
    CHECK(claimed.input == "n3\t10.0.0.9\t\t\n");

    history::Change missing = change(Kind::MembersMissing, "");
    missing.number = 3;
    missing.number_before = 8;
    have = variables(given(call_of({missing})));
    CHECK(have.at("MUSTER_ALIVE") == "3");
    CHECK(have.at("MUSTER_KNOWN") == "8");
}

TEST_CASE("a start has all who are there, and a gap with them is a resync") {
    Call call = call_of({change(Kind::Start, "n1")});
    call.changes[0].payload = "0.9";
    call.members = view();
    const std::string lines = "n1\t10.0.0.1\tweb\tdc=east,role=web\nn2\t10.0.0.1\t\t\n";
    CHECK(given(call).input == lines);
    CHECK(variables(given(call)).at("MUSTER_EVENT") == "start");
    CHECK(variables(given(call)).at("MUSTER_VERSION") == "0.9");

    call.changes = {change(Kind::Gap, "")};
    call.changes[0].number = 41;
    const Variables have = variables(given(call));
    CHECK(given(call).input == lines);
    CHECK(have.at("MUSTER_EVENT") == "resync");
    CHECK(have.at("SERF_EVENT") == "resync");
    CHECK(have.at("MUSTER_LOST") == "41");

    call.members.reset();
    CHECK(given(call).input.empty());
    CHECK(variables(given(call)).at("MUSTER_EVENT") == "gap");
}

TEST_CASE("JSON in the place of Serf's lines, or beside them") {
    Spec wanted = spec("h");
    const Call call = call_of({failed("n3", {}), failed("n4", {})});
    const std::string json =
        change_json(call.changes[0]) + "\n" + change_json(call.changes[1]) + "\n";
    const std::string lines = "n3\t10.0.0.3\t\t\nn4\t10.0.0.3\t\t\n";
    wanted.json = Json::Input;
    Given got = given_for(call, wanted, caller());
    CHECK(got.input == json);
    CHECK_FALSE(got.second_input);
    wanted.json = Json::Descriptor;
    got = given_for(call, wanted, caller());
    CHECK(got.input == lines);
    CHECK(got.second_input == json);

    Call start = call_of({change(Kind::Start, "n1")});
    start.members = view();
    got = given_for(start, wanted, caller());
    std::string all = change_json(start.changes[0]) + "\n";
    for (const auto& [name, entry] : *start.members)
        all += member_json(name, entry) + "\n";
    CHECK(got.second_input == all);
}

TEST_CASE("the key of a call is the same for each try, and another for more changes") {
    Call call = call_of({failed("n3", {})});
    CHECK(idempotency_key(call, "h") == "j0:h:12");
    call.attempt = 3;
    CHECK(idempotency_key(call, "h") == "j0:h:12");
    CHECK(variables(given(call)).at("MUSTER_KEY") == "j0:h:12");
    CHECK(variables(given(call)).at("MUSTER_ATTEMPT") == "3");
    call.changes.push_back(failed("n4", {}));
    call.changes[1].seq = 13;
    CHECK(idempotency_key(call, "h") == "j0:h:13");
    CHECK(idempotency_key(call, "g") == "j0:g:13");
}

TEST_CASE("a hook's own variables come last, and none of them is ours") {
    Spec wanted = spec("h");
    wanted.environment = {{"PATH", "/bin"}, {"MUSTER_KEY", "forged"}, {"SERF_EVENT", "forged"}};
    const Given got = given_for(call_of({failed("n3", {})}), wanted, caller());
    CHECK(got.environment.back() == "PATH=/bin");
    CHECK(variables(got).at("MUSTER_KEY") == "j0:h:12");
    CHECK(variables(got).at("SERF_EVENT") == "member-failed");
    CHECK(is_reserved("MUSTER_ENCRYPT_KEY"));
    CHECK(is_reserved("SERF_"));
    CHECK_FALSE(is_reserved("MUSTERED"));
    CHECK_FALSE(is_reserved("MY_SERF_EVENT"));
}
