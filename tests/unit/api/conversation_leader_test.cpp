// The commands about the leader, as clients of both encodings ask them.
#include <catch2/catch.hpp>

#include "agent/api/conversation.h"
#include "agent/api/messages_leader.h"
#include "agent/api/reply_reader_leader.h"
#include "tests/unit/api/fake_backend.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using election::LeaderView;

namespace {

LeaderView led_by_n1() {
    LeaderView view;
    view.mode = election::Mode::Quorum;
    view.fenced = true;
    view.leader = "n1";
    view.address = *Endpoint::parse("10.0.0.1:7946", 7946);
    view.term = 7;
    view.lease_ms = 812;
    view.age_ms = 3;
    view.needed = 2;
    view.reachable = 2;
    view.version = 4;
    view.target = 3;
    view.cluster = election::ClusterId{0xabc};
    view.voters = {{"n1", true, election::VoterId{1}}, {"n2", false, election::no_voter}};
    return view;
}

constexpr char nothing[] =
    R"("ClusterID":null,"FullMs":0,"GivesUp":false,"Held":false,"ID":null,"LeaseMs":0,)"
    R"("NotLeader":false,"Term":0,"Verdict":"unknown","WaitsMs":0})";

template <class Wanted>
const Wanted& last(const FakeBackend& backend) {
    REQUIRE_FALSE(backend.leads.empty());
    return std::get<Wanted>(backend.leads.back());
}

}  // namespace

TEST_CASE("who leads is asked in both encodings") {
    FakeBackend backend;
    backend.leader_view = led_by_n1();
    Talk json(backend);
    CHECK(json.say("{\"Command\":\"leader\"}\n") ==
          R"({"Seq":0,"Error":"","Addr":"10.0.0.1:7946","AgeMs":3,"ClusterID":"0000000000000abc",)"
          R"("Conflict":[],"Fenced":true,"Leader":"n1","LeaseMs":812,"Mode":"quorum","Needed":2,)"
          R"("Reachable":2,"Reason":"","Self":false,"Target":3,"Term":7,"Version":4,"Voters":[)"
          R"({"ID":"0000000000000001","Name":"n1","Reachable":true},)"
          R"({"ID":null,"Name":"n2","Reachable":false}]})"
          "\n");
    Talk msgpack(backend);
    msgpack.say(handshake());
    const auto answer = objects_in(msgpack.say(request("leader", 2)));
    REQUIRE(answer.size() == 2);
    const Result<ReadLeader> read = read_leader(answer[1]);
    REQUIRE(read);
    CHECK(read->leader == Bytes("n1"));
    CHECK(read->term == 7U);
    CHECK(read->voters.size() == 2);
    CHECK(read->voters[1].id.empty());
}

TEST_CASE("without a leader the reason is said, and other clusters are shown") {
    FakeBackend backend;
    backend.leader_view = led_by_n1();
    backend.leader_view.leader.reset();
    backend.leader_view.address.reset();
    backend.leader_view.term.reset();
    backend.leader_view.reason = "1 of 2 voters reachable";
    election::Knowledge::Known other;
    other.cluster = election::ClusterId{5};
    other.term = 3;
    other.leader = "m1";
    backend.leader_view.conflict = {other};
    Talk talk(backend);
    const std::string said = talk.say("{\"Command\":\"leader\"}\n");
    CHECK_THAT(
        said,
        Contains(R"("Leader":null)") && Contains(R"("Term":null)") &&
            Contains(R"("Reason":"1 of 2 voters reachable")") &&
            Contains(R"("Conflict":[{"ClusterID":"0000000000000005","Leader":"m1","Term":3}])"));
}

TEST_CASE("leadership is held by a connection, under a name") {
    FakeBackend backend;
    backend.led.term = 7;
    backend.led.lease_ms = 790;
    backend.led.full_ms = 800;
    backend.led.cluster = election::ClusterId{0xabc};
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"leader-hold\",\"Name\":\"job\",\"Wants\":true}\n") ==
          R"({"Seq":0,"Error":"","ClusterID":"0000000000000abc","FullMs":800,"GivesUp":false,)"
          R"("Held":false,"ID":null,"LeaseMs":790,"NotLeader":false,"Term":7,"Verdict":"unknown",)"
          R"("WaitsMs":0})"
          "\n");
    const auto first = last<election::Hold>(backend);
    CHECK(first.waits);
    CHECK(first.name == "job");
    talk.say("{\"Command\":\"leader-hold\",\"Name\":\"job\"}\n");
    CHECK(last<election::Hold>(backend).holder == first.holder);
    talk.say("{\"Command\":\"leader-hold\",\"Name\":\"other\"}\n");
    CHECK(last<election::Hold>(backend).holder != first.holder);
    // Another connection is another holder, of the same name too.
    FakeBackend& same = backend;
    Talk again(same);
    again.stats = talk.stats;
    again.say("{\"Command\":\"leader-hold\",\"Name\":\"job\"}\n");
    CHECK(last<election::Hold>(backend).holder != first.holder);
    talk.say("{\"Command\":\"leader-release\",\"Name\":\"job\",\"Resign\":true,\"HoldOff\":5}\n");
    CHECK(last<election::Released>(backend).holder == first.holder);
    CHECK(last<election::Released>(backend).resign);
    CHECK(last<election::Released>(backend).hold_off == Duration(5));
    CHECK_THAT(talk.say("{\"Command\":\"leader-release\",\"Name\":\"job\"}\n"),
               Contains("this client does not hold that name"));
}

