#include "swim/stream_reader.h"

#include <catch2/catch.hpp>

#include "swim/codec.h"
#include "tests/support/keys.h"

using namespace muster;
using namespace muster::swim;
using muster::test::ring_of;
using From = StreamReader::From;

namespace {

Seal seal_with(std::string_view keys, Bytes label = {}, Verify verify = {}) {
    Seal seal(std::move(label), verify);
    seal.set_keys(ring_of(keys));
    return seal;
}

Bytes ping() {
    Bytes bytes;
    encode(Ping{7, "n2", {}}, bytes);
    return bytes;
}

// What a side writes: the dialing side with its label's header.
Bytes written(Seal& seal, From side, BytesView message) {
    Bytes bytes;
    write_label(side == From::Dialer ? seal.label() : BytesView(), bytes);
    seal.seal_stream(message, Nonce{'n'}, bytes);
    return bytes;
}

// How it is read, in pieces of this size: "ping 7", "more", or the fault; and "!" where an error is
// to be answered.
std::string read(Seal& seal, From side, BytesView bytes, std::size_t piece = 1) {
    StreamReader reader(side);
    auto progress = StreamReader::Progress::More;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        progress = reader.feed(seal, bytes.substr(at, piece));
    }
    if (progress == StreamReader::Progress::Failed) {
        return to_string(reader.fault().fault) + std::string(reader.fault().outer ? "!" : "");
    }
    if (progress == StreamReader::Progress::More) {
        return "more";
    }
    return "ping " + std::to_string(std::get<Ping>(reader.message()).sequence);
}

Bytes frame_header(std::uint32_t length) {
    Bytes header = "\x0A";
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        header.push_back(static_cast<char>(length >> (shift - 8)));
    }
    return header;
}

}  // namespace

TEST_CASE("a stream is read in pieces of any size, with and without label and keys") {
    const Bytes label = GENERATE(Bytes(), Bytes("prod"));
    const std::string keys = GENERATE(as<std::string>(), "", "a");
    const From side = GENERATE(From::Dialer, From::Listener);
    Seal seal = seal_with(keys, label);
    const Bytes bytes = written(seal, side, ping());
    CHECK((bytes.find(ping()) == Bytes::npos) == !keys.empty());
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CHECK(read(seal, side, bytes, piece) == "ping 7");
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK(read(seal, side, BytesView(bytes).substr(0, size)) == "more");
    }
    // What follows is ignored, as on a plain stream.
    CHECK(read(seal, side, bytes + "xyz") == "ping 7");
}

TEST_CASE("which streams are read, by the keys and the rules of both") {
    constexpr Verify strict{};
    constexpr Verify lax{.incoming = false, .outgoing = false};
    constexpr Verify half{.incoming = false, .outgoing = true};
    struct Row {
        const char* writer;
        Verify writer_rule;
        const char* reader;
        Verify reader_rule;
        const char* outcome;
    };
    const Row row = GENERATE_COPY(values<Row>({
        {"a", strict, "ba", strict, "ping 7"},
        {"a", strict, "b", strict, "decrypt!"},
        {"", strict, "a", lax, "ping 7"},
        {"a", lax, "", strict, "ping 7"},
        {"a", lax, "a", half, "ping 7"},
        {"a", half, "a", lax, "ping 7"},
        {"a", half, "a", strict, "ping 7"},
        {"a", strict, "a", half, "ping 7"},
        {"", strict, "a", strict, "decrypt!"},
        {"a", lax, "a", strict, "decrypt!"},
        {"a", strict, "", strict, "decrypt!"},
        // A frame that cannot be opened is never plaintext: its type says what it is.
        {"x", strict, "a", lax, "decrypt!"},
    }));
    const From side = GENERATE(From::Dialer, From::Listener);
    CAPTURE(row.writer, row.reader);
    Seal writer = seal_with(row.writer, "prod", row.writer_rule);
    Seal reader = seal_with(row.reader, "prod", row.reader_rule);
    CHECK(read(reader, side, written(writer, side, ping())) == row.outcome);
}

TEST_CASE("an answer has no label header, and is vouched for by the label all the same") {
    Seal blue = seal_with("a", "blue");
    Seal plain = seal_with("a");
    CHECK(read(plain, From::Listener, written(blue, From::Listener, ping())) == "decrypt!");
    CHECK(read(blue, From::Listener, written(plain, From::Listener, ping())) == "decrypt!");
    CHECK(read(blue, From::Listener, written(blue, From::Dialer, ping())) == "decrypt!");
    CHECK(read(blue, From::Dialer, written(blue, From::Listener, ping())) == "label");
    CHECK(read(plain, From::Dialer, written(blue, From::Dialer, ping())) == "label");
}

TEST_CASE("a frame of an impossible length is refused before any of it has come") {
    Seal seal = seal_with("a");
    const auto [length, outcome] = GENERATE(table<std::uint32_t, std::string>({
        {0, "decrypt!"},
        {28, "decrypt!"},
        {29, "more"},
        {20 * 1024 * 1024, "more"},
        {20 * 1024 * 1024 + 1, "decrypt!"},
        {0xFFFFFFFF, "decrypt!"},
    }));
    CAPTURE(length);
    CHECK(read(seal, From::Dialer, frame_header(length)) == outcome);
}

TEST_CASE("a claim of much takes no memory until it has come") {
    Seal seal = seal_with("a");
    StreamReader reader(From::Dialer);
    CHECK(reader.feed(seal, frame_header(20 * 1024 * 1024) + "few") ==
          StreamReader::Progress::More);
}

TEST_CASE("one bit changed anywhere in a frame, and it is refused") {
    Seal seal = seal_with("a");
    const Bytes bytes = written(seal, From::Dialer, ping());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == sealed_stream_header) {
            continue;  // the version, which chooses the padding (seal_test.cpp)
        }
        Bytes changed = bytes;
        changed[i] = static_cast<char>(octet(changed[i]) ^ 1U);
        INFO("byte " << i);
        // A longer length waits for the rest of it; the nonce's and the text's end in refusal.
        const std::string outcome = read(seal, From::Dialer, changed);
        CHECK((outcome == "decrypt!" || (i < 5 && outcome == "more")));
    }
}

TEST_CASE("what a right key seals is still not believed") {
    Seal seal = seal_with("a");
    const auto [message, outcome] = GENERATE(table<Bytes, std::string>({
        {"", "empty!"},
        {"\x0A", "unknown-type"},
        {"\xF4", "unknown-type"},
        {Bytes(1, '\x07'), "unknown-type"},
        {Bytes(1, '\0'), "body"},
        {Bytes("\x06\x83", 2), "body"},
        {Bytes("\x00\xC1", 2), "body"},
    }));
    CHECK(read(seal, From::Dialer, written(seal, From::Dialer, message)) == outcome);
}

TEST_CASE("what has failed or is done stays so") {
    Seal seal = seal_with("a");
    StreamReader failed(From::Dialer);
    CHECK(failed.feed(seal, ping()) == StreamReader::Progress::Failed);
    CHECK(failed.feed(seal, written(seal, From::Dialer, ping())) == StreamReader::Progress::Failed);
    CHECK(failed.fault().fault == Fault::Decrypt);
    StreamReader done(From::Dialer);
    CHECK(done.feed(seal, written(seal, From::Dialer, ping())) == StreamReader::Progress::Done);
    CHECK(done.feed(seal, "more") == StreamReader::Progress::Done);
    CHECK(std::get<Ping>(done.message()).sequence == 7);
}
