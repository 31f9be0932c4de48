#include "agent/api/key_text.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::api;

TEST_CASE("a key's text is base64, line breaks or not") {
    const auto [text, key] = GENERATE(table<const char*, const char*>({
        {"", ""},
        {"QQ==", "A"},
        {"QUI=", "AB"},
        {"QUJD", "ABC"},
        {"QUJD\n", "ABC"},
        {"QU\r\nJDQQ==\n", "ABCA"},
    }));
    CAPTURE(text);
    const Result<Bytes> decoded = decode_key_text(text);
    REQUIRE(decoded);
    CHECK(*decoded == key);
}

// The positions are those that Go's encoding/base64 reports.
TEST_CASE("a text that is no key says where it is wrong, as the reference does") {
    const auto [text, position] = GENERATE(table<const char*, int>({
        {"!!!", 0},
        {"Q!==", 1},
        {"QUJD!", 4},
        {"Q", 0},
        {"QU", 0},
        {"QUJ", 0},
        {"QUJDQ", 4},
        {"=", 0},
        {"Q=", 1},
        {"QU=", 3},
        {"QU=J", 2},
        {"QQ==QQ==", 4},
        {"QUI=x", 4},
        {"QU-_", 2},
        {" QQ==", 0},
    }));
    CAPTURE(text);
    const Result<Bytes> decoded = decode_key_text(text);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().text == "illegal base64 data at input byte " + std::to_string(position));
}
