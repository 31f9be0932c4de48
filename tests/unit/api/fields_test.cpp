#include "agent/api/fields.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::api;

namespace {

Value record(std::string_view json) {
    Result<Value> value = parse_json(json, {});
    REQUIRE(value);
    return *std::move(value);
}

}  // namespace

TEST_CASE("absent and nil fields are zero") {
    const Value value = record(R"({"Nil":null})");
    Fields fields(value, "record");
    for (const char* field : {"Nil", "Absent"}) {
        CHECK_FALSE(fields.has(field));
        CHECK(fields.text(field).empty());
        CHECK(fields.natural(field) == 0);
        CHECK(fields.integer(field) == 0);
        CHECK_FALSE(fields.boolean(field));
        CHECK(fields.texts(field).empty());
        CHECK(fields.text_map(field).empty());
    }
    CHECK_FALSE(fields.failed());
}

TEST_CASE("a field of the wrong kind is named") {
    const Value value = record(R"({"A":[1],"B":"x","C":-1,"D":{"k":1},"E":1.5,"F":true})");
    const auto [take, expected] = GENERATE(table<void (*)(Fields&), std::string>({
        {[](Fields& f) { f.text("A"); }, "field A: expected text, found a list"},
        {[](Fields& f) { f.natural("B"); },
         "field B: expected a number that is not negative, found text"},
        {[](Fields& f) { f.natural("C"); },
         "field C: expected a number that is not negative, found a number"},
        {[](Fields& f) { f.integer("E"); }, "field E: expected a whole number, found a fraction"},
        {[](Fields& f) { f.boolean("B"); }, "field B: expected true or false, found text"},
        {[](Fields& f) { f.texts("A"); }, "field A: expected a list of texts, found a number"},
        {[](Fields& f) { f.texts("B"); }, "field B: expected a list, found text"},
        {[](Fields& f) { f.text_map("D"); }, "field D: expected a map of texts, found a number"},
        {[](Fields& f) { f.text_map("F"); },
         "field F: expected a map of texts, found true or false"},
    }));
    Fields fields(value, "join");
    take(fields);
    REQUIRE(fields.failed());
    CHECK(fields.error().text == "join: " + expected);
}

TEST_CASE("the first thing that is wrong is the one reported") {
    const Value value = record(R"({"A":1,"B":1})");
    Fields fields(value, "record");
    fields.text("B");
    fields.text("A");
    CHECK(fields.error().text == "record: field B: expected text, found a number");
}

TEST_CASE("a record that is no map has no fields") {
    const Value value = record("[1]");
    Fields fields(value, "stop");
    CHECK(fields.text("A").empty());
    REQUIRE(fields.failed());
    CHECK(fields.error().text == "stop: expected a map, found a list");
}

TEST_CASE("true bytes beside garbled text win") {
    const Value value =
        record(R"({"Node":"a\ufffd","NodeBase64":"Yf8=",)"
               R"("Tags":{"k":"plain","g":"b\ufffd"},"TagsBase64":{"Zw==":"Yv8="}})");
    Fields fields(value, "record");
    CHECK(fields.text("Node") == "a\xff");
    CHECK(fields.text_map("Tags") == TextMap{{"g", "b\xff"}, {"k", "plain"}});
    CHECK_FALSE(fields.failed());
}

TEST_CASE("what is not base64 is named") {
    const Value value = record(R"({"NodeBase64":"?","TagsBase64":{"Zw==":1}})");
    Fields node(value, "record");
    node.text("Node");
    CHECK(node.error().text == "record: field NodeBase64: expected base64, found text");
    Fields tags(value, "record");
    tags.text_map("Tags");
    CHECK(tags.error().text ==
          "record: field TagsBase64: expected a map of base64, found a number");
}
