#include "agent/api/conversation.h"

#include <catch2/catch.hpp>

#include "tests/unit/api/fake_backend.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

Access reader_only() {
    return unix_access(/*peer=*/1000, /*owner=*/997, {});
}

std::uint64_t refused(const Talk& talk, const char* reason) {
    const auto found = talk.stats.refused.find(reason);
    return found != talk.stats.refused.end() ? found->second : 0;
}

std::string min_index_request(std::uint64_t seq, std::uint64_t index, Duration wait = {}) {
    std::string bytes;
    encode_header({.command = "members", .seq = seq, .min_index = index, .max_wait = wait}, bytes);
    return bytes;
}

}  // namespace

// ---- the two encodings ----

TEST_CASE("a line of JSON is answered with one line, without a handshake") {
    FakeBackend backend;
    backend.add("node-a", "10.0.0.1:7946", {{"role", "web"}});
    Talk talk(backend);
    CHECK(
        talk.say("{\"Command\":\"members\",\"Seq\":7}\n") ==
        "{\"Seq\":7,\"Error\":\"\",\"Index\":2,\"Members\":[{\"Addr\":\"10.0.0.1\","
        "\"DelegateCur\":5,\"DelegateMax\":5,\"DelegateMin\":2,\"HeldOut\":null,\"Incarnation\":1,"
        "\"Name\":\"node-a\",\"Port\":7946,\"ProtocolCur\":2,\"ProtocolMax\":5,\"ProtocolMin\":1,"
        "\"Self\":true,\"Since\":5000000000,\"Status\":\"alive\",\"Suspect\":false,"
        "\"Tags\":{\"role\":\"web\"}}]}\n");
}

TEST_CASE("every command can be asked in JSON") {
    FakeBackend backend;
    backend.join_outcome.joined = 1;
    backend.sections = {{"agent", {{"name", "node-a"}}}};
    backend.loud = {"beware"};
    backend.own_tags = {{"a", "1"}};
    Talk talk(backend);
    const auto [line, answer] = GENERATE(table<std::string, std::string>({
        {R"({"Command":"handshake","Version":1})", R"({"Seq":0,"Error":""})"},
        {R"({"Command":"join","Existing":["h"]})", R"({"Seq":0,"Error":"","Failed":[],"Num":1})"},
        {R"({"Command":"force-leave","Node":"x","Prune":true})", R"({"Seq":0,"Error":""})"},
        {R"({"Command":"leave"})", R"({"Seq":0,"Error":""})"},
        {R"({"Command":"tags","Tags":{"b":"2"},"DeleteTags":["a"]})",
         R"({"Seq":0,"Error":"","Index":1,"Tags":{"b":"2"}})"},
        {R"({"Command":"stats"})",
         R"({"Seq":0,"Error":"","Index":1,"Warnings":["beware"],"agent":{"name":"node-a"}})"},
        {R"({"Command":"stream","Type":"*"})", R"({"Seq":0,"Error":""})"},
        {R"({"Command":"monitor"})", R"({"Seq":0,"Error":""})"},
        {R"({"Command":"stop","Stop":1})", R"({"Seq":0,"Error":""})"},
        {R"({"Command":"members-filtered","Name":"none"})",
         R"({"Seq":0,"Error":"","Index":1,"Members":[]})"},
    }));
    CHECK(talk.say(line + "\n") == answer + "\n");
}

