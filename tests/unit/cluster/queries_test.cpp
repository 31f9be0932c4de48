// Queries through the whole Serf layer: asked, heard, answered, collected.
#include "agent/cluster/queries.h"

#include <catch2/catch.hpp>

#include "agent/cluster/internal_messages.h"
#include "agent/cluster/query_messages.h"
#include "tests/unit/cluster/support.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

using Kind = swim::WireEvent::Kind;

namespace {

const Endpoint asker_at = endpoint(77);

Query asked_by_another(LamportTime ltime, std::uint32_t id, std::uint32_t flags = 0) {
    Query query;
    query.ip = asker_at.ip();
    query.port = asker_at.port();
    query.flags = flags;
    query.id = id;
    query.ltime = ltime;
    query.name = "load";
    query.payload = "now";
    query.source = "asker";
    query.timeout = 5s;
    return query;
}

// "self" at .1 with these tags, and "n2" to "n<count>" at .2 and so on.
Agent with_others(std::uint8_t count, Config config = {}) {
    Agent agent(config);
    for (std::uint8_t i = 2; i <= count; ++i) {
        agent.see(Kind::Join, "n" + std::to_string(i), i);
    }
    return agent;
}

QueryRequest request(const Bytes& name, bool acks = false) {
    QueryRequest wanted;
    wanted.name = name;
    wanted.wants_acks = acks;
    return wanted;
}

// Asks, and answers the query as it was broadcast. The bytes live in the agent's output.
Query ask(Agent& agent, const QueryRequest& wanted, RequestId id = 7) {
    static swim::Scratch scratch;
    agent.out.clear();
    const auto refused = agent.cluster.query(agent.now, id, wanted, agent.out);
    REQUIRE_FALSE(refused);
    REQUIRE(agent.out.broadcasts.size() == 1);
    return *decode_query(agent.out.broadcasts[0].message, scratch);
}

// "ack n2", "response n2 payload", "done" of each answer, and the request.
Words answers(const Output& out) {
    Words all;
    for (const QueryAnswer& answer : out.answers) {
        CHECK(answer.request == 7);
        all.push_back(answer.kind == QueryAnswer::Kind::Done ? "done"
                      : answer.kind == QueryAnswer::Kind::Ack
                          ? "ack " + answer.from
                          : "response " + answer.from + " " + answer.payload);
    }
    return all;
}

Bytes response(const Query& query, BytesView from, BytesView payload, std::uint32_t flags = 0) {
    QueryResponse response{flags, from, query.id, query.ltime, std::nullopt};
    if (flags == 0) {
        response.payload = payload;
    }
    return encoded(response);
}

}  // namespace

TEST_CASE("the default timeout is the reference's") {
    const json& vector = vectors().at("query_timeout");
    for (const json& row : vector.at("rows")) {
        INFO(row);
        CHECK(default_query_timeout(Duration(vector.at("gossip_interval_ns").get<std::int64_t>()),
                                    vector.at("mult"), row.at("members"))
                  .count() == row.at("timeout_ns_lan").get<std::int64_t>());
    }
}

TEST_CASE("queries are told and passed on as by the reference") {
    const json& vector = vectors().at("queries");
    Agent agent;
    Tags tags;
    for (const auto& [tag, value] : vector.at("local_tags").items()) {
        tags[tag] = value.get<std::string>();
    }
    agent.cluster.wire_event(agent.now, wire(Kind::Update, "self"),
                             {endpoint(1), *encode_tags(tags), {}}, agent.out);
    for (const json& step : vector.at("steps")) {
        INFO(step);
        Query query = asked_by_another(step.at("ltime"), step.at("id"), step.at("flags"));
        query.name = "q";
        std::vector<Bytes> filters;
        if (!step.at("filters").is_null()) {
            for (const json& filter : step.at("filters")) {
                filters.push_back(byte_string(filter));
            }
        }
        query.filters.assign(filters.begin(), filters.end());
        const Bytes message = encoded(query);
        agent.hear_bytes(message);
        Words told;
        for (const HeardQuery& heard : agent.out.queries) {
            told.push_back("query:" + heard.name + ":" + std::to_string(heard.ltime));
        }
        CHECK(told == step.at("delivered").get<Words>());
        CHECK(agent.out.broadcasts.size() == (step.at("rebroadcast").get<bool>() ? 1 : 0));
        CHECK(agent.cluster.query_time() == step.at("query_clock_after"));
    }
}

