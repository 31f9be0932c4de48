// The reference's conversations, replayed: to its requests, the same bytes come back. Every
// captured one is played, of both reference versions.
#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <map>

#include "agent/api/text.h"
#include "tests/unit/api/fake_backend.h"
#include "tests/unit/api/talk.h"
#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::api;
using Kind = cluster::QueryAnswer::Kind;

namespace {

Bytes join_all(const std::vector<Bytes>& objects) {
    Bytes all;
    for (const Bytes& object : objects)
        all += object;
    return all;
}

Value decoded(const Bytes& object) {
    Result<Value> value = parse_msgpack(object, {});
    REQUIRE(value);
    return *std::move(value);
}

Bytes text_of(const Value& record, std::string_view field) {
    const Value* value = record.find(field);
    return value != nullptr && value->text() != nullptr ? *value->text() : Bytes();
}

std::uint64_t number_of(const Value& record, std::string_view field) {
    return record.find(field)->natural().value();
}

// What was captured without its beginning comes after a handshake, and where it was so, after auth.
struct Replay {
    explicit Replay(const CapturedConversation& its_conversation)
        : conversation(its_conversation), talk(backend, access(), config()) {
        // The agents that the captures were made with.
        backend.add("node-a", "127.0.50.1:7946", {{"dc", "east"}, {"role", "web"}});
        backend.add("node-b", "127.0.50.2:7946", {{"role", "db"}});
        backend.add("node-c", "127.0.50.3:7946");
        const Value first = decoded(conversation.client.front());
        if (text_of(first, "Command") != "handshake" &&
            conversation.id != "command_before_handshake") {
            talk.say(handshake());
            if (access().needs_auth)
                talk.say(request("auth", 2, AuthRequest{.key = "s3cret"}));
        }
        talk.heard();
    }

    Access access() const {
        Access access = Talk::full_access();
        access.needs_auth =
            conversation.id.starts_with("auth_") || conversation.id.starts_with("cli_");
        return access;
    }
    ServerConfig config() const {
        ServerConfig config;
        config.auth_key = access().needs_auth ? "s3cret" : "";
        return config;
    }
    Bytes captured_error() const { return text_of(decoded(conversation.server.front()), "Error"); }
    // The body that follows the first reply's header.
    Value captured_body() const { return decoded(conversation.server.at(1)); }
    void speak() { talk.say(join_all(conversation.client)); }
    void check_bytes() {
        CHECK(to_hex(talk.heard()) == to_hex(join_all(conversation.server)));
        CHECK(talk.link.finished == (conversation.server_closed || conversation.id == "cli_leave" ||
                                     conversation.id == "members_filtered_badre"));
    }