TEST_CASE("a wrong line of JSON is answered, and the next one is carried out") {
    FakeBackend backend;
    Talk talk(backend);
    const auto [line, answer] = GENERATE(table<std::string, std::string>({
        {R"({"Command":)", R"({"Seq":0,"Error":"not JSON in UTF-8: see byte 13"})"},
        {R"([])", ""},  // the first byte must be a brace
        {R"({"Seq":4})", R"({"Seq":0,"Error":"request: field Command is missing"})"},
        {R"({"Command":"bogus","Seq":4})", R"({"Seq":4,"Error":"Unsupported command"})"},
        {R"({"Command":"force-leave","Node":7,"Seq":4})",
         R"({"Seq":4,"Error":"force-leave: field Node: expected text, found a number"})"},
        {R"({"Command":"members-filtered","Name":"(","Seq":4})",
         R"({"Seq":4,"Error":"the expression for the name, '(', is not valid: missing ): (",)"
         R"("Index":1,"Members":[]})"},
        {R"({"Command":"stream","Type":"bogus","Seq":4})",
         R"({"Seq":4,"Error":"Invalid event filter"})"},
    }));
    CAPTURE(line);
    if (answer.empty()) {
        CHECK(talk.say(line + "\n").empty());
        CHECK(talk.link.finished);
        return;
    }
    CHECK(talk.say(line + "\n") == answer + "\n");
    CHECK_FALSE(talk.link.finished);
    CHECK(talk.say("\n{\"Command\":\"stop\"}\n") == "{\"Seq\":0,\"Error\":\"\"}\n");
}

TEST_CASE("a line without an end is refused at the limit, with a word") {
    FakeBackend backend;
    ServerConfig config;
    config.limits.request_bytes = 100;
    Talk talk(backend, Talk::full_access(), config);
    CHECK(talk.say("{" + std::string(200, ' ')) ==
          "{\"Seq\":0,\"Error\":\"the request is too large\"}\n");
    CHECK(talk.link.finished);
    CHECK(refused(talk, "too-large") == 1);
}

TEST_CASE("JSON is not spoken where only Serf's clients are expected") {
    FakeBackend backend;
    Access access = Talk::full_access();
    access.json = false;
    Talk talk(backend, access);
    CHECK(talk.say("{\"Command\":\"members\"}\n").empty());
    CHECK(talk.link.finished);
    CHECK(refused(talk, "not-a-request") == 1);
}

// ---- hostile bytes ----

TEST_CASE("bytes that are no request close the connection, and are counted by reason") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    talk.heard();
    const auto [bytes, reason] = GENERATE(table<std::string, const char*>({
        {"\xc1", "undecodable"},
        {"\x81\xa1\x61\xc1", "undecodable"},
        {"\x80", "undecodable"},  // a header without Command
        {"\x81\xa7"
         "Command"
         "\xa7"
         "members",
         "undecodable"},  // and one without Seq
        {"\x82\xa7"
         "Command"
         "\x01\xa3"
         "Seq"
         "\x01",
         "undecodable"},
        {"\x81\x01\x01", "undecodable"},  // a key that is a number
        {"\xdf\xff\xff\xff\xff", "too-large"},
        {"\x81\xa1\x61\xc6\xff\xff\xff\xff", "too-large"},
        {"\x93\x01\x02\x03", "undecodable"},  // a list
    }));
    CAPTURE(bytes);
    CHECK(talk.say(bytes).empty());
    CHECK(talk.link.finished);
    CHECK(refused(talk, reason) == 1);
    CHECK(talk.say(handshake()).empty());  // nothing is heard any more
}

TEST_CASE("a body of the wrong kind closes a Serf client's connection, and is an error to ours") {
    FakeBackend backend;
    const std::string wrong = request("stop", 2) +
                              "\x81\xa4"
                              "Stop"
                              "\xa1x";
    Talk serf(backend);
    serf.say(handshake());
    CHECK(serf.say(wrong).empty());
    CHECK(serf.link.finished);
    Talk ours(backend);
    ours.say(handshake(/*extended=*/true));
    const std::vector<Value> answer = objects_in(ours.say(wrong));
    CHECK(*answer.at(0).find("Error")->text() ==
          "stop: field Stop: expected a number that is not negative, found text");
    CHECK_FALSE(ours.link.finished);
    CHECK(refused(ours, "undecodable") == 1);
}

// ---- the extended records ----

