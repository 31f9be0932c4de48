// Events, queries, keys and coordinates, as clients of both encodings ask and hear of them.
#include <catch2/catch.hpp>

#include "agent/api/conversation.h"
#include "tests/unit/api/fake_backend.h"
#include "tests/unit/api/talk.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Kind = cluster::QueryAnswer::Kind;

namespace {

constexpr char query_line[] =
    R"({"Command":"query","Seq":4,"Name":"load","Payload":"15m","Timeout":2000000000,)"
    R"("FilterNodes":["n1"],"FilterTags":{"role":"we."},"RelayFactor":2,"RequestAck":true})"
    "\n";

cluster::HeardQuery heard_query(cluster::QueryHandle handle) {
    cluster::HeardQuery query;
    query.handle = handle;
    query.ltime = 12;
    query.name = "load";
    query.payload = "15m";
    query.source = "n7";
    query.deadline = TimePoint(7s);
    return query;
}

cluster::QueryRequest named(const char* name) {
    cluster::QueryRequest query;
    query.name = name;
    return query;
}

void tell(Talk& talk, const cluster::HeardEvent& event) {
    UserEventRecord record(event, 1234);
    talk.conversation->on_user_event(record);
}

std::uint64_t refused(const Talk& talk, const char* reason) {
    const auto found = talk.stats.refused.find(reason);
    return found != talk.stats.refused.end() ? found->second : 0;
}

}  // namespace

// ---- user events ----

TEST_CASE("an event is fired, and its time told to who has a field for it") {
    FakeBackend backend;
    backend.ltime = 17;
    Talk json(backend);
    CHECK(json.say("{\"Command\":\"event\",\"Name\":\"deploy\",\"Payload\":\"v1\"}\n") ==
          "{\"Seq\":0,\"Error\":\"\",\"LTime\":17}\n");
    CHECK(json.say("{\"Command\":\"event\",\"Name\":\"d\",\"PayloadBase64\":\"/w==\","
                   "\"Coalesce\":true}\n") == "{\"Seq\":0,\"Error\":\"\",\"LTime\":17}\n");
    CHECK(backend.calls == std::vector<std::string>{"event deploy v1", "event d \xff coalesce"});
    Talk extended(backend);
    extended.say(handshake(/*extended=*/true));
    const auto answer = objects_in(extended.say(request("event", 2, EventRequest{.name = "e"})));
    REQUIRE(answer.size() == 2);
    CHECK(answer[1].find("LTime")->natural() == 17U);
}

TEST_CASE("an event that is refused has its body, too") {
    FakeBackend backend;
    backend.error = "user event exceeds configured limit of 512 bytes before encoding";
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"event\",\"Name\":\"big\"}\n") ==
          "{\"Seq\":0,\"Error\":\"user event exceeds configured limit of 512 bytes before "
          "encoding\",\"LTime\":0}\n");
}

TEST_CASE("user events and queries are streamed as the filter says") {
    const auto [filter, hears] = GENERATE(table<const char*, const char*>({
        {"*", "deploy other load"},
        {"", "deploy other load"},
        {"user", "deploy other"},
        {"user:deploy", "deploy"},
        {"user:", "deploy other"},
        {"query", "load"},
        {"query:load,user:other", "other load"},
        {"query:other", ""},
        {"member-join", ""},
    }));
    CAPTURE(filter);
    FakeBackend backend;
    Talk talk(backend);
    talk.say(std::string(R"({"Command":"stream","Seq":3,"Type":")") + filter + "\"}\n");
    talk.heard();
    tell(talk, {.ltime = 1, .name = "deploy", .payload = {}, .coalesce = false});
    tell(talk, {.ltime = 2, .name = "other", .payload = {}, .coalesce = false});
    talk.conversation->on_query({.query = heard_query(1)});
    std::string names;
    const std::string lines = talk.heard();
    for (const char* name : {"deploy", "other", "load"}) {
        if (lines.find("\"Name\":\"" + std::string(name) + "\"") != std::string::npos)
            names += (names.empty() ? "" : " ") + std::string(name);
    }
    CHECK(names == hears);
}

