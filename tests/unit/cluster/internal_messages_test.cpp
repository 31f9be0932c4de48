// The payloads of Serf's own queries and answers against the reference's bytes.
#include "agent/cluster/internal_messages.h"

#include <catch2/catch.hpp>

#include "swim/endpoint.h"
#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

namespace {

void check_conflict_response(const json& said, const Bytes& bytes) {
    const auto decoded = decode_conflict_response(bytes);
    REQUIRE(decoded);
    std::optional<MemberRecord> record;
    Bytes ip;
    Bytes name;
    if (said.is_null()) {
        CHECK_FALSE(decoded->has_value());
    } else {
        ip = byte_string(said.at("Addr"));
        name = said.at("Name").get<std::string>();
        REQUIRE(decoded->has_value());
        CHECK((*decoded)->ip == ip);
        CHECK((*decoded)->port == said.at("Port"));
        CHECK(static_cast<int>((*decoded)->status) == said.at("Status").get<int>());
        const auto octet_of = [&](const char* field) { return said.at(field).get<std::uint8_t>(); };
        record = MemberRecord{
            ip,
            said.at("Port"),
            name,
            static_cast<Status>(said.at("Status").get<int>()),
            {},
            {octet_of("ProtocolMin"), octet_of("ProtocolMax"), octet_of("ProtocolCur"),
             octet_of("DelegateMin"), octet_of("DelegateMax"), octet_of("DelegateCur")}};
        for (const auto& [tag, value] : said.at("Tags").items()) {
            record->tags[tag] = value.get<std::string>();
        }
    }
    Bytes again;
    encode_conflict_response(record, again);
    CHECK(again == bytes);
}

void check_key_response(const json& said, const Bytes& bytes) {
    const auto response = decode_key_response(bytes);
    REQUIRE(response);
    CHECK(response->result == said.at("Result").get<bool>());
    CHECK(response->message == said.at("Message").get<std::string>());
    CHECK(response->primary == said.at("PrimaryKey").get<std::string>());
    const bool list = !said.at("Keys").is_null();
    CHECK(response->keys ==
          (list ? said.at("Keys").get<std::vector<std::string>>() : std::vector<std::string>()));
    Bytes again;
    encode_key_response({response->result, response->message, response->keys}, list, again);
    CHECK(again == bytes);
}

}  // namespace

TEST_CASE("answers about names, and about keys, are the reference's, byte for byte") {
    std::size_t checked = 0;
    for (const json& vector : vectors().at("messages")) {
        const auto type = vector.at("type").get<std::string>();
        const Bytes bytes = from_hex(vector.at("hex"));
        INFO(vector.at("id"));
        ++checked;
        if (type == "conflictResponse") {
            check_conflict_response(vector.at("decoded"), bytes);
        } else if (type == "keyResponse") {
            check_key_response(vector.at("decoded"), bytes);
        } else if (type == "keyRequest") {
            const auto key = decode_key_request(bytes);
            REQUIRE(key);
            CHECK(*key == byte_string(vector.at("decoded").at("Key")));
            Bytes again;
            encode_key_request(*key, again);
            CHECK(again == bytes);
        } else {
            --checked;
        }
    }
    CHECK(checked == 8);
}

TEST_CASE("a payload that is cut off anywhere is refused, and its error names it") {
    for (const json& vector : vectors().at("messages")) {
        const auto type = vector.at("type").get<std::string>();
        const Bytes bytes = from_hex(vector.at("hex"));
        INFO(vector.at("id"));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const BytesView cut = BytesView(bytes).substr(0, size);
            if (type == "conflictResponse") {
                REQUIRE_FALSE(decode_conflict_response(cut));
            } else if (type == "keyRequest") {
                const auto key = decode_key_request(cut);
                REQUIRE_FALSE(key);
                CHECK(key.error().text.find("key request message") == 0);
            } else if (type == "keyResponse") {
                const auto response = decode_key_response(cut);
                REQUIRE_FALSE(response);
                CHECK(response.error().text.find("key query response") != std::string::npos);
            }
        }
    }
}

TEST_CASE("impossible values are refused") {
    CHECK_FALSE(decode_conflict_response("\x06\x81\xa6Status\x05"));
    CHECK_FALSE(decode_conflict_response("\x06\x81\xa4Port\xce\x00\x01\x00\x00"));
    CHECK_FALSE(decode_key_response("\x08\x81\xa4Keys\xdd\xff\xff\xff\xff"));
    CHECK_FALSE(decode_key_request(""));
}