TEST_CASE("a client that asks for the extended records is told that it gets them") {
    FakeBackend backend;
    backend.add("node-a", "10.0.0.1:7946");
    backend.table[0].suspect = true;
    backend.table[0].incarnation = 9;
    Talk talk(backend);
    const std::vector<Value> greeting = objects_in(talk.say(handshake(/*extended=*/true)));
    CHECK(*greeting.at(0).find("Extended")->boolean());
    const std::vector<Value> answer = objects_in(talk.say(request("members", 2)));
    CHECK(answer.at(1).find("Index")->natural() == 2);
    const Value& member = answer.at(1).find("Members")->list()->at(0);
    CHECK(member.find("Incarnation")->natural() == 9);
    CHECK(*member.find("Suspect")->boolean());
    CHECK(*member.find("Self")->boolean());
    CHECK(member.find("Since")->integer() == 5'000'000'000);
    CHECK(*member.find("Status")->text() == "alive");  // Serf's word
}

TEST_CASE("the fields of every record are sorted by their bytes") {
    FakeBackend backend;
    backend.add("node-a", "10.0.0.1:7946");
    backend.join_outcome.failed = {{"h", "no"}};
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.say(request("stream", 2, StreamRequest{.type = "*"}));
    talk.say(request("monitor", 3, MonitorRequest{.level = "info"}));
    talk.heard();
    talk.say(request("members", 4));
    talk.say(request("join", 5, JoinRequest{.seeds = {"h"}}));
    talk.say(request("tags", 6, TagsRequest{.set = {{"a", "b"}}}));
    const MemberEvent event = event_of(MemberEvent::Kind::Suspect);
    EventRecord record(event, 1, false);
    talk.conversation->on_event(record);
    MonitorRecord log({.level = LogLevel::Info, .wall_ns = 1, .text = "t"});
    talk.conversation->on_log(log);
    const auto check_sorted = [](const auto& self, const Value& value) -> void {
        if (const Value::Map* map = value.map()) {
            for (std::size_t i = 0; i < map->size(); ++i) {
                CHECK((i == 0 || (*map)[i - 1].key < (*map)[i].key));
                self(self, (*map)[i].value);
            }
        }
        if (const Value::List* list = value.list()) {
            for (const Value& element : *list)
                self(self, element);
        }
    };
    const std::vector<Value> objects = objects_in(talk.heard());
    CHECK(objects.size() == 10);
    for (const Value& object : objects)
        check_sorted(check_sorted, object);
}

TEST_CASE("a filter's status is the word that the client is shown") {
    FakeBackend backend;
    backend.add("node-a", "10.0.0.1:7946");
    backend.table[0].suspect = true;
    const auto count = [&](bool extended, const char* status) {
        Talk talk(backend);
        talk.say(handshake(extended));
        const auto answer =
            objects_in(talk.say(request("members-filtered", 2, FilterRequest{.status = status})));
        return answer.at(1).find("Members")->list()->size();
    };
    CHECK(count(false, "alive") == 1);
    CHECK(count(false, "suspect") == 0);
    CHECK(count(true, "alive") == 0);
    CHECK(count(true, "suspect") == 1);
}

// ---- who may what ----

TEST_CASE("anyone who may connect reads; root, the daemon's user and writers change") {
    CHECK(unix_access(0, 997, {}).may_change);
    CHECK(unix_access(997, 997, {}).may_change);
    CHECK(unix_access(1000, 997, {1000}).may_change);
    CHECK_FALSE(unix_access(1000, 997, {}).may_change);
    CHECK(unix_access(1000, 997, {}).denial ==
          "only root and uid 997, which runs musterd, may change the cluster, not uid 1000 (use "
          "sudo, or be made a writer)");
    CHECK_THAT(unix_access(1000, 0, {}).denial, StartsWith("only root, which runs musterd, may"));
}

TEST_CASE("a reader is refused what changes things, and told who may") {
    FakeBackend backend;
    Talk talk(backend, reader_only());
    talk.say(handshake());
    for (const std::string& each :
         {request("join", 2, JoinRequest{.seeds = {"h"}}), request("leave", 3),
          request("force-leave", 4, ForceLeaveRequest{.node = "x"}),
          request("tags", 5, TagsRequest{.set = {{"a", "b"}}})}) {
        const std::vector<Value> answer = objects_in(talk.say(each));
        CHECK_THAT(*answer.at(0).find("Error")->text(),
                   StartsWith("permission denied: only root and uid 997"));
    }
    CHECK(backend.calls.empty());
    CHECK(refused(talk, "permission") == 4);
    CHECK(objects_in(talk.say(request("members", 6))).size() == 2);
    CHECK(objects_in(talk.say(request("stream", 7, StreamRequest{}))).size() == 1);
}

TEST_CASE("a refused join still has its body") {
    FakeBackend backend;
    Talk talk(backend, reader_only());
    talk.say(handshake());
    const auto answer = objects_in(talk.say(request("join", 2, JoinRequest{.seeds = {"h"}})));
    REQUIRE(answer.size() == 2);
    CHECK(answer[1].find("Num")->natural() == 0);
}

TEST_CASE("a token must match wholly") {
    const auto given =
        GENERATE(as<std::string>(), "", "s3cre", "s3crets", "S3cret", "s3crets3cret");
    FakeBackend backend;
    ServerConfig config;
    config.auth_key = "s3cret";
    Access access = Talk::full_access();
    access.needs_auth = true;
    Talk talk(backend, access, config);
    talk.say(handshake());
    const auto answer = objects_in(talk.say(request("auth", 2, AuthRequest{.key = given})));
    CHECK(*answer.at(0).find("Error")->text() == errors::invalid_auth);
    CHECK(refused(talk, "invalid-token") == 1);
}

TEST_CASE("without a token configured, only an empty one is right") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    const auto error = [&](const char* key) {
        return *objects_in(talk.say(request("auth", 2, AuthRequest{.key = key})))
                    .at(0)
                    .find("Error")
                    ->text();
    };
    CHECK_THAT(error(""), Catch::Equals(""));
    CHECK(error("x") == errors::invalid_auth);
}

