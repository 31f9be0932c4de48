#include "agent/api/messages.h"

#include <catch2/catch.hpp>

#include "agent/api/encoder.h"
#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::api;
using namespace std::chrono_literals;

namespace {

Value object(const Bytes& bytes) {
    Result<Value> value = parse_msgpack(bytes, {});
    REQUIRE(value);
    return *std::move(value);
}

// The request as the reference's client sent it: header and body, one after the other.
template <class Request>
void check_request(std::string_view id, Result<Request> (*decode)(const Value&)) {
    const CapturedConversation& conversation = captured(id);
    CAPTURE(conversation.id);
    const auto header = decode_header(object(conversation.client.at(0)), /*seq_required=*/true);
    REQUIRE(header);
    std::string encoded;
    encode_header(*header, encoded);
    CHECK(to_hex(encoded) == to_hex(conversation.client[0]));
    const CommandTraits* command = find_command(header->command);
    REQUIRE(command != nullptr);
    CHECK(command->has_body);
    const auto request = decode(object(conversation.client.at(1)));
    REQUIRE(request);
    encoded.clear();
    encode_body(*request, encoded);
    CHECK(to_hex(encoded) == to_hex(conversation.client[1]));
}

}  // namespace

TEST_CASE("requests are read, and written with the bytes of the reference's client") {
    check_request("handshake_ok", decode_handshake);
    check_request("join", decode_join);
    check_request("join_fail", decode_join);
    check_request("join_empty", decode_join);
    check_request("members_filtered", decode_filter);
    check_request("tags", decode_tags_request);
    check_request("tags_toobig", decode_tags_request);
    check_request("stream_member", decode_stream);
    check_request("monitor", decode_monitor);
    check_request("stop_unknown", decode_stop);
    check_request("force_leave_unknown", decode_force_leave);
    check_request("force_leave_prune_unknown", decode_force_leave);
    check_request("event", decode_event);
    check_request("event_nopayload", decode_event);
    check_request("event_toobig", decode_event);
    check_request("query", decode_query);
    check_request("query_default", decode_query);
    check_request("query_toobig", decode_query);
    check_request("respond_unknown", decode_respond);
    check_request("install_key", decode_key);
    check_request("use_key", decode_key);
    check_request("remove_key", decode_key);
    check_request("get_coordinate", decode_coordinate);
}

TEST_CASE("an auth request is that of the reference's client") {
    const CapturedConversation& conversation = captured("auth_ok");
    const auto request = decode_auth(object(conversation.client.at(3)));
    REQUIRE(request);
    CHECK(request->key == "s3cret");
    std::string encoded;
    encode_body(*request, encoded);
    CHECK(to_hex(encoded) == to_hex(conversation.client[3]));
}

TEST_CASE("requests say what they say") {
    const auto join = decode_join(object(captured("join_fail").client.at(1)));
    REQUIRE(join);
    CHECK(join->seeds == std::vector<Bytes>{"127.0.50.99:1"});
    CHECK(join->replay);
    const auto filter = decode_filter(object(captured("members_filtered").client.at(1)));
    REQUIRE(filter);
    CHECK(filter->name == "node-.*");
    CHECK(filter->status == "alive");
    CHECK(filter->tags == TextMap{{"role", "web|db"}});
    const auto tags = decode_tags_request(object(captured("tags").client.at(1)));
    REQUIRE(tags);
    CHECK(tags->set == TextMap{{"ver", "2"}});
    CHECK(tags->remove == std::vector<Bytes>{"dc"});
}

TEST_CASE("a header in msgpack needs Command and Seq, a line of JSON only Command") {
    const auto header = [](const char* json, bool seq_required) {
        return decode_header(*parse_json(json, {}), seq_required);
    };
    CHECK(header(R"({"Command":"members"})", false));
    CHECK(header(R"({"Command":"members"})", true).error().text == "request: field Seq is missing");
    CHECK(header(R"({"Seq":1})", false).error().text == "request: field Command is missing");
    CHECK(header(R"({"Command":7})", false).error().text ==
          "request: field Command: expected text, found a number");
    CHECK(header(R"({"Command":"x","Seq":-1})", true).error().text ==
          "request: field Seq: expected a number that is not negative, found a number");
}

TEST_CASE("a read can ask for an index") {
    std::string encoded;
    encode_header({.command = "members", .seq = 3, .min_index = 42, .max_wait = 2s}, encoded);
    const auto header = decode_header(object(encoded), /*seq_required=*/true);
    REQUIRE(header);
    CHECK(header->min_index == 42);
    CHECK(header->max_wait == 2s);
    CHECK(header->command == "members");
    CHECK(header->seq == 3);
}

TEST_CASE("a client asks for the extended records in its handshake") {
    std::string encoded;
    encode_body(HandshakeRequest{.version = 1, .extended = true}, encoded);
    const auto request = decode_handshake(object(encoded));
    REQUIRE(request);
    CHECK(request->extended);
    CHECK(request->version == 1);
}

TEST_CASE("every command is found by its name, and no other") {
    for (const char* name : {"handshake", "auth", "members", "members-filtered", "join", "leave",
                             "force-leave", "tags", "stats", "stream", "monitor", "stop"}) {
        const CommandTraits* command = find_command(name);
        REQUIRE(command != nullptr);
        CHECK(command->name == name);
        CHECK(traits(command->command).name == name);
    }
    CHECK(find_command("bogus") == nullptr);
    CHECK(find_command("") == nullptr);
    CHECK(find_command("Members") == nullptr);
}