// ---- asking ----

TEST_CASE("a query of ours is stamped, told here, and sent to everybody") {
    Agent agent = with_others(3);
    QueryRequest wanted = request("load", /*acks=*/true);
    wanted.payload = "now";
    wanted.relay_factor = 2;
    const Query query = ask(agent, wanted);
    CHECK(query.ltime == 1);
    CHECK(query.name == "load");
    CHECK(query.payload == BytesView("now"));
    CHECK(query.source == "self");
    CHECK(query.ip == endpoint(1).ip());
    CHECK(query.port == 7946);
    CHECK(query.flags == query_wants_ack);
    CHECK(query.relay_factor == 2);
    CHECK(query.timeout == 3200ms);
    CHECK(query.id < 0x80000000U);
    CHECK(agent.out.broadcasts[0].tier == Tier::Query);
    CHECK(agent.cluster.query_time() == 2);
    REQUIRE(agent.out.done.size() == 1);
    CHECK(agent.out.done[0].request == 7);
    CHECK(agent.out.done[0].ltime == 1);
    // We hear it ourselves, and our own ack takes no packet.
    CHECK(answers(agent.out) == Words{"ack self"});
    CHECK(agent.out.directs.empty());
    REQUIRE(agent.out.queries.size() == 1);
    CHECK(agent.out.queries[0].deadline == agent.now + 3200ms);
}

TEST_CASE("answers are collected once for each member, and the end is told once") {
    Agent agent = with_others(3);
    const Query query = ask(agent, request("load", /*acks=*/true));
    const QueryHandle own = agent.out.queries.at(0).handle;
    const Bytes ack = response(query, "n2", "", response_is_ack);
    const Bytes yes = response(query, "n2", "yes");
    const Bytes wrong = encoded(QueryResponse{0, "n3", query.id + 1, query.ltime, "no"});
    const Bytes unknown = encoded(QueryResponse{0, "n3", query.id, query.ltime + 1, "no"});
    agent.out.clear();
    for (const Bytes& message : {ack, ack, yes, yes, wrong, unknown}) {
        agent.cluster.user_message(agent.now, message, agent.out);
    }
    CHECK_FALSE(agent.cluster.respond(agent.now, own, "mine", agent.out));
    CHECK(agent.out.directs.empty());
    CHECK(answers(agent.out) == Words{"ack n2", "response n2 yes", "response self mine"});
    agent.pass(3200ms - 1ns);
    CHECK(answers(agent.out).empty());
    agent.pass(1ns);
    CHECK(answers(agent.out) == Words{"done"});
    agent.hear_bytes(response(query, "n3", "late"));
    CHECK(agent.out.answers.empty());
    agent.pass(1h);
    CHECK(agent.out.answers.empty());
}

TEST_CASE("an ack that was not asked for is no answer") {
    Agent agent = with_others(3);
    const Query query = ask(agent, request("load"));
    CHECK(agent.out.answers.empty());
    agent.hear_bytes(response(query, "n2", "", response_is_ack));
    CHECK(agent.out.answers.empty());
}

TEST_CASE("a query that does not match ourselves is sent, and not told here") {
    Agent agent = with_others(3);
    QueryRequest wanted = request("load", /*acks=*/true);
    wanted.filter_nodes = {"n2"};
    wanted.timeout = 700ms;
    const Query query = ask(agent, wanted);
    CHECK(query.timeout == 700ms);
    CHECK(query.filters.size() == 1);
    CHECK(agent.out.queries.empty());
    CHECK(agent.out.answers.empty());
    agent.pass(700ms);
    CHECK(answers(agent.out) == Words{"done"});
}