TEST_CASE("each command becomes the request that is meant") {
    FakeBackend backend;
    Talk talk(backend);
    const std::string done = std::string(R"({"Seq":0,"Error":"",)") + nothing + "\n";
    CHECK(talk.say("{\"Command\":\"leader-resign\",\"HoldOff\":1000}\n") == done);
    CHECK(last<election::GiveUp>(backend).target.empty());
    CHECK(last<election::GiveUp>(backend).hold_off == Duration(1000));
    CHECK(talk.say("{\"Command\":\"leader-transfer\",\"Node\":\"n2\"}\n") == done);
    CHECK(last<election::GiveUp>(backend).target == "n2");
    CHECK(talk.say("{\"Command\":\"leader-check-token\",\"Term\":9}\n") == done);
    CHECK(last<election::CheckToken>(backend).token == 9);
    CHECK(talk.say("{\"Command\":\"leader-once\",\"Key\":\"k\",\"Expiry\":77}\n") == done);
    CHECK(last<election::UseOnce>(backend).key == "k");
    CHECK(last<election::UseOnce>(backend).expiry == 77);
    CHECK(talk.say("{\"Command\":\"leader-reset\",\"Force\":true}\n") == done);
    CHECK(last<election::Reset>(backend).force);
    CHECK(talk.say("{\"Command\":\"voters-recover\",\"Nodes\":[\"n1\",\"n2\"]}\n") == done);
    CHECK(last<election::Recover>(backend).names == std::vector<Bytes>{"n1", "n2"});
    const auto [line, action] = GENERATE(table<const char*, election::ChangeVoters::Action>(
        {{R"("add","Node":"n4")", election::ChangeVoters::Action::Add},
         {R"("remove","Node":"n4")", election::ChangeVoters::Action::Remove},
         {R"("replace","Node":"n4","Old":"n1")", election::ChangeVoters::Action::Replace},
         {R"("target","Node":"n4","Target":5)", election::ChangeVoters::Action::Target}}));
    CHECK(talk.say(std::string("{\"Command\":\"voters-change\",\"Action\":") + line + "}\n") ==
          done);
    CHECK(last<election::ChangeVoters>(backend).action == action);
    CHECK(last<election::ChangeVoters>(backend).name == "n4");
}

TEST_CASE("what makes no sense is refused, and nobody is asked") {
    const auto [line, error] = GENERATE(table<const char*, const char*>({
        {R"("leader-hold","Name":"")", "leader-hold: field Name: expected 1 to 255 bytes"},
        {R"("leader-hold","Name":7)", "leader-hold: field Name"},
        {R"("leader-transfer")", "say to whom: field Node is empty"},
        {R"("leader-resign","HoldOff":-1)", "leader-resign: field HoldOff: expected at most a day"},
        {R"("leader-once","Key":"")", "leader-once: field Key: expected some bytes"},
        {R"("leader-check-token","Term":"x")", "leader-check-token: field Term"},
        {R"("voters-change","Action":"grow")", "Action is add, remove, replace or target"},
        {R"("voters-change","Action":"target","Target":12)", "Target is a number from 1 to 9"},
    }));
    FakeBackend backend;
    Talk talk(backend);
    const std::string said = talk.say(std::string("{\"Command\":") + line + "}\n");
    CHECK_THAT(said, Contains(error));
    CHECK_THAT(said, Contains("\"Verdict\":\"unknown\""));  // the body is there even so
    CHECK(backend.leads.empty());
}

TEST_CASE("who may not change things may still ask who leads, and about tokens") {
    FakeBackend backend;
    Access access = Talk::full_access();
    access.may_change = false;
    access.denial = "only root";
    Talk talk(backend, access);
    CHECK_THAT(talk.say("{\"Command\":\"leader\"}\n"), Contains("\"Error\":\"\""));
    CHECK_THAT(talk.say("{\"Command\":\"leader-check-token\",\"Term\":1}\n"),
               Contains("\"Error\":\"\""));
    for (const char* each : {"leader-hold", "leader-release", "leader-resign", "leader-transfer",
                             "leader-once", "leader-reset", "voters-change", "voters-recover"}) {
        CHECK_THAT(talk.say(std::string("{\"Command\":\"") + each + "\",\"Name\":\"x\"}\n"),
                   Contains("permission denied: only root"));
    }
    CHECK(backend.leads.size() == 2);
}

TEST_CASE("changes of the leader are streamed to our own clients, as the filter says") {
    const auto [filter, hears] = GENERATE(table<const char*, bool>(
        {{"*", true}, {"new-leader", true}, {"leader-lost", false}, {"member-join", false}}));
    FakeBackend backend;
    Talk talk(backend);
    talk.say(std::string(R"({"Command":"stream","Seq":2,"Type":")") + filter + "\"}\n");
    talk.heard();
    const election::Event event{election::Event::Kind::NewLeader, election::ClusterId{5}, 8, "n2"};
    LeadershipRecord record(event, 1234);
    talk.conversation->on_leadership(record);
    CHECK(talk.heard() ==
          (hears ? "{\"Seq\":2,\"Error\":\"\",\"ClusterID\":\"0000000000000005\",\"Event\":"
                   "\"new-leader\",\"Leader\":\"n2\",\"Term\":8,\"Time\":1234}\n"
                 : ""));
    // Serf's clients know no such event.
    Talk serf(backend);
    serf.say(handshake());
    serf.say(request("stream", 2, StreamRequest{.type = "*"}));
    serf.heard();
    serf.conversation->on_leadership(record);
    CHECK(serf.heard().empty());
}

TEST_CASE("an agent that leaves for good is told so in the header") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say("{\"Command\":\"leave\",\"ForGood\":true}\n");
    CHECK(backend.calls == std::vector<std::string>{"leave, for good"});
}