// ---- order ----

TEST_CASE("while one request waits for the backend, the next ones stay unread") {
    FakeBackend backend;
    backend.answers_at_once = false;
    backend.join_outcome.joined = 1;
    Talk talk(backend);
    talk.say(handshake());
    talk.heard();
    CHECK(talk.say(request("join", 2, JoinRequest{.seeds = {"a"}}) +
                   request("join", 3, JoinRequest{.seeds = {"b"}}) + request("members", 4))
              .empty());
    CHECK(backend.calls == std::vector<std::string>{"join a"});
    CHECK_FALSE(talk.conversation->owes_input());
    backend.complete_one();
    CHECK(backend.calls == std::vector<std::string>{"join a", "join b"});
    backend.complete_one();
    const std::vector<Value> answers = objects_in(talk.heard());
    REQUIRE(answers.size() == 6);
    CHECK(answers[0].find("Seq")->natural() == 2);
    CHECK(answers[2].find("Seq")->natural() == 3);
    CHECK(answers[4].find("Seq")->natural() == 4);
}

TEST_CASE("a client that went away while the backend worked is not missed") {
    FakeBackend backend;
    backend.answers_at_once = false;
    {
        Talk talk(backend);
        talk.say(handshake() + request("join", 2, JoinRequest{.seeds = {"a"}}));
    }
    backend.complete_one();  // must touch nothing that is gone
    CHECK(backend.pending.empty());
}

TEST_CASE("the backend's error is the reply's") {
    FakeBackend backend;
    backend.error = "timed out broadcasting node removal";
    Talk talk(backend);
    talk.say(handshake());
    const auto answer =
        objects_in(talk.say(request("force-leave", 2, ForceLeaveRequest{.node = "x"})));
    CHECK(*answer.at(0).find("Error")->text() == backend.error);
}

TEST_CASE("one client takes a bounded number of requests in a turn") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    talk.heard();
    std::string many;
    for (std::uint64_t seq = 1; seq <= 100; ++seq)
        many += request("stop", seq, StopRequest{});
    CHECK(objects_in(talk.say(many)).size() == 32);
    CHECK(talk.link.calls == 1);
    CHECK_FALSE(talk.conversation->owes_input());
    talk.conversation->resume();
    talk.conversation->resume();
    talk.conversation->resume();
    CHECK(objects_in(talk.heard()).size() == 100);
    CHECK(talk.link.calls == 3);
}