    const CapturedConversation& conversation;
    FakeBackend backend;
    Talk talk;
};

// A value as text, with maps and lists of maps in one order: theirs is arbitrary.
std::string canonical(const Value& value) {
    if (const Value::Map* map = value.map()) {
        std::map<Bytes, std::string> fields;
        for (const Value::Field& field : *map)
            fields[field.key] = canonical(field.value);
        std::string text = "{";
        for (const auto& [key, field] : fields)
            text += key + ":" + field + ",";
        return text + "}";
    }
    if (const Value::List* list = value.list()) {
        std::vector<std::string> elements;
        for (const Value& element : *list)
            elements.push_back(canonical(element));
        if (!list->empty() && list->front().map() != nullptr)
            std::sort(elements.begin(), elements.end());
        std::string text = "[";
        for (const std::string& element : elements)
            text += element + ",";
        return text + "]";
    }
    if (const Bytes* text = value.text())
        return "'" + to_hex(*text) + "'";
    if (const auto number = value.number())
        return std::to_string(*number);
    if (const bool* flag = value.boolean())
        return *flag ? "true" : "false";
    return "nil";
}

void check_but_for_order(Replay& replay) {
    const std::vector<Value> found = objects_in(replay.talk.heard());
    REQUIRE(found.size() == replay.conversation.server.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        CHECK(canonical(found[i]) == canonical(decoded(replay.conversation.server[i])));
}

// ---- how each is played ----

void plainly(Replay& replay) {
    replay.speak();
    replay.check_bytes();
}

// The error comes from below.
void refused(Replay& replay) {
    replay.backend.error = replay.captured_error();
    plainly(replay);
}

void join(Replay& replay) {
    replay.backend.join_outcome.joined = 2;
    plainly(replay);
}

void join_fail(Replay& replay) {
    const bool is_head = replay.conversation.version == "head";
    replay.backend.join_outcome.failed = {{is_head ? "127.0.50.99:1" : "127.0.50.99",
                                           "dial tcp 127.0.50.99:1: connect: connection refused"}};
    replay.speak();
    Bytes expected = join_all(replay.conversation.server);
    if (is_head)  // it says "failed" with a small letter
        expected[expected.find("failed to join")] = 'F';
    CHECK(to_hex(replay.talk.heard()) == to_hex(expected));
}

void members(Replay& replay) {
    replay.backend.table.clear();
    const Value body = replay.captured_body();
    for (const Value& member : *body.find("Members")->list()) {
        cluster::Tags tags;
        for (const Value::Field& tag : *member.find("Tags")->map())
            tags[tag.key] = *tag.value.text();
        replay.backend.table.push_back(
            {.name = text_of(member, "Name"),
             .endpoint = *Endpoint::from_bytes(text_of(member, "Addr"), 7946),
             .tags = std::move(tags)});
    }
    replay.speak();
    check_but_for_order(replay);
}

void cli_auth_members(Replay& replay) {
    const bool is_head = replay.conversation.version == "head";
    replay.backend.table.clear();
    replay.backend.add(is_head ? "node-e" : "node-d",
                       is_head ? "127.0.50.5:7946" : "127.0.50.4:7946");
    plainly(replay);
}

void stats(Replay& replay) {
    const Value body = replay.captured_body();
    for (const Value::Field& section : *body.map()) {
        for (const Value::Field& value : *section.value.map())
            replay.backend.sections[section.key][value.key] = *value.value.text();
    }
    replay.speak();
    check_but_for_order(replay);
}

void coordinate(Replay& replay) {
    const Value body = replay.captured_body();
    const Value& captured = *body.find("Coord");
    cluster::Coordinate coordinate;
    coordinate.adjustment = *captured.find("Adjustment")->number();
    coordinate.error = *captured.find("Error")->number();
    coordinate.height = *captured.find("Height")->number();
    const Value::List& parts = *captured.find("Vec")->list();
    std::transform(parts.begin(), parts.end(), coordinate.vec.begin(),
                   [](const Value& part) { return *part.number(); });
    replay.backend.coordinates["node-a"] = coordinate;
    plainly(replay);
}

void keys(Replay& replay) {
    const Value body = replay.captured_body();
    cluster::KeyReport& report = replay.backend.key_report;
    report.error = replay.captured_error();
    report.members = number_of(body, "NumNodes");
    report.responses = number_of(body, "NumResp");
    report.errors = number_of(body, "NumErr");
    for (const Value::Field& message : *body.find("Messages")->map())
        report.messages[message.key] = *message.value.text();
    if (const Value::Map* held = body.find("Keys")->map()) {
        for (const Value::Field& key : *held)
            report.keys[key.key] = *key.value.natural();
    }
    replay.speak();
    check_but_for_order(replay);
    REQUIRE(replay.backend.calls.size() == 1);
    // The key has reached the backend as bytes.
    const Bytes base64 = replay.conversation.client.size() > 1
                             ? text_of(decoded(replay.conversation.client[1]), "Key")
                             : Bytes();
    CHECK(replay.backend.calls.front().ends_with(" " + decode_base64(base64).value()));
}

// The first object is the reply, the others are records: what the cluster answered.
void query(Replay& replay) {
    replay.speak();
    REQUIRE(replay.backend.queries.size() == 1);
    for (const Bytes& object : replay.conversation.server) {
        const Value record = decoded(object);
        const Bytes type = text_of(record, "Type");
        if (type == "ack")
            replay.backend.answer(0, Kind::Ack, text_of(record, "From"));
        else if (type == "response")
            replay.backend.answer(0, Kind::Response, text_of(record, "From"),
                                  text_of(record, "Payload"));
        else if (type == "done")
            replay.backend.answer(0, Kind::Done);
    }
    replay.check_bytes();
    CHECK_FALSE(replay.talk.conversation->subscribed());
}

void stream_user_event(Replay& replay) {
    replay.speak();
    cluster::HeardEvent event{.ltime = 1, .name = "e2", .payload = {}, .coalesce = false};
    UserEventRecord record(event, 0);
    replay.talk.conversation->on_user_event(record);
    replay.check_bytes();
}

// The record of the captured conversation whose field has this value.
Value captured_record(const CapturedConversation& conversation, std::string_view field,
                      const char* value) {
    for (const Bytes& object : conversation.server) {
        Value record = decoded(object);
        if (text_of(record, field) == value)
            return record;
    }
    FAIL("no record with " << field << " " << value);
    throw std::logic_error("unreachable");
}

std::vector<std::string> sorted_objects(BytesView bytes) {
    std::vector<std::string> objects;
    for (const Value& object : objects_in(bytes))
        objects.push_back(canonical(object));
    std::sort(objects.begin(), objects.end());
    return objects;
}

// The whole life of an event and a query on one connection. Records come when they come: the order
// of v0.9.4 is played, head's differs in it.
void stream_user_query_respond_stop(Replay& replay) {
    const CapturedConversation& conversation = replay.conversation;
    const auto say = [&](std::size_t first) {
        replay.talk.say(conversation.client.at(first) + conversation.client.at(first + 1));
    };
    say(0);
    say(2);
    say(4);
    const Value user = captured_record(conversation, "Event", "user");
    const cluster::HeardEvent event{.ltime = number_of(user, "LTime"),
                                    .name = text_of(user, "Name"),
                                    .payload = text_of(user, "Payload"),
                                    .coalesce = false};
    UserEventRecord event_record(event, 0);
    replay.talk.conversation->on_user_event(event_record);
    const Value asked = captured_record(conversation, "Event", "query");
    cluster::HeardQuery heard;
    heard.handle = 4711;
    heard.ltime = number_of(asked, "LTime");
    heard.name = text_of(asked, "Name");
    heard.payload = text_of(asked, "Payload");
    replay.talk.conversation->on_query({.query = heard});
    say(6);
    CHECK(replay.backend.calls.back() == "respond 4711 world");
    const Value answer = captured_record(conversation, "Type", "response");
    replay.backend.answer(0, Kind::Response, text_of(answer, "From"), text_of(answer, "Payload"));
    replay.backend.refusal = Error{"failed to respond to key query: response already sent"};
    say(8);
    replay.backend.answer(0, Kind::Done);
    say(10);
    const Bytes found = replay.talk.heard();
    if (conversation.version == "v0.9.4")
        CHECK(to_hex(found) == to_hex(join_all(conversation.server)));
    CHECK(sorted_objects(found) == sorted_objects(join_all(conversation.server)));
    replay.talk.conversation->on_user_event(event_record);
    CHECK(replay.talk.heard().empty());  // stopped
}

// One change of one member is one record of ours; the reference gathers them for a second.
void stream_member(Replay& replay) {
    const CapturedConversation& conversation = replay.conversation;
    replay.talk.say(join_all({conversation.client.begin(), conversation.client.begin() + 4}));
    const Value update = captured_record(conversation, "Event", "member-update");
    const Value::List& captured = *update.find("Members")->list();
    const auto tell_all = [&] {
        for (const Value& member : captured) {
            cluster::Tags tags;
            for (const Value::Field& tag : *member.find("Tags")->map())
                tags[tag.key] = *tag.value.text();
            MemberEvent event = event_of(MemberEvent::Kind::Update);
            event.name = text_of(member, "Name");
            event.endpoint = *Endpoint::from_bytes(text_of(member, "Addr"), 7946);
            event.tags = *cluster::encode_tags(tags);
            event.versions = swim::Versions{1, 5, 2, 2, 5, 5};
            event.from = event.to = cluster::Status::Alive;
            EventRecord record(event, 0, /*self=*/false);
            replay.talk.conversation->on_event(record);
        }
    };
    tell_all();
    replay.talk.say(conversation.client.at(4) + conversation.client.at(5));
    const Bytes found = replay.talk.heard();
    if (captured.size() == 1) {
        CHECK(to_hex(found) == to_hex(join_all(conversation.server)));
    } else {
        Value::List members;
        for (const Value& object : objects_in(found)) {
            if (text_of(object, "Event") == "member-update")
                members.push_back(object.find("Members")->list()->at(0));
        }
        CHECK(canonical(Value(members)) == canonical(Value(captured)));
    }
    tell_all();
    CHECK(replay.talk.heard().empty());  // stopped
}

// One of Serf's log lines, as our log would have kept it.
FakeBackend::LogLine log_line(const Bytes& line) {
    std::tm time{};
    REQUIRE(::strptime(line.c_str(), "%Y/%m/%d %H:%M:%S", &time) != nullptr);
    time.tm_isdst = -1;
    const std::size_t open = line.find('['), close = line.find("] ");
    return {*parse_log_level(line.substr(open + 1, close - open - 1)),
            std::int64_t{::mktime(&time)} * 1'000'000'000, line.substr(close + 2)};
}

// Serf's log lines may have several lines; none of ours has.
Bytes with_printable_logs(const CapturedConversation& conversation) {
    Bytes all;
    for (const Bytes& object : conversation.server) {
        const Bytes line = text_of(decoded(object), "Log");
        if (line.empty()) {
            all += object;
            continue;
        }
        MsgpackEncoder encoder(all, /*extended=*/false);
        encoder.begin_map(1);
        encoder.text_field("Log", printable(line));
    }
    return all;
}

void monitor(Replay& replay) {
    for (const Bytes& object : replay.conversation.server) {
        if (const Bytes line = text_of(decoded(object), "Log"); !line.empty())
            replay.backend.kept_log.push_back(log_line(line));
    }
    replay.backend.kept_log.push_back({LogLevel::Info, 0, "too low a level"});
    replay.speak();
    CHECK(to_hex(replay.talk.heard()) == to_hex(with_printable_logs(replay.conversation)));
}

void monitor_twice(Replay& replay) {
    replay.speak();
    for (const Bytes& object : replay.conversation.server) {
        const Bytes line = text_of(decoded(object), "Log");
        if (line.empty())
            continue;
        const FakeBackend::LogLine kept = log_line(line);
        MonitorRecord record({.level = kept.level, .wall_ns = kept.wall_ns, .text = kept.text});
        replay.talk.conversation->on_log(record);
    }
    replay.check_bytes();
}

// The reference takes the body for another request; we answer once, the body consumed.
void auth_required_with_body(Replay& replay) {
    replay.speak();
    const std::vector<Bytes>& server = replay.conversation.server;
    CHECK(to_hex(replay.talk.heard()) == to_hex(server.at(0) + server.at(1)));
    CHECK(replay.backend.calls.empty());
}

const std::map<std::string, void (*)(Replay&)>& players() {
    static const std::map<std::string, void (*)(Replay&)> all{
        {"join", join},
        {"join_fail", join_fail},
        {"members", members},
        {"members_filtered", members},
        {"members_filtered_none", plainly},
        {"members_filtered_badre", plainly},
        {"event", plainly},
        {"event_nopayload", plainly},
        {"event_toobig", refused},
        {"stats", stats},
        {"get_coordinate", coordinate},
        {"get_coordinate_unknown", plainly},
        {"tags", plainly},
        {"tags_toobig", plainly},
        {"list_keys", keys},
        {"install_key", keys},
        {"install_key_bad", keys},
        {"install_key_notb64", plainly},
        {"use_key", keys},
        {"use_key_unknown", keys},
        {"remove_key_primary", keys},
        {"remove_key", keys},
        {"query", query},
        {"query_default", query},
        {"query_internal_denied", plainly},
        {"query_toobig", refused},
        {"respond_unknown", plainly},
        {"stream_user_query_respond_stop", stream_user_query_respond_stop},
        {"stream_badfilter", plainly},
        {"stream_member", stream_member},
        {"monitor", monitor},
        {"monitor_bad", plainly},
        {"force_leave_unknown", plainly},
        {"force_leave_prune_unknown", plainly},
        {"cli_auth_members", cli_auth_members},
        {"cli_leave", plainly},
        {"handshake_ok", plainly},
        {"handshake_bad_version", plainly},
        {"handshake_duplicate", plainly},
        {"command_before_handshake", plainly},
        {"auth_ok", plainly},
        {"auth_bad", plainly},
        {"auth_required_no_body", plainly},
        {"auth_required_with_body", auth_required_with_body},
        {"unknown_command", plainly},
        {"stop_unknown", plainly},
        {"stream_duplicate_seq", plainly},
        {"monitor_twice", monitor_twice},
        {"stream_user_event", stream_user_event},
        {"query_self_ack_done", query},
        {"minimal_query", query},
        {"join_empty", plainly},
    };
    return all;
}

}  // namespace

TEST_CASE("every captured conversation is answered with the reference's bytes") {
    const std::size_t count = captured_conversations().size();
    REQUIRE(count > players().size());  // of some, the two versions differ
    const auto index = GENERATE_COPY(range(std::size_t{0}, count));
    const CapturedConversation& conversation = captured_conversations()[index];
    CAPTURE(conversation.id, conversation.version);
    const auto player = players().find(conversation.id);
    REQUIRE(player != players().end());
    Replay replay(conversation);
    player->second(replay);
}

TEST_CASE("conversations may come in any pieces") {
    const CapturedConversation& conversation = captured("cli_auth_members");
    Replay replay(conversation);
    replay.backend.table.clear();
    replay.backend.add("node-d", "127.0.50.4:7946");
    for (const char c : join_all(conversation.client))
        replay.talk.say(BytesView(&c, 1));
    replay.check_bytes();
}