TEST_CASE("records of events and queries say in JSON what there is to say") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(R"({"Command":"stream","Seq":3,"Type":"*"})"
             "\n");
    talk.heard();
    tell(talk, {.ltime = 9, .name = "deploy", .payload = "a\xff", .coalesce = true});
    CHECK(talk.heard() ==
          "{\"Seq\":3,\"Error\":\"\",\"Coalesce\":true,\"Event\":\"user\",\"LTime\":9,"
          "\"Name\":\"deploy\",\"Payload\":\"a\xef\xbf\xbd\",\"PayloadBase64\":\"Yf8=\","
          "\"Time\":1234}\n");
    talk.conversation->on_query({.query = heard_query(1), .deadline_ns = 77, .wall_ns = 55});
    CHECK(talk.heard() ==
          "{\"Seq\":3,\"Error\":\"\",\"Deadline\":77,\"Event\":\"query\",\"ID\":1,\"LTime\":12,"
          "\"Name\":\"load\",\"Payload\":\"15m\",\"Source\":\"n7\",\"Time\":55}\n");
}

TEST_CASE("a stream that is not read loses events and queries, and is told how many") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(R"({"Command":"stream","Seq":3,"Type":"*"})"
             "\n");
    talk.heard();
    talk.link.full = true;
    for (int i = 0; i < 3; ++i)
        tell(talk, {.ltime = 1, .name = "deploy", .payload = {}, .coalesce = false});
    talk.conversation->on_query({.query = heard_query(1)});
    CHECK(talk.heard().empty());
    CHECK(talk.stats.records_dropped == 4);
    talk.link.full = false;
    talk.conversation->resume();
    CHECK(talk.heard() == "{\"Seq\":3,\"Error\":\"\",\"Event\":\"lost\",\"Lost\":4}\n");
    talk.conversation->on_query({.query = heard_query(2)});
    CHECK_THAT(talk.heard(), Contains("\"ID\":1,"));  // none was lost to a number
}

// ---- queries of our own ----

TEST_CASE("a query is asked as it was meant, and its answers come to who asked") {
    FakeBackend backend;
    backend.ltime = 5;
    Talk asker(backend);
    Talk other(backend);
    other.say(R"({"Command":"stream","Type":"*"})"
              "\n");
    other.heard();
    CHECK(asker.say(query_line) == "{\"Seq\":4,\"Error\":\"\",\"LTime\":5}\n");
    REQUIRE(backend.queries.size() == 1);
    const cluster::QueryRequest& wanted = backend.queries[0].wanted;
    CHECK(wanted.name == "load");
    CHECK(wanted.payload == "15m");
    CHECK(wanted.filter_nodes == std::vector<Bytes>{"n1"});
    CHECK(wanted.filter_tags == std::vector<std::pair<Bytes, Bytes>>{{"role", "we."}});
    CHECK(wanted.relay_factor == 2);
    CHECK(wanted.wants_acks);
    CHECK(wanted.timeout == 2s);
    CHECK(asker.conversation->subscribed());
    asker.heard();
    backend.answer(0, Kind::Ack, "n1");
    backend.answer(0, Kind::Response, "n1", "0.5\n");
    backend.answer(0, Kind::Done);
    CHECK(
        asker.heard() ==
        "{\"Seq\":4,\"Error\":\"\",\"From\":\"n1\",\"Payload\":null,\"Type\":\"ack\"}\n"
        "{\"Seq\":4,\"Error\":\"\",\"From\":\"n1\",\"Payload\":\"0.5\\n\",\"Type\":\"response\"}\n"
        "{\"Seq\":4,\"Error\":\"\",\"Acks\":1,\"From\":\"\",\"Lost\":0,\"Payload\":null,"
        "\"Responses\":1,\"Type\":\"done\"}\n");
    CHECK(other.heard().empty());
    CHECK_FALSE(asker.conversation->subscribed());
}

TEST_CASE("queries that run at the same time do not mix") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    talk.say(request("query", 5, named("a")));
    talk.say(request("query", 6, named("b")));
    talk.heard();
    backend.answer(1, Kind::Response, "n1", "x");
    CHECK(objects_in(talk.heard()).at(0).find("Seq")->natural() == 6U);
    backend.answer(0, Kind::Done);
    CHECK(objects_in(talk.heard()).at(0).find("Seq")->natural() == 5U);
    backend.answer(0, Kind::Response, "n1", "x");  // nothing follows the end
    CHECK(talk.heard().empty());
    backend.answer(1, Kind::Done);
    CHECK(objects_in(talk.heard()).at(0).find("Seq")->natural() == 6U);
}