TEST_CASE("a filtered list takes the whole turn") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    talk.heard();
    const std::string filtered = request("members-filtered", 2, FilterRequest{.name = "x"});
    CHECK(objects_in(talk.say(filtered + filtered)).size() == 2);
    CHECK(talk.link.calls == 1);
    talk.conversation->resume();
    CHECK(objects_in(talk.heard()).size() == 4);
}

TEST_CASE("a costly filter goes on for several turns, on the view of its first") {
    FakeBackend backend;
    for (int i = 0; i < 200; ++i)
        backend.add("node-" + std::to_string(i), "10.0.0.1:7946", {{"t", Bytes(300, 'a')}});
    backend.add("other", "10.0.0.1:7946", {{"t", Bytes(300, 'b')}});
    const std::uint64_t index = backend.view_index;
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.heard();
    const FilterRequest costly{.name = "node-.*", .tags = {{"t", "(a|b)*a(a|b){60}"}}};
    CHECK(talk.say(request("members-filtered", 2, costly) + request("stop", 3, StopRequest{}))
              .empty());
    CHECK(talk.conversation->works());
    CHECK_FALSE(talk.conversation->owes_input());
    backend.table.clear();
    backend.raise(index + 1);
    unsigned turns = 0;
    for (; talk.conversation->works() && turns < 100; ++turns) {
        CHECK(talk.link.calls == turns + 1);
        CHECK(talk.heard().empty());
        talk.conversation->resume();
    }
    CHECK(turns > 1);
    const std::vector<Value> answers = objects_in(talk.heard());
    REQUIRE(answers.size() == 3);
    CHECK(answers[1].find("Index")->natural() == index);
    CHECK(answers[1].find("Members")->list()->size() == 200);
    CHECK(*answers[1].find("Members")->list()->at(199).find("Name")->text() == "node-199");
    CHECK(answers[2].find("Seq")->natural() == 3);
}

TEST_CASE("a client that does not read is asked nothing more of") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    talk.link.full = true;
    CHECK(talk.say(request("members", 2)).empty());
    CHECK_FALSE(talk.conversation->owes_input());
    CHECK(talk.conversation->works());
    talk.link.full = false;
    talk.heard();
    talk.conversation->resume();
    CHECK(objects_in(talk.heard()).size() == 2);
}

// ---- reading at an index ----

TEST_CASE("a read waits until the view has the index that was asked for") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.heard();
    CHECK(talk.say(min_index_request(2, 5)).empty());
    CHECK(talk.link.wake == 60s);
    talk.conversation->on_view(4);
    CHECK(talk.heard().empty());
    backend.view_index = 5;
    talk.conversation->on_view(5);
    const std::vector<Value> answer = objects_in(talk.heard());
    CHECK(answer.at(1).find("Index")->natural() == 5);
    CHECK_FALSE(talk.link.wake);
}

TEST_CASE("a read at an index that is already there does not wait") {
    FakeBackend backend;
    backend.view_index = 5;
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    CHECK(objects_in(talk.say(min_index_request(2, 5))).size() == 2);
}

TEST_CASE("a read that waited too long is an error with its body") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.heard();
    talk.say(min_index_request(2, 50, 3s));
    CHECK(talk.link.wake == 3s);
    talk.conversation->woken();
    const std::vector<Value> answer = objects_in(talk.heard());
    REQUIRE(answer.size() == 2);
    CHECK(*answer[0].find("Error")->text() == "the view has index 1, it did not reach 50 in time");
    talk.conversation->woken();  // late: nothing waits
    CHECK(talk.heard().empty());
}

TEST_CASE("nobody waits longer than the limit") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.say(min_index_request(2, 50, 1000h));
    CHECK(talk.link.wake == 60s);
}

// ---- streams ----

TEST_CASE("the log is told again from where it is kept, then as it comes") {
    FakeBackend backend;
    backend.kept_log = {{LogLevel::Info, 0, "old"}, {LogLevel::Err, 0, "bad"}};
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.heard();
    const auto answer =
        objects_in(talk.say(request("monitor", 2, MonitorRequest{.level = "WARN"})));
    REQUIRE(answer.size() == 3);
    CHECK(*answer[2].find("Log")->text() == "bad");
    CHECK(*answer[2].find("Level")->text() == "err");
    talk.heard();
    MonitorRecord quiet({.level = LogLevel::Info, .wall_ns = 0, .text = "quiet"});
    talk.conversation->on_log(quiet);
    CHECK(talk.heard().empty());
    MonitorRecord loud({.level = LogLevel::Warn, .wall_ns = 0, .text = "loud"});
    talk.conversation->on_log(loud);
    CHECK(objects_in(talk.heard()).size() == 2);
}