TEST_CASE("what cannot be asked is refused, and nothing has happened") {
    Config config;
    config.max_queries = 2;
    Agent agent = with_others(3, config);
    const auto refusal = [&](const QueryRequest& wanted) {
        agent.out.clear();
        const auto refused = agent.cluster.query(agent.now, 7, wanted, agent.out);
        REQUIRE(refused);
        CHECK(agent.out.broadcasts.empty());
        CHECK(agent.out.done.empty());
        CHECK(agent.out.queries.empty());
        return refused->text;
    };
    QueryRequest large = request("load");
    large.payload = Bytes(1024, 'x');
    CHECK(refusal(large) == "query exceeds limit of 1024 bytes");
    QueryRequest patient = request("load");
    patient.timeout = 25h;
    CHECK(refusal(patient) == "a query's timeout is between 0 and 24 hours");
    CHECK(agent.cluster.query_time() == 1);
    ask(agent, request("load"));
    ask(agent, request("load"));
    CHECK(refusal(request("load")) ==
          "no query can be asked: 2 of this agent's are open, its limit (see max_queries)");
    agent.pass(4s);
    ask(agent, request("load"));
    agent.hear(asked_by_another(lamport_end - 1, 1));
    agent.pass(4s);
    CHECK(refusal(request("load")) ==
          "no query can be asked: the cluster's query clock is at its end");
}

TEST_CASE("a query whose encoding just fits is sent") {
    Agent agent = with_others(3);
    QueryRequest wanted = request("load");
    ask(agent, wanted);
    // Longer payloads have a head of three bytes instead of the nil's one.
    const std::size_t around = agent.out.broadcasts[0].message.size() + 2;
    wanted.payload = Bytes(1024 - around, 'x');
    ask(agent, wanted);
    CHECK(agent.out.broadcasts[0].message.size() == 1024);
    wanted.payload.push_back('x');
    CHECK(agent.cluster.query(agent.now, 7, wanted, agent.out));
}

// ---- answering ----

TEST_CASE("another's query is acked at once, told, and answered once, in time") {
    Agent agent = with_others(3);
    agent.hear(asked_by_another(9, 90, query_wants_ack));
    REQUIRE(agent.out.directs.size() == 1);
    CHECK(agent.out.directs[0].to == asker_at);
    CHECK(agent.out.directs[0].message ==
          encoded(QueryResponse{response_is_ack, "self", 90, 9, std::nullopt}));
    REQUIRE(agent.out.queries.size() == 1);
    const HeardQuery heard = agent.out.queries[0];
    CHECK(heard.name == "load");
    CHECK(heard.payload == "now");
    CHECK(heard.source == "asker");
    CHECK(heard.ltime == 9);
    CHECK(heard.deadline == agent.now + 5s);

    agent.out.clear();
    CHECK(agent.cluster.respond(agent.now, heard.handle, Bytes(1024, 'x'), agent.out)->text ==
          "failed to respond to key query: response exceeds limit of 1024 bytes");
    CHECK(agent.out.directs.empty());
    REQUIRE_FALSE(agent.cluster.respond(agent.now, heard.handle, "0.3", agent.out));
    REQUIRE(agent.out.directs.size() == 1);
    CHECK(agent.out.directs[0].message == encoded(QueryResponse{0, "self", 90, 9, "0.3"}));
    CHECK(agent.cluster.respond(agent.now, heard.handle, "0.4", agent.out)->text ==
          "failed to respond to key query: response already sent");
    agent.now += 5s;
    CHECK(agent.cluster.respond(agent.now, heard.handle, "0.4", agent.out)->text ==
          "failed to respond to key query: response is past the deadline");
    CHECK(agent.cluster.respond(agent.now, 4711, "0.4", agent.out)->text ==
          "failed to respond to key query: response is past the deadline");
}

TEST_CASE("a query's timeout is cut to what can be reckoned with") {
    const auto [given, until] = GENERATE(table<Duration, Duration>({
        {Duration::max(), 24h},
        {Duration::min(), 0s},
        {1s, 1s},
    }));
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90);
    Bytes message = encoded(query);
    // The writer knows no negative numbers.
    query.timeout = Duration(0x1122334455667788);
    message = encoded(query);
    const std::size_t place = message.find("\x11\x22\x33\x44");
    REQUIRE(place != Bytes::npos);
    message[place - 1] = '\xd3';
    for (unsigned i = 0; i < 8; ++i) {
        message[place + i] =
            static_cast<char>(static_cast<std::uint64_t>(given.count()) >> (56 - 8 * i));
    }
    agent.hear_bytes(message);
    REQUIRE(agent.out.queries.size() == 1);
    CHECK(agent.out.queries[0].deadline == agent.now + until);
}

