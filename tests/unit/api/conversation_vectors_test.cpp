// The reference's conversations, replayed: to its requests, the same bytes come back.
#include <catch2/catch.hpp>

#include "tests/unit/api/fake_backend.h"
#include "tests/unit/api/talk.h"
#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::api;

namespace {

Bytes join_all(const std::vector<Bytes>& objects) {
    Bytes all;
    for (const Bytes& object : objects)
        all += object;
    return all;
}

// The three agents that the captures were made with.
void arrange_agents(FakeBackend& backend) {
    backend.add("node-a", "127.0.50.1:7946", {{"dc", "east"}, {"role", "web"}});
    backend.add("node-b", "127.0.50.2:7946", {{"role", "db"}});
    backend.add("node-c", "127.0.50.3:7946");
}

Access needing_token() {
    Access access = Talk::full_access();
    access.needs_auth = true;
    return access;
}

// Equal but for the order of members and tags, which is arbitrary there.
void check_same_members(const Value& expected, const Value& found) {
    const auto find = [](const Value& body, const Bytes& name) -> const Value& {
        for (const Value& member : *body.find("Members")->list()) {
            if (*member.find("Name")->text() == name)
                return member;
        }
        FAIL("no member " << name);
        throw std::logic_error("unreachable");
    };
    REQUIRE(found.find("Members")->list()->size() == expected.find("Members")->list()->size());
    for (const Value& member : *expected.find("Members")->list()) {
        const Value& same = find(found, *member.find("Name")->text());
        REQUIRE(same.map()->size() == member.map()->size());
        for (std::size_t i = 0; i < member.map()->size(); ++i) {
            const Value::Field& field = (*member.map())[i];
            CAPTURE(field.key);
            CHECK((*same.map())[i].key == field.key);  // the order of fields is not arbitrary
            if (const Bytes* text = field.value.text())
                CHECK(*same.find(field.key)->text() == *text);
            else if (const auto number = field.value.natural())
                CHECK(same.find(field.key)->natural() == number);
            else
                CHECK(same.find(field.key)->map()->size() == field.value.map()->size());
        }
    }
}

}  // namespace

TEST_CASE("simple conversations are answered with the reference's bytes") {
    const auto id = GENERATE(as<std::string>(), "members_filtered_none", "members_filtered_badre",
                             "tags", "stream_badfilter", "monitor_bad", "force_leave_unknown",
                             "force_leave_prune_unknown");
    CAPTURE(id);
    FakeBackend backend;
    arrange_agents(backend);
    Talk talk(backend);
    talk.say(handshake());
    const CapturedConversation& conversation = captured(id);
    CHECK(to_hex(talk.say(join_all(conversation.client))) == to_hex(join_all(conversation.server)));
    CHECK(talk.link.finished == (id == "members_filtered_badre"));
}

TEST_CASE("whole protocol cases are answered with the reference's bytes") {
    const auto [id, ends, asks_token] = GENERATE(table<std::string, bool, bool>({
        {"handshake_ok", false, false},
        {"handshake_bad_version", false, false},
        {"handshake_duplicate", false, false},
        {"command_before_handshake", true, false},
        {"auth_ok", false, true},
        {"auth_bad", false, true},
        {"auth_required_no_body", false, true},
    }));
    CAPTURE(id);
    FakeBackend backend;
    ServerConfig config;
    config.auth_key = asks_token ? "s3cret" : "";
    Talk talk(backend, asks_token ? needing_token() : Talk::full_access(), config);
    const CapturedConversation& conversation = captured(id);
    CHECK(to_hex(talk.say(join_all(conversation.client))) == to_hex(join_all(conversation.server)));
    CHECK(talk.link.finished == ends);
    CHECK(conversation.server_closed == ends);
}

TEST_CASE("cases that begin after the handshake are answered with the reference's bytes") {
    const auto id = GENERATE(as<std::string>(), "unknown_command", "stop_unknown",
                             "stream_duplicate_seq", "join_empty");
    CAPTURE(id);
    FakeBackend backend;
    Talk talk(backend);
    talk.say(handshake());
    const CapturedConversation& conversation = captured(id);
    CHECK(to_hex(talk.say(join_all(conversation.client))) == to_hex(join_all(conversation.server)));
    CHECK(talk.link.finished == conversation.server_closed);
}

TEST_CASE("a request with a body before auth is answered once, its body consumed") {
    FakeBackend backend;
    ServerConfig config;
    config.auth_key = "s3cret";
    Talk talk(backend, needing_token(), config);
    talk.say(handshake());
    const std::string once = talk.say(request("join", 3, JoinRequest{.seeds = {"h"}}));
    CHECK(to_hex(once) == to_hex(captured("auth_required_with_body").server.at(1)));
    CHECK(backend.calls.empty());
    talk.say(request("auth", 4, AuthRequest{.key = "s3cret"}));
    talk.say(request("join", 5, JoinRequest{.seeds = {"h"}}));
    CHECK(backend.calls == std::vector<std::string>{"join h"});
}

