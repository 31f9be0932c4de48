#include "swim/keyring.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <new>

#include "tests/support/keys.h"

using namespace muster;
using namespace muster::swim;
using muster::test::key_of;
using muster::test::order;
using muster::test::ring_of;

namespace {

std::string told(const std::optional<Error>& error) {
    return error ? error->text : "";
}

}  // namespace

TEST_CASE("a key has 16, 24 or 32 bytes") {
    for (std::size_t size = 0; size <= 40; ++size) {
        CAPTURE(size);
        const Result<Key> made = Key::from_bytes(Bytes(size, 'k'));
        if (size == 16 || size == 24 || size == 32) {
            REQUIRE(made);
            CHECK(made->bytes() == Bytes(size, 'k'));
        } else {
            REQUIRE_FALSE(made);
            CHECK(made.error().text == "key size must be 16, 24 or 32 bytes");
        }
    }
}

TEST_CASE("keys are written and read in base64") {
    const auto [raw, text] = GENERATE(table<Bytes, std::string>({
        {"0123456789abcdef", "MDEyMzQ1Njc4OWFiY2RlZg=="},
        {"0123456789abcdef01234567", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"},
        {"0123456789abcdef0123456789ABCDEF", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY="},
        {Bytes(16, '\0'), "AAAAAAAAAAAAAAAAAAAAAA=="},
        {Bytes(16, '\xFB'), "+/v7+/v7+/v7+/v7+/v7+w=="},
        {Bytes(32, '\xFF'), "//////////////////////////////////////////8="},
    }));
    CHECK(Key::from_bytes(raw)->base64() == text);
    const Result<Key> back = Key::from_base64(text);
    REQUIRE(back);
    CHECK(back->bytes() == raw);
}

TEST_CASE("bits that the padding leaves over are ignored, as the reference does") {
    const Result<Key> sloppy = Key::from_base64("MDEyMzQ1Njc4OWFiY2RlZj==");
    REQUIRE(sloppy);
    CHECK(sloppy->base64() == "MDEyMzQ1Njc4OWFiY2RlZg==");
}

TEST_CASE("text that is no key is refused, and not repeated") {
    const std::string text = GENERATE(
        as<std::string>(), "", "=", "====", "MDEyMzQ1Njc4OWFiY2RlZg",
        "MDEyMzQ1Njc4OWFiY2RlZg=", "MDEyMzQ1Njc4OWFiY2RlZg===", "MDEyMzQ1Njc4OWFiY2Rl=g==",
        "MDEyMzQ1Njc4OWFiY2RlZ===", "MDEyMzQ1Njc4OWFiY2RlZg==\n", " MDEyMzQ1Njc4OWFiY2RlZg==",
        "MDEyMzQ1-jc4OWFiY2RlZg==", "MDEyMzQ1_jc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2Rl", "TWFu",
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUZH",
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUZHSElKSkw=");
    CAPTURE(text);
    const Result<Key> made = Key::from_base64(text);
    REQUIRE_FALSE(made);
    CHECK((text.size() < 4 || made.error().text.find(text.substr(0, 4)) == std::string::npos));
}

TEST_CASE("the first key that is installed is the primary, and a known one changes nothing") {
    Keyring ring;
    CHECK(ring.empty());
    CHECK_THAT(told(ring.install(key_of('a'))), Catch::Equals(""));
    CHECK_THAT(told(ring.install(key_of('b'))), Catch::Equals(""));
    CHECK_THAT(told(ring.install(key_of('a', 32))), Catch::Equals(""));
    CHECK(order(ring) == "aba");
    CHECK_THAT(told(ring.install(key_of('b'))), Catch::Equals(""));
    CHECK(order(ring) == "aba");
    CHECK(ring.base64() ==
          std::vector<std::string>{"YWFhYWFhYWFhYWFhYWFhYQ==", "YmJiYmJiYmJiYmJiYmJiYg==",
                                   "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="});
}

TEST_CASE("changes of the ring, each from a, b, c") {
    using Change = std::optional<Error> (Keyring::*)(const Key&);
    const auto [change, fill, error, after] =
        GENERATE(table<Change, char, std::string, std::string>({
            {&Keyring::use, 'a', "", "abc"},
            {&Keyring::use, 'b', "", "bac"},
            {&Keyring::use, 'c', "", "cab"},
            {&Keyring::use, 'x', "Requested key is not in the keyring", "abc"},
            {&Keyring::remove, 'a', "Removing the primary key is not allowed", "abc"},
            {&Keyring::remove, 'b', "", "ac"},
            {&Keyring::remove, 'c', "", "ab"},
            {&Keyring::remove, 'x', "", "abc"},
        }));
    CAPTURE(fill, after);
    Keyring ring = ring_of("abc");
    CHECK(told((ring.*change)(key_of(fill))) == error);
    CHECK(order(ring) == after);
}

TEST_CASE("a full ring takes no more keys") {
    Keyring ring;
    for (std::size_t i = 0; i < max_keys; ++i) {
        REQUIRE_THAT(told(ring.install(key_of(static_cast<char>(i)))), Catch::Equals(""));
    }
    CHECK(told(ring.install(key_of('\xFF'))) ==
          "the keyring is full: it holds 32 keys (remove those that are no longer used)");
    CHECK(ring.keys().size() == max_keys);
    CHECK_THAT(told(ring.install(key_of('\x01'))), Catch::Equals(""));
    // And is still written and read as it is.
    const Result<Keyring> back = read_keyring(write_keyring(ring));
    REQUIRE(back);
    CHECK(*back == ring);
}

TEST_CASE("the keyring file is the reference's, byte for byte") {
    CHECK(write_keyring(ring_of("a")) == "[\n  \"YWFhYWFhYWFhYWFhYWFhYQ==\"\n]");
    CHECK(write_keyring(ring_of("ab")) ==
          "[\n  \"YWFhYWFhYWFhYWFhYWFhYQ==\",\n  \"YmJiYmJiYmJiYmJiYmJiYg==\"\n]");
}

TEST_CASE("what any JSON writer makes of a keyring is read") {
    const auto [text, fills] = GENERATE(table<std::string, std::string>({
        {R"(["YWFhYWFhYWFhYWFhYWFhYQ=="])", "a"},
        {"\r\n\t [ \"YWFhYWFhYWFhYWFhYWFhYQ==\" , \"YmJiYmJiYmJiYmJiYmJiYg==\" ] \n", "ab"},
        {R"(["YmJiYmJiYmJiYmJiYmJiYg==","YWFhYWFhYWFhYWFhYWFhYQ==","YmJiYmJiYmJiYmJiYmJiYg=="])",
         "ba"},
        {R"(["\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/\/w=="])", "\xFF"},
    }));
    CAPTURE(text);
    const Result<Keyring> ring = read_keyring(text);
    REQUIRE(ring);
    CHECK(order(*ring) == fills);
}

TEST_CASE("a damaged keyring is refused with the place, and without a key") {
    constexpr const char* no_array = "the keyring: expected a JSON array of base64 strings";
    constexpr const char* no_string = "the keyring: key 1: expected a base64 string between quotes";
    constexpr const char* no_key =
        "the keyring: key 1: expected a key of 16, 24 or 32 bytes in base64, with its padding";
    const auto [text, error] = GENERATE_COPY(table<std::string, std::string>({
        {"", no_array},
        {"  ", no_array},
        {"{}", no_array},
        {"\"YWFhYWFhYWFhYWFhYWFhYQ==\"", no_array},
        {"YWFhYWFhYWFhYWFhYWFhYQ==", no_array},
        {"[]", "the keyring: expected at least one key, found none"},
        {"[", no_string},
        {"[,]", no_string},
        {"[1]", no_string},
        {"[null]", no_string},
        {"[[\"YWFhYWFhYWFhYWFhYWFhYQ==\"]]", no_string},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ==", no_string},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ=\\u003d\"]", no_string},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ==\\", no_string},
        {"[\"" + std::string(100, 'A') + "\"]", no_string},
        {"[\"" + std::string(5000, 'A'), no_string},
        {"[\"\"]", no_key},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ\"]", no_key},
        {"[\"YWFhYWFh\"]", "the keyring: key 1: key size must be 16, 24 or 32 bytes"},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ==\",]",
         "the keyring: key 2: expected a base64 string between quotes"},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ==\"",
         "the keyring: key 2: expected a comma before it, or the array's end"},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ==\" \"YmJiYmJiYmJiYmJiYmJiYg==\"]",
         "the keyring: key 2: expected a comma before it, or the array's end"},
        {"[\"YWFhYWFhYWFhYWFhYWFhYQ==\"] x", "the keyring: expected nothing after the array"},
        {std::string(max_keyring_text + 1, ' '),
         "the keyring: expected at most 16384 bytes, found more"},
    }));
    CAPTURE(text);
    const Result<Keyring> ring = read_keyring(text);
    REQUIRE_FALSE(ring);
    CHECK(ring.error().text == error);
}