TEST_CASE("copies of an answer go by way of others, marked with where they go") {
    Agent agent = with_others(5);
    Query query = asked_by_another(9, 90, query_wants_ack);
    query.relay_factor = 2;
    agent.hear(query);
    REQUIRE(agent.out.directs.size() == 3);
    CHECK(agent.out.directs[0].to == asker_at);
    const Bytes ack = agent.out.directs[0].message;
    const Bytes relayed = encoded(Relay{asker_at.ip(), asker_at.port(), "asker", ack});
    for (const std::size_t i : {1U, 2U}) {
        CHECK(agent.out.directs[i].message == relayed);
        CHECK(agent.out.directs[i].to != asker_at);
        CHECK(agent.out.directs[i].to != endpoint(1));
    }
    CHECK(agent.out.directs[1].to != agent.out.directs[2].to);
}

TEST_CASE("copies that are too large are not sent; the answer is") {
    Agent agent = with_others(5);
    Query query = asked_by_another(9, 90);
    query.relay_factor = 2;
    agent.hear(query);
    const QueryHandle handle = agent.out.queries.at(0).handle;
    agent.out.clear();
    CHECK_FALSE(agent.cluster.respond(agent.now, handle, Bytes(960, 'x'), agent.out));
    CHECK(agent.out.directs.size() == 1);
    REQUIRE(agent.out.notices.size() == 1);
    CHECK(agent.out.notices[0].text ==
          "an answer to asker was sent without copies: relayed response exceeds limit of 1024 "
          "bytes");
}

TEST_CASE("a copy for another is carried on, untouched; one for nobody is refused") {
    Agent agent = with_others(3);
    const Bytes inner = encoded(QueryResponse{0, "n2", 90, 9, "0.3"}) + "trailing";
    agent.hear(Relay{asker_at.ip(), asker_at.port(), "asker", inner});
    REQUIRE(agent.out.directs.size() == 1);
    CHECK(agent.out.directs[0].to == asker_at);
    CHECK(agent.out.directs[0].message == inner);
    agent.hear(Relay{asker_at.ip(), 0, "asker", inner});
    CHECK(agent.out.directs.empty());
    CHECK(agent.out.faults.size() == 1);
}

TEST_CASE("a query from nowhere is passed on, and not for us") {
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90, query_wants_ack);
    query.ip = "abc";
    agent.hear(query);
    CHECK(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.queries.empty());
    CHECK(agent.out.directs.empty());
}

TEST_CASE("who uses our name is not taken for ourselves") {
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90, query_wants_ack);
    query.source = "self";
    agent.hear(query);
    CHECK(agent.out.directs.size() == 1);
    CHECK(agent.out.answers.empty());
}

// ---- internal queries ----

TEST_CASE("a reserved query is acked, and never told to programs") {
    const auto name = GENERATE(as<Bytes>(), "_serf_ping", "_serf_invented", "_serf_");
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90, query_wants_ack);
    query.name = name;
    agent.hear(query);
    CHECK(agent.out.directs.size() == 1);
    CHECK(agent.out.broadcasts.size() == 1);
    CHECK(agent.out.queries.empty());
    CHECK(agent.out.key_requests.empty());
}

TEST_CASE("whoever asks whose a name is gets our record of it") {
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90);
    query.name = "_serf_conflict";
    query.payload = "n2";
    agent.hear(query);
    REQUIRE(agent.out.directs.size() == 1);
    swim::Scratch scratch;
    const auto answer = decode_query_response(agent.out.directs[0].message, scratch);
    REQUIRE(answer);
    const auto record = decode_conflict_response(answer->payload.value());
    REQUIRE(record);
    REQUIRE(record->has_value());
    CHECK((*record)->ip == endpoint(2).ip());
    CHECK((*record)->status == Status::Alive);

    query.id = 91;
    query.payload = "stranger";
    agent.hear(query);
    REQUIRE(agent.out.directs.size() == 1);
    CHECK(agent.out.directs[0].message ==
          encoded(QueryResponse{0, "self", 91, 9, BytesView("\x06\xc0")}));
    query.id = 92;
    query.payload = "self";
    agent.hear(query);
    CHECK(agent.out.directs.empty());
}

