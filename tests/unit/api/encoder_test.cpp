#include "agent/api/encoder.h"

#include <catch2/catch.hpp>
#include <limits>

#include "agent/api/value.h"
#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::api;

namespace {

std::string msgpack(void (*write)(Encoder&)) {
    std::string out;
    MsgpackEncoder encoder(out, /*extended=*/false);
    write(encoder);
    return to_hex(out);
}

std::string json(void (*write)(Encoder&)) {
    std::string out;
    JsonEncoder encoder(out);
    write(encoder);
    return out;
}

}  // namespace

TEST_CASE("integers have their shortest form") {
    CHECK(msgpack([](Encoder& e) { e.natural(0); }) == "00");
    CHECK(msgpack([](Encoder& e) { e.natural(127); }) == "7f");
    CHECK(msgpack([](Encoder& e) { e.natural(128); }) == "cc80");
    CHECK(msgpack([](Encoder& e) { e.natural(7946); }) == "cd1f0a");
    CHECK(msgpack([](Encoder& e) { e.natural(70000); }) == "ce00011170");
    CHECK(msgpack([](Encoder& e) { e.natural(std::uint64_t{1} << 32); }) == "cf0000000100000000");
    CHECK(msgpack([](Encoder& e) { e.integer(300); }) == "cd012c");
    CHECK(msgpack([](Encoder& e) { e.integer(-1); }) == "ff");
}

TEST_CASE("strings may be str8, byte strings are bin") {
    CHECK(msgpack([](Encoder& e) { e.text("abc"); }) == "a3616263");
    CHECK(msgpack([](Encoder& e) { e.text(std::string(31, 'x')); }).substr(0, 2) == "bf");
    CHECK(msgpack([](Encoder& e) { e.text(std::string(32, 'x')); }).substr(0, 4) == "d920");
    CHECK(msgpack([](Encoder& e) { e.text(std::string(256, 'x')); }).substr(0, 6) == "da0100");
    CHECK(msgpack([](Encoder& e) { e.bytes("\x7f"); }) == "c4017f");
    CHECK(msgpack([](Encoder& e) { e.bytes(std::string(256, 'x')); }).substr(0, 6) == "c50100");
    CHECK(msgpack([](Encoder& e) { e.boolean(true); }) == "c3");
    CHECK(msgpack([](Encoder& e) { e.nil(); }) == "c0");
    CHECK(msgpack([](Encoder& e) { e.real(1.0); }) == "cb3ff0000000000000");
}

TEST_CASE("an address is bytes in msgpack and text in JSON") {
    const auto write = [](Encoder& e) {
        e.begin_list(2);
        e.address(Endpoint::parse("10.0.0.1:1", 0)->mapped());
        e.address(*Endpoint::parse("[::1]:1", 0));
        e.end_list();
    };
    CHECK(msgpack(write) ==
          "92c41000000000000000000000ffff0a000001"
          "c41000000000000000000000000000000001");
    CHECK(json(write) == R"(["10.0.0.1","::1"])");
}

TEST_CASE("JSON has its commas and brackets where they belong") {
    CHECK(json([](Encoder& e) {
              e.begin_map(4);
              e.key("A");
              e.begin_list(3);
              e.natural(1);
              e.begin_list(0);
              e.end_list();
              e.begin_map(1);
              e.boolean_field("x", false);
              e.end_map();
              e.end_list();
              e.text_field("B", "b");
              e.key("C");
              e.begin_map(0);
              e.end_map();
              e.key("D");
              e.nil();
              e.end_map();
          }) == R"({"A":[1,[],{"x":false}],"B":"b","C":{},"D":null})");
}

TEST_CASE("JSON has the true bytes beside what had to be replaced") {
    CHECK(json([](Encoder& e) {
              e.begin_map(2);
              e.text_field("Name", "a\xff");
              e.natural_field("Port", 1);
              e.end_map();
          }) == "{\"Name\":\"a\xef\xbf\xbd\",\"NameBase64\":\"Yf8=\",\"Port\":1}");
    CHECK(json([](Encoder& e) {
              const Pair pairs[] = {{"bad", "b\xff"}, {"good", "g"}};
              e.begin_map(2);
              e.key("Tags");
              e.text_map(pairs);
              e.natural_field("Z", 1);
              e.end_map();
          }) ==
          "{\"Tags\":{\"bad\":\"b\xef\xbf\xbd\",\"good\":\"g\"},"
          "\"TagsBase64\":{\"YmFk\":\"Yv8=\"},\"Z\":1}");
}

TEST_CASE("what JSON has no word for is null") {
    CHECK(json([](Encoder& e) { e.real(std::numeric_limits<double>::infinity()); }) == "null");
    CHECK(json([](Encoder& e) { e.real(std::numeric_limits<double>::quiet_NaN()); }) == "null");
    CHECK(json([](Encoder& e) { e.real(0.5); }) == "0.5");
    CHECK(json([](Encoder& e) { e.integer(-9223372036854775807 - 1); }) == "-9223372036854775808");
}

TEST_CASE("header and body are two objects in msgpack, one line in JSON") {
    const auto alone = [](Encoder& e) { e.header({.seq = 2, .error = "no"}, false); };
    CHECK(msgpack(alone) == "82a54572726f72a26e6fa353657102");
    CHECK(json(alone) == "{\"Seq\":2,\"Error\":\"no\"}\n");
    const auto with_body = [](Encoder& e) {
        e.header({.seq = 2}, true);
        e.begin_body(1);
        e.natural_field("Num", 3);
        e.end_body();
    };
    CHECK(msgpack(with_body) == "82a54572726f72a0a35365710281a34e756d03");
    CHECK(json(with_body) == "{\"Seq\":2,\"Error\":\"\",\"Num\":3}\n");
}

TEST_CASE("a line of JSON is read back by a JSON parser") {
    Bytes all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    std::string out;
    JsonEncoder encoder(out);
    encoder.begin_map(1);
    encoder.text_field("Name", all);
    encoder.end_map();
    CHECK(parse_json(out, {}));
}