TEST_CASE("a file with more keys than fit is refused") {
    std::string text = "[";
    for (int i = 0; i <= static_cast<int>(max_keys); ++i) {
        text += (i == 0 ? "\"" : ",\"") + key_of(static_cast<char>(i)).base64() + "\"";
    }
    const Result<Keyring> ring = read_keyring(text + "]");
    REQUIRE_FALSE(ring);
    CHECK(ring.error().text ==
          "the keyring: key 33: the keyring is full: it holds 32 keys (remove those that are no "
          "longer used)");
}

TEST_CASE("a key's memory holds nothing of it afterwards") {
    std::array<char, 5> memory{'k', 'k', 'k', 'k', 'k'};
    wipe(std::span(memory).subspan(1, 3));
    CHECK(BytesView(memory.data(), memory.size()) == BytesView("k\0\0\0k", 5));

    Bytes text(100, 'k');
    const std::span<const char> was(text.data(), text.size());
    wipe(text);
    CHECK(text.empty());
    // The string still owns what it had reserved; it is zeros now.
    text.resize(0);
    REQUIRE(text.data() == was.data());
    CHECK(text.capacity() >= was.size());
    text.append(1, 'x');
    CHECK(std::count(was.begin(), was.begin() + 2, 'k') == 0);

    alignas(Key) std::array<char, sizeof(Key)> place{};
    Key* made = new (place.data()) Key(key_of('k', 32));
    CHECK(std::count(place.begin(), place.end(), 'k') == 32);
    made->~Key();
    CHECK(std::count(place.begin(), place.end(), 'k') == 0);
}
