#include "agent/api/value.h"

#include <catch2/catch.hpp>

#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::api;

namespace {

Result<Value> msgpack(std::string_view hex, ValueLimits limits = {}) {
    return parse_msgpack(from_hex(hex), limits);
}

Result<Value> json(std::string_view text, ValueLimits limits = {}) {
    return parse_json(text, limits);
}

}  // namespace

TEST_CASE("integers of any width and sign are one number") {
    const auto [hex, expected] = GENERATE(table<std::string, std::int64_t>({
        {"07", 7},
        {"cc07", 7},
        {"cd0007", 7},
        {"ce00000007", 7},
        {"cf0000000000000007", 7},
        {"d007", 7},
        {"d10007", 7},
        {"d200000007", 7},
        {"d30000000000000007", 7},
        {"ff", -1},
        {"d0ff", -1},
        {"d1ffff", -1},
        {"d2ffffffff", -1},
        {"d3ffffffffffffffff", -1},
    }));
    CAPTURE(hex);
    const Result<Value> value = msgpack(hex);
    REQUIRE(value);
    CHECK(value->integer() == expected);
    CHECK(value->natural().has_value() == (expected >= 0));
}

TEST_CASE("a number that does not fit is none") {
    CHECK(msgpack("cfffffffffffffffff")->natural() == UINT64_MAX);
    CHECK_FALSE(msgpack("cfffffffffffffffff")->integer());
    CHECK_FALSE(msgpack("cb3ff0000000000000")->integer());
    CHECK(msgpack("cb3ff0000000000000")->number() == 1.0);
    CHECK(msgpack("ca3f800000")->number() == 1.0);
}

TEST_CASE("text and byte strings are one kind, as values and as keys") {
    const auto hex = GENERATE(as<std::string>(), "81a161a162", "81d90161d90162", "81c40161c40162",
                              "de0001da000161db0000000162");
    const Result<Value> value = msgpack(hex);
    REQUIRE(value);
    REQUIRE(value->find("a") != nullptr);
    CHECK(*value->find("a")->text() == "b");
}

TEST_CASE("of equal keys the last one counts") {
    CHECK(msgpack("82a16101a16102")->find("a")->natural() == 2);
    CHECK(json(R"({"a":1,"a":2})")->find("a")->natural() == 2);
}

TEST_CASE("both encodings make the same tree") {
    const auto from_msgpack = msgpack("84a14c93c0c3c2a14dc0a15481a16101a15801");
    const auto from_json = json(R"({"L":[null,true,false],"M":null,"T":{"a":1},"X":1})");
    for (const Result<Value>* each : {&from_msgpack, &from_json}) {
        REQUIRE(*each);
        const Value& value = **each;
        const Value::List& list = *value.find("L")->list();
        REQUIRE(list.size() == 3);
        CHECK(list[0].is_nil());
        CHECK(*list[1].boolean());
        CHECK_FALSE(*list[2].boolean());
        CHECK(value.find("M")->is_nil());
        CHECK(value.find("T")->find("a")->natural() == 1);
        CHECK(value.find("nothing") == nullptr);
        CHECK(value.find("X")->find("a") == nullptr);
    }
}

TEST_CASE("a msgpack object must be whole and alone") {
    const Bytes whole = from_hex("83a14c93c0c3c2a15481a161cd0102a158cb3ff0000000000000");
    REQUIRE(parse_msgpack(whole, {}));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_msgpack(BytesView(whole).substr(0, size), {}));
    }
    CHECK_FALSE(parse_msgpack(whole + '\x01', {}));
}

TEST_CASE("what is no value of ours is refused") {
    const auto hex =
        GENERATE(as<std::string>(), "c1", "81c1", "8101a162" /* a number as a key */, "819001",
                 "818001", "81c0a162", "d40001", "c70100ff", "c9000000010001");
    CAPTURE(hex);
    CHECK_FALSE(msgpack(hex));
}

TEST_CASE("a header's claim allocates nothing") {
    const auto hex = GENERATE(as<std::string>(), "dfffffffff", "ddffffffff", "dbffffffff",
                              "c6ffffffff", "81a161ddffffffff", "c9ffffffff00");
    CAPTURE(hex);
    CHECK_FALSE(msgpack(hex));
}

TEST_CASE("depth and number of values are limited in both encodings") {
    CHECK(msgpack("9190", {.values = 10, .depth = 2}));
    CHECK_FALSE(msgpack("919190", {.values = 10, .depth = 2}));
    CHECK(json("[[]]", {.values = 10, .depth = 2}));
    CHECK_FALSE(json("[[[]]]", {.values = 10, .depth = 2}));
    CHECK(msgpack("93010203", {.values = 4, .depth = 2}));
    CHECK_FALSE(msgpack("93010203", {.values = 3, .depth = 2}));
    CHECK(json("[1,2,3]", {.values = 4, .depth = 2}));
    CHECK_FALSE(json("[1,2,3]", {.values = 3, .depth = 2}));
    CHECK_FALSE(json(std::string(200'000, '[')));
    CHECK_FALSE(parse_msgpack(std::string(200'000, '\x91'), {}));
}

TEST_CASE("a line that is not JSON is refused, with the place") {
    const auto [text, place] = GENERATE(table<std::string, std::string>({
        {"{", "2"},
        {R"({"a":})", "6"},
        {R"({"a":1} x)", "9"},
        {"{\"a\":\"\xff\"}", "7"},
    }));
    CAPTURE(text);
    const Result<Value> value = json(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().text == "not JSON in UTF-8: see byte " + place);
}

TEST_CASE("every captured message is read") {
    for (const CapturedConversation& conversation : captured_conversations()) {
        CAPTURE(conversation.id, conversation.version);
        for (const auto* side : {&conversation.client, &conversation.server}) {
            for (const Bytes& object : *side)
                CHECK(parse_msgpack(object, {}));
        }
    }
}