TEST_CASE("a key query becomes a request, and its outcome an answer") {
    Agent agent = with_others(3);
    Bytes payload;
    encode_key_request(Bytes(32, 'k'), payload);
    Query query = asked_by_another(9, 90);
    query.name = "_serf_install-key";
    query.payload = payload;
    agent.hear(query);
    CHECK(agent.out.directs.empty());
    REQUIRE(agent.out.key_requests.size() == 1);
    const KeyRequest wanted = agent.out.key_requests[0];
    CHECK(wanted.action == KeyAction::Install);
    CHECK(wanted.key == Bytes(32, 'k'));
    agent.out.clear();
    // It is not a program's to answer.
    CHECK(agent.cluster.respond(agent.now, wanted.handle, "x", agent.out));
    for (int i = 0; i < 2; ++i) {
        agent.cluster.key_answer(agent.now, wanted.handle, {true, "", {}}, agent.out);
    }
    REQUIRE(agent.out.directs.size() == 1);
    Bytes said;
    encode_key_response({true, "", {}}, false, said);
    CHECK(agent.out.directs[0].message == encoded(QueryResponse{0, "self", 90, 9, said}));
}

TEST_CASE("a key query that would crash the reference is answered with an error") {
    const auto payload = GENERATE(Payload(), Payload(BytesView("")), Payload(BytesView("\x07")),
                                  Payload(BytesView("\x07\x91")));
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90);
    query.name = "_serf_use-key";
    query.payload = payload;
    agent.hear(query);
    CHECK(agent.out.key_requests.empty());
    REQUIRE(agent.out.directs.size() == 1);
    swim::Scratch scratch;
    const auto answer = decode_query_response(agent.out.directs[0].message, scratch);
    const auto response = decode_key_response(answer->payload.value());
    REQUIRE(response);
    CHECK_FALSE(response->result);
    CHECK(response->message.find("key request message") == 0);
}

TEST_CASE("an empty filter, which would crash the reference, matches nobody") {
    Agent agent = with_others(3);
    Query query = asked_by_another(9, 90);
    query.filters = {""};
    agent.hear(query);
    CHECK(agent.out.queries.empty());
    CHECK(agent.out.broadcasts.size() == 1);
}

// ---- the keys of all ----

TEST_CASE("a change of keys ends when everybody has answered, ourselves included") {
    Agent agent = with_others(2);
    agent.out.clear();
    REQUIRE_FALSE(agent.cluster.keys(agent.now, 7, KeyAction::Install, Bytes(16, 'k'), agent.out));
    CHECK(agent.out.done.empty());
    REQUIRE(agent.out.broadcasts.size() == 1);
    swim::Scratch scratch;
    const Bytes message = agent.out.broadcasts[0].message;
    const Query query = *decode_query(message, scratch);
    CHECK(query.name == "_serf_install-key");
    CHECK(query.flags == 0);
    REQUIRE(agent.out.key_requests.size() == 1);
    const QueryHandle own = agent.out.key_requests[0].handle;
    Bytes good;
    encode_key_response({true, "", {}}, false, good);
    agent.hear_bytes(response(query, "n2", good));
    CHECK(agent.out.key_reports.empty());
    agent.cluster.key_answer(agent.now, own, {true, "", {}}, agent.out);
    REQUIRE(agent.out.key_reports.size() == 1);
    CHECK(agent.out.key_reports[0].request == 7);
    CHECK(agent.out.key_reports[0].error.empty());
    CHECK(agent.out.directs.empty());
    agent.pass(1h);
    CHECK(agent.out.key_reports.empty());
    CHECK(agent.out.answers.empty());
}

