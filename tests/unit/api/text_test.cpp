#include "agent/api/text.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::api;

namespace {

std::string json(BytesView bytes) {
    std::string out;
    append_json_string(bytes, out);
    return out;
}

std::string base64(BytesView bytes) {
    std::string out;
    append_base64(bytes, out);
    return out;
}

}  // namespace

TEST_CASE("only strict UTF-8 counts as UTF-8") {
    const auto [bytes, valid] = GENERATE(table<std::string, bool>({
        {"", true},
        {"plain", true},
        {std::string("\0", 1), true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xff", false},
        {"\xc3", false},
        {"\xc0\x80", false},          // overlong
        {"\xc1\xbf", false},          // overlong
        {"\xe0\x80\x80", false},      // overlong
        {"\xf0\x80\x80\x80", false},  // overlong
        {"\xed\xa0\x80", false},      // a surrogate
        {"\xf4\x90\x80\x80", false},  // above U+10FFFF
        {"\xf5\x80\x80\x80", false},
        {"\xe2\x82", false},
        {"\xe2\x28\xa1", false},
    }));
    CAPTURE(bytes);
    CHECK(is_utf8(bytes) == valid);
}

TEST_CASE("every byte that is not UTF-8 is replaced by itself, as Go does it") {
    std::string out;
    append_utf8("a\xff\xe2\x82z\xc3\xa9", out);
    CHECK(out == "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xc3\xa9");
}

TEST_CASE("JSON strings are escaped, and cannot drive a terminal either") {
    CHECK(json("") == R"("")");
    CHECK(json("plain text") == R"("plain text")");
    CHECK(json("a\"b\\c\nd\te\x1b[2J\x7f") == R"("a\"b\\c\nd\te\u001b[2J\u007f")");
    CHECK(json(BytesView("\0", 1)) == R"("\u0000")");
    CHECK(json("\xc2\x9b") == R"("\u009b")");      // a one-character CSI
    CHECK(json("\xe2\x80\xae") == R"("\u202e")");  // right-to-left override
    CHECK(json("\xc3\xa9\xf0\x9f\x98\x80") == "\"\xc3\xa9\xf0\x9f\x98\x80\"");
}

TEST_CASE("a JSON string says whether bytes had to be replaced") {
    std::string out;
    CHECK(append_json_string("ok", out));
    CHECK_FALSE(append_json_string("a\xff", out));
    CHECK(out == "\"ok\"\"a\xef\xbf\xbd\"");
}

TEST_CASE("base64 is the standard's, padded, both ways") {
    const auto [bytes, text] = GENERATE(table<std::string, std::string>({
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"\xff\xfe\xfd", "//79"},
        {"\xfb\xf0", "+/A="},
    }));
    CHECK(base64(bytes) == text);
    CHECK(decode_base64(text) == bytes);
}

TEST_CASE("what is not base64 is refused") {
    const auto text = GENERATE(as<std::string>(), "Z", "Zg", "Zg=", "Zg==Zg==", "Zm9v!",
                               "====", "Z===", "Zm 9", "=Zm9");
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text).has_value());
}

TEST_CASE("no peer can drive a terminal") {
    const auto [bytes, shown] = GENERATE(table<std::string, std::string>({
        {"node-1", "node-1"},
        {"n\xc3\xb6"
         "de",
         "n\xc3\xb6"
         "de"},
        {"a\x1b[31mred", "a\\x1b[31mred"},
        {"two\nlines\r\t", "two\\x0alines\\x0d\\x09"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b"
         "2J",
         "\\xc2\\x9b2J"},
        {"\xe2\x80\xae"
         "abc",
         "\\xe2\\x80\\xae"
         "abc"},
        {"zero\xe2\x80\x8bwidth", "zero\\xe2\\x80\\x8bwidth"},
        {"\xff\xc3", "\\xff\\xc3"},
    }));
    CHECK(printable(bytes) == shown);
}

TEST_CASE("width counts characters, not bytes") {
    CHECK(width("abc") == 3);
    CHECK(width("n\xc3\xb6"
                "de") == 4);
    CHECK(width("\xf0\x9f\x98\x80") == 1);
}