TEST_CASE("who does not read loses answers, but never the end of the query") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(query_line);
    talk.heard();
    talk.link.full = true;
    backend.answer(0, Kind::Ack, "n1");
    backend.answer(0, Kind::Response, "n1", "x");
    CHECK(talk.heard().empty());
    backend.answer(0, Kind::Done);
    CHECK_THAT(talk.heard(), Contains("\"Acks\":0,\"From\":\"\",\"Lost\":2,"));
    CHECK(talk.stats.records_dropped == 2);
}

TEST_CASE("answers for a client that is gone are nobody's") {
    FakeBackend backend;
    {
        Talk talk(backend);
        talk.say(query_line);
        REQUIRE(backend.queries.size() == 1);
    }
    CHECK_NOTHROW(backend.answer(0, Kind::Response, "n1", "x"));
    CHECK_NOTHROW(backend.answer(0, Kind::Done));
}

TEST_CASE("a query that nobody could answer is refused before it is asked") {
    const auto [fields, error] = GENERATE(table<std::string, std::string>({
        {R"("Name":"_serf_list-keys")", "Queries cannot contain the '_serf_' prefix"},
        {R"("Name":"_serf_ping","Payload":"x")", "Queries cannot contain the '_serf_' prefix"},
        {R"("Name":"q","Timeout":-1)", "the timeout of a query is at most 24h"},
        {R"("Name":"q","Timeout":86400000000001)", "the timeout of a query is at most 24h"},
        {R"("Name":"q","FilterTags":{"role":"("})",
         "the expression for tag 'role', '(', is not valid: missing ): ("},
        {R"("Name":"q","RelayFactor":256)",
         "query: field RelayFactor: expected at most 255, found 256"},
        {R"("Name":"q","Payload":{})", "query: field Payload: expected text, found a map"},
        {R"("Name":"q","FilterNodes":"n1")",
         "query: field FilterNodes: expected a list, found text"},
    }));
    FakeBackend backend;
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"query\"," + fields + "}\n") ==
          "{\"Seq\":0,\"Error\":\"" + error + "\",\"LTime\":0}\n");
    CHECK(backend.calls.empty());
    CHECK_FALSE(talk.conversation->subscribed());
}

TEST_CASE("the ping is the one internal query that may be asked") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say("{\"Command\":\"query\",\"Name\":\"_serf_ping\",\"RequestAck\":true}\n");
    CHECK(backend.calls == std::vector<std::string>{"query _serf_ping "});
}

TEST_CASE("one client has a bounded number of queries running") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    for (std::size_t i = 0; i <= max_queries; ++i)
        talk.say(request("query", 10 + i, named("q")));
    talk.conversation->resume();
    talk.conversation->resume();
    talk.conversation->resume();
    CHECK(backend.queries.size() == max_queries);
    CHECK_THAT(talk.heard(), Contains("Too many queries on this connection"));
    backend.answer(0, Kind::Done);
    talk.say(request("query", 3, named("q")));
    CHECK(backend.queries.size() == max_queries + 1);
}

// ---- queries of others ----

TEST_CASE("a query is answered by the number that its record has on this connection") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say("{\"Command\":\"stream\",\"Seq\":1,\"Type\":\"query\"}\n");
    talk.say("{\"Command\":\"stream\",\"Seq\":2,\"Type\":\"query:load\"}\n");
    talk.conversation->on_query({.query = heard_query(900)});
    CHECK_THAT(talk.heard(), Contains("\"Seq\":1") && Contains("\"ID\":1,") &&
                                 Contains("\"Seq\":2") && Contains("\"ID\":2,"));
    talk.conversation->on_query({.query = heard_query(901)});
    CHECK_THAT(talk.heard(), Contains("\"ID\":3,") && Contains("\"ID\":4,"));
    CHECK(talk.say("{\"Command\":\"respond\",\"ID\":2,\"Payload\":\"1.5\"}\n") ==
          "{\"Seq\":0,\"Error\":\"\"}\n");
    talk.say("{\"Command\":\"respond\",\"ID\":3,\"PayloadBase64\":\"/w==\"}\n");
    CHECK(backend.calls == std::vector<std::string>{"respond 900 1.5", "respond 901 \xff"});
    CHECK(talk.say("{\"Command\":\"respond\",\"ID\":5}\n") ==
          "{\"Seq\":0,\"Error\":\"No pending queries matching ID\"}\n");
    Talk other(backend);
    CHECK(other.say("{\"Command\":\"respond\",\"ID\":1}\n") ==
          "{\"Seq\":0,\"Error\":\"No pending queries matching ID\"}\n");
}