TEST_CASE("a Serf client's log lines look like Serf's, and drive no terminal") {
    FakeBackend backend;
    backend.kept_log = {{LogLevel::Warn, 0, "a\x1b[2J"}};
    Talk talk(backend);
    talk.say(handshake());
    talk.heard();
    const auto answer =
        objects_in(talk.say(request("monitor", 2, MonitorRequest{.level = "info"})));
    const std::string line = *answer.at(2).find("Log")->text();
    CHECK_THAT(line, Contains(" [WARN] a\\x1b[2J"));
    CHECK(line.size() == std::string("2006/01/02 15:04:05 [WARN] a\\x1b[2J").size());
}

TEST_CASE("records beyond the queue are dropped and counted, and our clients are told") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake(/*extended=*/true));
    talk.say(request("stream", 2, StreamRequest{.type = "*"}));
    talk.heard();
    const MemberEvent event = event_of(MemberEvent::Kind::Join);
    EventRecord record(event, 1, false);
    talk.link.full = true;
    for (int i = 0; i < 3; ++i)
        talk.conversation->on_event(record);
    CHECK(talk.heard().empty());
    CHECK(talk.stats.records_dropped == 3);
    talk.link.full = false;
    talk.conversation->resume();
    const std::vector<Value> told = objects_in(talk.heard());
    REQUIRE(told.size() == 2);
    CHECK(told[0].find("Seq")->natural() == 2);
    CHECK(*told[1].find("Event")->text() == "lost");
    CHECK(told[1].find("Lost")->natural() == 3);
}

TEST_CASE("Serf's clients hear no event that Serf does not have") {
    FakeBackend backend;
    const MemberEvent event = event_of(MemberEvent::Kind::Suspect);
    EventRecord record(event, 1, false);
    for (const bool extended : {false, true}) {
        Talk talk(backend);
        talk.say(handshake(extended));
        talk.say(request("stream", 2, StreamRequest{.type = ""}));
        talk.heard();
        talk.conversation->on_event(record);
        CHECK(talk.heard().empty() == !extended);
    }
}

TEST_CASE("several streams each get their record, once") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    talk.say(request("stream", 2, StreamRequest{.type = "member-join,*"}) +
             request("stream", 3, StreamRequest{.type = "member-join"}) +
             request("stream", 4, StreamRequest{.type = "member-failed"}));
    talk.heard();
    const MemberEvent event = event_of(MemberEvent::Kind::Join);
    EventRecord record(event, 1, false);
    talk.conversation->on_event(record);
    const std::vector<Value> records = objects_in(talk.heard());
    REQUIRE(records.size() == 4);
    CHECK(records[0].find("Seq")->natural() == 2);
    CHECK(records[2].find("Seq")->natural() == 3);
}

TEST_CASE("the number of streams on a connection is limited") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say("{\"Command\":\"handshake\",\"Version\":1}\n");
    std::string last;
    for (int seq = 1; seq <= 65; ++seq) {
        talk.conversation->resume();
        last = talk.say("{\"Command\":\"stream\",\"Seq\":" + std::to_string(seq) + "}\n");
    }
    CHECK(last == "{\"Seq\":65,\"Error\":\"Too many streams on this connection\"}\n");
}

TEST_CASE("tags: a new set is the old one without the deleted ones, with the set ones") {
    FakeBackend backend;
    backend.own_tags = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
    Talk talk(backend);
    talk.say(handshake());
    talk.say(
        request("tags", 2, TagsRequest{.set = {{"b", "20"}, {"d", "4"}}, .remove = {"a", "b"}}));
    CHECK(backend.own_tags == cluster::Tags{{"b", "20"}, {"c", "3"}, {"d", "4"}});
}
