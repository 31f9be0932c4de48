// Events, queries and their answers against the reference's bytes, in both directions.
#include "agent/cluster/query_messages.h"

#include <catch2/catch.hpp>

#include "tests/unit/cluster/vectors.h"

using namespace muster;
using namespace muster::cluster;
using namespace muster::cluster::test;
using nlohmann::json;

namespace {

Payload payload_of(const json& value, Bytes& keep) {
    if (value.is_null()) {
        return std::nullopt;
    }
    keep = byte_string(value);
    return keep;
}

bool same(const Payload& payload, const json& value) {
    Bytes keep;
    return payload == payload_of(value, keep);
}

void check_event(const json& said, const Bytes& bytes) {
    swim::Scratch scratch;
    const auto event = decode_user_event(bytes, scratch);
    REQUIRE(event);
    CHECK(event->coalesce == said.at("CC").get<bool>());
    CHECK(event->ltime == number(said.at("LTime")));
    CHECK(event->name == said.at("Name").get<std::string>());
    CHECK(same(event->payload, said.at("Payload")));
    Bytes again;
    encode(*event, again);
    CHECK(again == bytes);
}

void check_query(const json& said, const Bytes& bytes, bool canonical) {
    swim::Scratch scratch;
    const auto query = decode_query(bytes, scratch);
    REQUIRE(query);
    CHECK(query->ip == byte_string(said.at("Addr")));
    CHECK(query->port == said.at("Port").get<unsigned>());
    CHECK(query->flags == said.at("Flags").get<std::uint32_t>());
    CHECK(query->id == said.at("ID").get<std::uint32_t>());
    CHECK(query->ltime == number(said.at("LTime")));
    CHECK(query->name == said.at("Name").get<std::string>());
    CHECK(same(query->payload, said.at("Payload")));
    CHECK(query->relay_factor == said.at("RelayFactor").get<unsigned>());
    CHECK(query->source == said.at("SourceNode").get<std::string>());
    CHECK(query->timeout.count() == said.at("Timeout").get<std::int64_t>());
    const json filters = said.at("Filters").is_null() ? json::array() : said.at("Filters");
    REQUIRE(query->filters.size() == filters.size());
    for (std::size_t i = 0; i < filters.size(); ++i) {
        CHECK(query->filters[i] == byte_string(filters[i]));
    }
    if (canonical) {
        Bytes again;
        encode(*query, again);
        CHECK(again == bytes);
    }
}

void check_response(const json& said, const Bytes& bytes) {
    swim::Scratch scratch;
    const auto response = decode_query_response(bytes, scratch);
    REQUIRE(response);
    CHECK(response->flags == said.at("Flags").get<std::uint32_t>());
    CHECK(response->from == said.at("From").get<std::string>());
    CHECK(response->id == said.at("ID").get<std::uint32_t>());
    CHECK(response->ltime == number(said.at("LTime")));
    CHECK(same(response->payload, said.at("Payload")));
    Bytes again;
    encode(*response, again);
    CHECK(again == bytes);
}

void check_relay(const json& said, const Bytes& bytes, bool canonical) {
    swim::Scratch scratch;
    const auto relay = decode_relay(bytes, scratch);
    REQUIRE(relay);
    const json& address = said.at("header").at("DestAddr");
    CHECK(relay->ip == byte_string(address.at("IP")));
    CHECK(relay->port == address.at("Port").get<unsigned>());
    CHECK(relay->name == said.at("header").at("DestName").get<std::string>());
    check_response(said.at("inner"), Bytes(relay->inner));
    if (canonical) {
        Bytes again;
        encode(*relay, again);
        CHECK(again == bytes);
    }
}

void check_filter(const json& said, const Bytes& bytes) {
    const Filter filter = decode_filter(bytes);
    Bytes again;
    if (said.at("kind") == 0) {
        REQUIRE(filter.node);
        REQUIRE(filter.node->names.size() == said.at("nodes").size());
        for (std::size_t i = 0; i < filter.node->names.size(); ++i) {
            CHECK(filter.node->names[i] == said.at("nodes")[i].get<std::string>());
        }
        encode(*filter.node, again);
    } else {
        REQUIRE(filter.tag);
        CHECK(filter.tag->tag == said.at("Tag").get<std::string>());
        CHECK(filter.tag->expression == said.at("Expr").get<std::string>());
        encode(*filter.tag, again);
    }
    CHECK(again == bytes);
}

}  // namespace

TEST_CASE("events, queries, responses, relays and filters are the reference's, byte for byte") {
    std::size_t seen = 0;
    for (const json& vector : vectors().at("messages")) {
        const auto type = vector.at("type").get<std::string>();
        INFO(vector.at("id"));
        ++seen;
        // Two forms where the reference's versions differ: the older one's is ours.
        for (const char* form : {"hex", "hex_head"}) {
            if (!vector.contains(form)) {
                continue;
            }
            const Bytes bytes = from_hex(vector.at(form));
            const bool ours = std::string(form) == "hex";
            const json& said = vector.at("decoded");
            if (type == "userEvent") {
                check_event(said, bytes);
            } else if (type == "query") {
                check_query(said, bytes, ours);
            } else if (type == "queryResponse") {
                check_response(said, bytes);
            } else if (type == "relay") {
                check_relay(said, bytes, ours);
            } else if (type == "node" || type == "tag") {
                check_filter(said, bytes);
            } else {
                --seen;
                break;
            }
        }
    }
    CHECK(seen >= 25);
}

TEST_CASE("a message that is cut off anywhere is refused, and its error names it") {
    for (const json& vector : vectors().at("messages")) {
        const auto type = vector.at("type").get<std::string>();
        const Bytes bytes = from_hex(vector.at("hex"));
        swim::Scratch scratch;
        INFO(vector.at("id"));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const BytesView cut = BytesView(bytes).substr(0, size);
            if (type == "userEvent") {
                REQUIRE_FALSE(decode_user_event(cut, scratch));
            } else if (type == "query") {
                const auto query = decode_query(cut, scratch);
                REQUIRE_FALSE(query);
                CHECK(query.error().text.find("query message") == 0);
            } else if (type == "queryResponse") {
                REQUIRE_FALSE(decode_query_response(cut, scratch));
            } else if (type == "node" || type == "tag") {
                const Filter filter = decode_filter(cut);
                REQUIRE_FALSE((filter.node || filter.tag));
            }
        }
    }
}

TEST_CASE("an empty filter and one of an unknown kind ask for nothing that can be met") {
    for (const Bytes& bytes : {Bytes(), Bytes("\x07\x90"), Bytes("\x01\x90")}) {
        const Filter filter = decode_filter(bytes);
        CHECK_FALSE(filter.node);
        CHECK_FALSE(filter.tag);
    }
}