TEST_CASE("an answer that is late is told so in ours, and as Serf tells it in Serf's") {
    FakeBackend backend;
    backend.refusal = Error{std::string(errors::past_deadline)};
    const bool extended = GENERATE(false, true);
    Talk talk(backend);
    talk.say(handshake(extended));
    talk.say(request("stream", 2, StreamRequest{.type = "query"}));
    talk.conversation->on_query({.query = heard_query(900)});
    const auto respond = [&] {
        const auto answer =
            objects_in(talk.say(request("respond", 3, RespondRequest{.id = 1, .payload = "x"})));
        return *answer.at(0).find("Error")->text();
    };
    CHECK(respond() == (extended ? errors::past_deadline : errors::no_pending_query));
    CHECK(respond() == errors::no_pending_query);  // forgotten
    CHECK(backend.calls.size() == 1);
}

TEST_CASE("a client that answers nothing has a bounded number of queries kept") {
    FakeBackend backend;
    Talk talk(backend);
    talk.say("{\"Command\":\"stream\",\"Type\":\"query\"}\n");
    for (std::size_t i = 0; i <= PendingQueries::max_kept; ++i)
        talk.conversation->on_query({.query = heard_query(i)});
    talk.heard();
    CHECK_THAT(talk.say("{\"Command\":\"respond\",\"ID\":1}\n"), Contains("No pending queries"));
    CHECK_THAT(talk.say("{\"Command\":\"respond\",\"ID\":2}\n"), Contains("\"Error\":\"\""));
}

// ---- keys and coordinates ----

TEST_CASE("a list of keys tells our own clients who has which") {
    FakeBackend backend;
    cluster::KeyReport& report = backend.key_report;
    report.error = "2/3 nodes reported success";
    report.members = 3;
    report.responses = 2;
    report.messages = {{"n2", "truncated"}};
    report.keys = {{"QQ==", 2}, {"Qg==", 1}};
    report.primary_keys = {{"QQ==", 2}};
    report.key_lists = {{"n1", {"QQ==", "Qg=="}}, {"n\xff", {"QQ=="}}};
    report.silent = {"n3"};
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"list-keys\"}\n") ==
          "{\"Seq\":0,\"Error\":\"2/3 nodes reported success\",\"KeyLists\":["
          "{\"Keys\":[\"QQ==\",\"Qg==\"],\"Name\":\"n1\"},"
          "{\"Keys\":[\"QQ==\"],\"Name\":\"n\xef\xbf\xbd\",\"NameBase64\":\"bv8=\"}],"
          "\"Keys\":{\"QQ==\":2,\"Qg==\":1},\"Messages\":{\"n2\":\"truncated\"},\"NumErr\":0,"
          "\"NumNodes\":3,\"NumResp\":2,\"PrimaryKeys\":{\"QQ==\":2},\"Silent\":[\"n3\"]}\n");
}

TEST_CASE("a change of keys is for the backend, its key as bytes; others wait for it") {
    const auto [command, call] = GENERATE(table<std::string, std::string>({
        {"install-key", "keys install 0123456789abcdef"},
        {"use-key", "keys use 0123456789abcdef"},
        {"remove-key", "keys remove 0123456789abcdef"},
    }));
    FakeBackend backend;
    backend.answers_at_once = false;
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"" + command + "\",\"Key\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}\n" +
                   "{\"Command\":\"stop\",\"Seq\":9}\n")
              .empty());
    CHECK(backend.calls == std::vector<std::string>{call});
    backend.complete_one();
    CHECK(talk.heard() ==
          "{\"Seq\":0,\"Error\":\"\",\"KeyLists\":[],\"Keys\":null,\"Messages\":{},\"NumErr\":0,"
          "\"NumNodes\":0,\"NumResp\":0,\"PrimaryKeys\":{},\"Silent\":[]}\n"
          "{\"Seq\":9,\"Error\":\"\"}\n");
}