TEST_CASE("a join says how many were reached, or why none was") {
    for (const CapturedConversation& conversation : captured_conversations()) {
        if (conversation.id != "join" && conversation.id != "join_fail")
            continue;
        CAPTURE(conversation.id, conversation.version);
        FakeBackend backend;
        if (conversation.id == "join")
            backend.join_outcome.joined = 2;
        else
            backend.join_outcome.failed = {
                {conversation.version == "head" ? "127.0.50.99:1" : "127.0.50.99",
                 "dial tcp 127.0.50.99:1: connect: connection refused"}};
        Talk talk(backend);
        talk.say(handshake());
        const std::string answer = talk.say(join_all(conversation.client));
        if (conversation.version == "v0.9.4")  // head says "failed" with a small letter
            CHECK(to_hex(answer) == to_hex(join_all(conversation.server)));
        else
            CHECK(answer.size() == join_all(conversation.server).size());
        CHECK(backend.calls.size() == 1);
    }
}

TEST_CASE("members are listed as the reference lists them") {
    FakeBackend backend;
    arrange_agents(backend);
    Talk talk(backend);
    talk.say(handshake());
    for (const char* id : {"members", "members_filtered"}) {
        const CapturedConversation& conversation = captured(id);
        const std::vector<Value> answer = objects_in(talk.say(join_all(conversation.client)));
        REQUIRE(answer.size() == 2);
        check_same_members(*parse_msgpack(conversation.server.at(1), {}), answer[1]);
    }
}

TEST_CASE("a member without tags is listed with the reference's bytes") {
    FakeBackend backend;
    backend.add("node-d", "127.0.50.4:7946");
    ServerConfig config;
    config.auth_key = "s3cret";
    Talk talk(backend, needing_token(), config);
    const CapturedConversation& conversation = captured("cli_auth_members");
    CHECK(to_hex(talk.say(join_all(conversation.client))) == to_hex(join_all(conversation.server)));
}

TEST_CASE("a leave is answered, then the connection closes") {
    FakeBackend backend;
    ServerConfig config;
    config.auth_key = "s3cret";
    Talk talk(backend, needing_token(), config);
    const CapturedConversation& conversation = captured("cli_leave");
    CHECK(to_hex(talk.say(join_all(conversation.client))) == to_hex(join_all(conversation.server)));
    CHECK(talk.link.finished);
    CHECK(backend.calls == std::vector<std::string>{"leave"});
}

TEST_CASE("a member event is streamed with the reference's bytes") {
    FakeBackend backend;
    arrange_agents(backend);
    Talk talk(backend);
    talk.say(handshake());
    const CapturedConversation& conversation = captured("stream_member");
    const std::string answer = talk.say(conversation.client.at(0) + conversation.client.at(1));
    CHECK(to_hex(answer) == to_hex(conversation.server.at(0)));
    FakeMember member = backend.table.front();
    member.tags = {{"role", "web"}, {"ver", "3"}};
    MemberEvent event{.kind = MemberEvent::Kind::Update,
                      .index = 9,
                      .name = member.name,
                      .endpoint = member.endpoint,
                      .tags = *cluster::encode_tags(member.tags),
                      .versions = swim::Versions{1, 5, 2, 2, 5, 5},
                      .from = cluster::Status::Alive,
                      .to = cluster::Status::Alive,
                      .incarnation = 3,
                      .cause = {}};
    EventRecord record(event, 0, /*self=*/true);
    talk.heard();
    talk.conversation->on_event(record);
    CHECK(to_hex(talk.heard()) == to_hex(conversation.server.at(2) + conversation.server.at(3)));
    CHECK(to_hex(talk.say(conversation.client.at(4) + conversation.client.at(5))) ==
          to_hex(conversation.server.at(4)));
    talk.heard();
    talk.conversation->on_event(record);
    CHECK(talk.heard().empty());  // stopped
}

TEST_CASE("conversations may come in any pieces") {
    FakeBackend backend;
    backend.add("node-d", "127.0.50.4:7946");
    ServerConfig config;
    config.auth_key = "s3cret";
    Talk talk(backend, needing_token(), config);
    const CapturedConversation& conversation = captured("cli_auth_members");
    std::string answer;
    for (const char c : join_all(conversation.client))
        answer += talk.say(BytesView(&c, 1));
    CHECK(to_hex(answer) == to_hex(join_all(conversation.server)));
}
