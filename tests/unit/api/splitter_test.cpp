#include "agent/api/splitter.h"

#include <catch2/catch.hpp>

#include "tests/unit/api/vectors.h"

using namespace muster;
using namespace muster::api;
using Outcome = Splitter::Outcome;

namespace {

constexpr std::size_t max_bytes = 1000;

Splitter msgpack_splitter(ValueLimits limits = {}) {
    return {Framing::Msgpack, max_bytes, limits};
}

// Hands in the stream byte by byte, as a slow client would, and gives the objects found.
std::vector<Bytes> drip(Splitter splitter, BytesView stream) {
    std::vector<Bytes> found;
    Bytes received;
    for (const char c : stream) {
        received += c;
        const Outcome outcome = splitter.look(received);
        if (outcome == Outcome::Whole) {
            CHECK(splitter.size() == received.size());
            found.push_back(std::exchange(received, {}));
        } else {
            REQUIRE(outcome == Outcome::More);
        }
    }
    CHECK(received.empty());
    return found;
}

}  // namespace

TEST_CASE("the first byte chooses the framing") {
    CHECK(framing_of('{') == Framing::JsonLines);
    CHECK(framing_of('\x80') == Framing::Msgpack);
    CHECK(framing_of('\x82') == Framing::Msgpack);
    CHECK(framing_of('\x8f') == Framing::Msgpack);
    CHECK(framing_of('\xde') == Framing::Msgpack);
    CHECK(framing_of('\xdf') == Framing::Msgpack);
    for (const char other : {'G', ' ', '\n', '[', '\x90', '\xa1', '\xc0', '\x16', '\0', '\x7f'})
        CHECK_FALSE(framing_of(other).has_value());
}

TEST_CASE("captured conversations are split where their objects end, however they arrive") {
    for (const CapturedConversation& conversation : captured_conversations()) {
        CAPTURE(conversation.id, conversation.version);
        for (const auto* side : {&conversation.client, &conversation.server}) {
            Bytes stream;
            for (const Bytes& object : *side)
                stream += object;
            CHECK(drip({Framing::Msgpack, 100'000, {}}, stream) == *side);
        }
    }
}

TEST_CASE("every form of msgpack ends where it ends") {
    const auto hex = GENERATE(
        as<std::string>(), "80", "90", "a0", "c0", "c2", "c3", "00", "7f", "e0", "ff", "c400",
        "c401ff", "c50001ff", "c600000001ff", "c70100ff", "c8000100ff", "c90000000100ff",
        "ca3f800000", "cb3ff0000000000000", "cc01", "cd0001", "ce00000001", "cf0000000000000001",
        "d001", "d10001", "d200000001", "d30000000000000001", "d40001", "d5000102", "d60001020304",
        "d7000102030405060708", "d8000102030405060708090a0b0c0d0e0f10", "d90161", "da000161",
        "db0000000161", "dc0001c0", "dd00000001c0", "de0001a161c0", "df00000001a161c0",
        "82a16192c0c0a16281a16390");
    CAPTURE(hex);
    const Bytes object = from_hex(hex);
    CHECK(drip(msgpack_splitter(), object + object) == std::vector<Bytes>{object, object});
}

TEST_CASE("several objects at once come out one by one") {
    Splitter splitter = msgpack_splitter();
    const Bytes stream = from_hex("81a1610182");
    REQUIRE(splitter.look(stream) == Outcome::Whole);
    CHECK(splitter.size() == 4);
    CHECK(splitter.look(BytesView(stream).substr(4)) == Outcome::More);
}

TEST_CASE("a claim beyond the limit is refused at its header") {
    const auto hex =
        GENERATE(as<std::string>(), "dfffffffff", "ddffffffff", "dbffffffff", "c6ffffffff",
                 "c9ffffffff", "81a161dbffffffff", "de0200", "dc03e8", "da03e6");
    CAPTURE(hex);
    CHECK(msgpack_splitter().look(from_hex(hex)) == Outcome::TooLarge);
}

TEST_CASE("the largest object that fits is taken") {
    const Bytes fits = from_hex("da03e5") + Bytes(max_bytes - 3, 'x');
    CHECK(msgpack_splitter().look(fits) == Outcome::Whole);
}

TEST_CASE("too deep and too many are refused") {
    CHECK(msgpack_splitter({.values = 100, .depth = 2}).look(from_hex("919100")) == Outcome::Whole);
    CHECK(msgpack_splitter({.values = 100, .depth = 2}).look(from_hex("919191")) ==
          Outcome::TooLarge);
    CHECK(msgpack_splitter({.values = 10, .depth = 2}).look(from_hex("dc0064")) ==
          Outcome::TooLarge);
}

TEST_CASE("an impossible byte is malformed") {
    CHECK(msgpack_splitter().look("\xc1") == Outcome::Malformed);
    CHECK(msgpack_splitter().look("\x81\xa1\x61\xc1") == Outcome::Malformed);
}

TEST_CASE("JSON is split at the ends of lines") {
    const Splitter splitter(Framing::JsonLines, max_bytes, {});
    CHECK(drip(splitter, "{\"a\":1}\n{}\r\n\n") ==
          std::vector<Bytes>{"{\"a\":1}\n", "{}\r\n", "\n"});
}

TEST_CASE("a line beyond the limit is refused before it ends") {
    Splitter splitter(Framing::JsonLines, 10, {});
    CHECK(splitter.look("{123456789") == Outcome::More);
    CHECK(splitter.look("{1234567890") == Outcome::TooLarge);
    CHECK(Splitter(Framing::JsonLines, 10, {}).look("{12345678\n") == Outcome::Whole);
}