TEST_CASE("a key report for a client that is gone is nobody's") {
    FakeBackend backend;
    backend.answers_at_once = false;
    {
        Talk talk(backend);
        CHECK(talk.say("{\"Command\":\"list-keys\"}\n").empty());
    }
    CHECK_NOTHROW(backend.complete_one());
}

TEST_CASE("where a member stands is told, if anybody knows") {
    FakeBackend backend;
    cluster::Coordinate there;
    there.vec[0] = 0.25;
    backend.coordinates["n1"] = there;
    Talk talk(backend);
    CHECK(talk.say("{\"Command\":\"get-coordinate\",\"Node\":\"n1\"}\n") ==
          "{\"Seq\":0,\"Error\":\"\",\"Coord\":{\"Adjustment\":0,\"Error\":1.5,\"Height\":1e-05,"
          "\"Vec\":[0.25,0,0,0,0,0,0,0]},\"Ok\":true}\n");
    CHECK(talk.say("{\"Command\":\"get-coordinate\",\"Node\":\"n9\"}\n") ==
          "{\"Seq\":0,\"Error\":\"\",\"Coord\":{\"Adjustment\":0,\"Error\":0,\"Height\":0,"
          "\"Vec\":null},\"Ok\":false}\n");
}

TEST_CASE("who may only read can neither act on the cluster nor see its keys") {
    const auto line = GENERATE(
        as<std::string>(), R"({"Command":"event","Name":"e"})", R"({"Command":"query","Name":"q"})",
        R"({"Command":"respond","ID":1})", R"({"Command":"install-key","Key":"QQ=="})",
        R"({"Command":"use-key","Key":"QQ=="})", R"({"Command":"remove-key","Key":"QQ=="})",
        R"({"Command":"list-keys"})");
    FakeBackend backend;
    Talk talk(backend, unix_access(/*peer=*/1000, /*owner=*/997, {}));
    CHECK_THAT(talk.say(line + "\n"), Contains("permission denied: only root and uid 997"));
    CHECK(backend.calls.empty());
    CHECK(refused(talk, "permission") == 1);
    CHECK_THAT(talk.say("{\"Command\":\"get-coordinate\",\"Node\":\"n1\"}\n"),
               Contains("\"Error\":\"\""));
}

TEST_CASE("requests of wrong types end Serf's conversations, and none of ours") {
    const auto line = GENERATE(
        as<std::string>(), R"({"Command":"event","Name":[]})",
        R"({"Command":"event","Coalesce":"yes"})", R"({"Command":"query","Timeout":"1s"})",
        R"({"Command":"query","FilterTags":{"a":1}})", R"({"Command":"respond","ID":-1})",
        R"({"Command":"install-key","Key":7})", R"({"Command":"get-coordinate","Node":{}})");
    CAPTURE(line);
    FakeBackend backend;
    Talk talk(backend);
    CHECK_THAT(talk.say(line + "\n"), Contains("expected"));
    CHECK(talk.say("{\"Command\":\"stop\",\"Seq\":2}\n") == "{\"Seq\":2,\"Error\":\"\"}\n");
    CHECK(backend.calls.empty());
    Talk serf(backend);
    serf.say(handshake());
    std::string bytes;
    encode_header({.command = "query", .seq = 2}, bytes);
    MsgpackEncoder encoder(bytes, /*extended=*/false);
    encoder.begin_map(1);
    encoder.natural_field("Name", 1);
    CHECK(serf.say(bytes).empty());
    CHECK(serf.link.finished);
}

TEST_CASE("tags that do not fit are refused, with how much is over in ours") {
    FakeBackend backend;
    Talk talk(backend);
    const std::string value(520, 'x');
    CHECK(talk.say("{\"Command\":\"tags\",\"Tags\":{\"big\":\"" + value + "\"}}\n") ==
          "{\"Seq\":0,\"Error\":\"Encoded length of tags exceeds limit of 512 bytes by 17: shorten "
          "or delete some\",\"Index\":1,\"Tags\":{}}\n");
    CHECK(backend.calls.empty());
}