TEST_CASE("a change of keys that somebody does not answer ends with its time") {
    Agent agent = with_others(3);
    agent.out.clear();
    REQUIRE_FALSE(agent.cluster.keys(agent.now, 7, KeyAction::List, "", agent.out));
    const QueryHandle own = agent.out.key_requests.at(0).handle;
    agent.cluster.key_answer(agent.now, own, {true, "", {"K1"}}, agent.out);
    CHECK(agent.out.key_reports.empty());
    agent.pass(3200ms);
    REQUIRE(agent.out.key_reports.size() == 1);
    CHECK(agent.out.key_reports[0].error == "1/3 nodes reported success");
    CHECK(agent.out.key_reports[0].silent == std::vector<Bytes>{"n2", "n3"});
    CHECK(agent.cluster.keys(agent.now, 8, KeyAction::Use, "short", agent.out)->text ==
          "key size must be 16, 24 or 32 bytes");
}

// ---- our name ----

namespace {

swim::WireEvent claim(BytesView name, std::uint8_t host) {
    swim::WireEvent event = wire(Kind::Conflict, name);
    event.other = endpoint(host);
    return event;
}

Query disputed(const Agent& agent, swim::Scratch& scratch) {
    REQUIRE(agent.out.broadcasts.size() == 1);
    const Query query = *decode_query(agent.out.broadcasts[0].message, scratch);
    CHECK(query.name == "_serf_conflict");
    CHECK(query.payload == BytesView("self"));
    return query;
}

Bytes record_at(std::uint8_t host) {
    const Endpoint where = endpoint(host);
    Bytes payload;
    encode_conflict_response(MemberRecord{where.ip(), where.port(), "self", Status::Alive, {}, {}},
                             payload);
    return payload;
}

}  // namespace

TEST_CASE("a disputed name is kept or lost as the others say") {
    const auto [first, second, lost] = GENERATE(table<std::uint8_t, std::uint8_t, bool>({
        {std::uint8_t{1}, std::uint8_t{1}, false},
        {std::uint8_t{1}, std::uint8_t{9}, true},
        {std::uint8_t{9}, std::uint8_t{9}, true},
    }));
    Agent agent = with_others(3);
    agent.see(claim("self", 9));
    CHECK(agent.out.conflicts.size() == 1);
    swim::Scratch scratch;
    const Bytes message = agent.out.broadcasts.at(0).message;
    const Query query = disputed(agent, scratch);
    const Bytes answer2 = response(query, "n2", record_at(first));
    const Bytes answer3 = response(query, "n3", record_at(second));
    // One dispute at a time.
    agent.see(claim("self", 9));
    CHECK(agent.out.broadcasts.empty());
    agent.hear_bytes(answer2);
    agent.hear_bytes(answer3);
    agent.pass(3200ms);
    CHECK(agent.out.name_lost == lost);
    REQUIRE(agent.out.notices.size() == 1);
    const std::string& said = agent.out.notices[0].text;
    CHECK(said.find("10.0.0.9:7946 claims our name self, which we have at 10.0.0.1:7946: ") == 0);
    CHECK(said.find(lost ? "so this agent ends" : "so this agent stays") != std::string::npos);
    CHECK(said.find("--name") != std::string::npos);
    CHECK(agent.out.answers.empty());
    // The next claim is looked into again.
    agent.see(claim("self", 9));
    CHECK(agent.out.broadcasts.size() == 1);
}

TEST_CASE("with nobody to ask, a disputed name is kept") {
    Agent agent;
    agent.see(claim("self", 9));
    agent.pass(3200ms);
    CHECK_FALSE(agent.out.name_lost);
    REQUIRE(agent.out.notices.size() == 1);
    CHECK(agent.out.notices[0].text.find("nobody said whose it is, so this agent stays") !=
          std::string::npos);
}

TEST_CASE("another's disputed name, our own former address, or a switched-off rule start nothing") {
    Config config;
    config.name_conflict_resolution = GENERATE(true, false);
    Agent agent = with_others(3, config);
    agent.see(claim("n2", 9));
    CHECK(agent.out.conflicts.size() == 1);
    CHECK(agent.out.broadcasts.empty());
    agent.see(wire(Kind::Update, "self"), 5);
    agent.see(claim("self", 1));
    CHECK(agent.out.broadcasts.empty());
    agent.see(claim("self", 9));
    CHECK(agent.out.broadcasts.size() == (config.name_conflict_resolution ? 1 : 0));
}
