#include "swim/packet.h"

#include <catch2/catch.hpp>
#include <vector>

#include "swim/codec.h"
#include "swim/lzw.h"
#include "swim/random.h"
#include "swim/stream.h"
#include "tests/unit/swim/vectors.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::test;

namespace {

Bytes user(BytesView payload) {
    Bytes out;
    encode(User{payload}, out);
    return out;
}

// A compound of any parts, also of those that frame_packet would not write.
Bytes compound(const std::vector<Bytes>& parts) {
    Bytes out{'\x07', static_cast<char>(parts.size())};
    for (const Bytes& part : parts) {
        out.push_back(static_cast<char>(part.size() >> 8U));
        out.push_back(static_cast<char>(part.size()));
    }
    for (const Bytes& part : parts) {
        out.append(part);
    }
    return out;
}

Bytes compressed(BytesView message) {
    Bytes out;
    compress_stream(message, out);
    return out;
}

Bytes framed(const std::vector<Bytes>& messages, Framing framing) {
    Bytes out;
    frame_packet(std::vector<BytesView>(messages.begin(), messages.end()), framing, out);
    return out;
}

// What came out of a packet: the payloads of its user messages (other messages as "?"), and its
// faults with their details.
std::vector<std::string> outcome(BytesView packet) {
    PacketReader reader;
    reader.open(packet);
    std::vector<std::string> out;
    for (const Message& message : reader.messages()) {
        const auto* payload = std::get_if<User>(&message);
        out.emplace_back(payload == nullptr ? "?" : Bytes(payload->payload));
    }
    for (const PacketFault& fault : reader.faults()) {
        out.push_back(std::string(to_string(fault.fault)) + ": " + fault.detail);
    }
    return out;
}

using Outcome = std::vector<std::string>;

}  // namespace

TEST_CASE("each fault has the word that is shown to people") {
    const char* const words[] = {"empty",   "unknown-type", "crc",   "compression", "compound",
                                 "nesting", "body",         "label", "decrypt"};
    REQUIRE(std::size(words) == fault_count);
    for (std::size_t i = 0; i < fault_count; ++i) {
        CHECK(std::string(to_string(static_cast<Fault>(i))) == words[i]);
    }
}

TEST_CASE("no bytes, and types that are no packet messages, are faults") {
    CHECK(outcome("") == Outcome{"empty: expected a message, found no bytes"});
    const unsigned type = GENERATE(6U, 10U, 12U, 13U, 14U, 100U, 244U, 255U);
    CHECK(outcome(Bytes(1, static_cast<char>(type)) + "abc") ==
          Outcome{"unknown-type: expected the type of a packet message, found " +
                  std::to_string(type)});
}

TEST_CASE("a body that does not decode is one fault, and costs the packet nothing else") {
    CHECK(outcome(compound({user("a"), from_hex("0081a55365714e6fa137"), user("b")})) ==
          Outcome{"a", "b",
                  "body: ping SeqNo: expected an integer from 0 to 4294967295, found a string of 1 "
                  "bytes"});
}

TEST_CASE("a compound gives its whole parts, in order") {
    CHECK(outcome(compound({})).empty());
    CHECK(outcome(compound({user("a"), user(""), user("c")}) + "behind") == Outcome{"a", "", "c"});
    CHECK(outcome(compound({user("a"), "", user("c")})) ==
          Outcome{"a", "c", "empty: expected a message, found no bytes"});

    const Bytes four = compound({user("a"), user("b"), user("c"), user("d")});
    CHECK(outcome(BytesView(four).substr(0, four.size() - 1)) ==
          Outcome{"a", "b", "c", "compound: compound: 1 of 4 parts are cut off"});
    CHECK(outcome(BytesView(four).substr(0, four.size() - 5)) ==
          Outcome{"a", "compound: compound: 3 of 4 parts are cut off"});
}

TEST_CASE("a compound whose head is cut off gives nothing") {
    const Outcome refused{"compound: compound: the count or the lengths are cut off"};
    CHECK(outcome("\x07") == refused);
    CHECK(outcome("\x07\x01") == refused);
    CHECK(outcome(BytesView("\x07\x02\x00\x02\x00", 5)) == refused);
    CHECK(outcome(BytesView("\x07\xFF\x00\x02\x08\x08", 6)) == refused);
}

TEST_CASE("a packet cut at any byte gives whole messages and a fault, never less") {
    const Bytes whole = vector_bytes("packet/compound_every_type");
    PacketReader reader;
    reader.open(whole);
    const std::size_t all = reader.messages().size();
    CHECK(reader.faults().empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        reader.open(BytesView(whole).substr(0, size));
        CHECK(reader.messages().size() < all);
        CHECK(reader.faults().size() == 1);
    }
}

TEST_CASE("the checksum is looked at in its place only") {
    const Bytes good = framed({user("abc")}, {.crc = true});
    CHECK(outcome(good) == Outcome{"abc"});
    for (std::size_t i = 1; i < good.size(); ++i) {
        Bytes wrong = good;
        wrong[i] = static_cast<char>(wrong[i] ^ 0x10);
        CHECK(outcome(wrong) ==
              Outcome{"crc: crc: the checksum does not match the 4 bytes after it"});
    }
    CHECK(outcome(framed({user("abc")}, {.crc = true}).substr(0, 5)) ==
          Outcome{"crc: crc: the checksum does not match the 0 bytes after it"});
    const Outcome unknown{"unknown-type: expected the type of a packet message, found 12"};
    CHECK(outcome(BytesView(good).substr(0, 4)) == unknown);
    CHECK(outcome(compound({good})) == unknown);
    CHECK(outcome(compressed(good)) == unknown);
    CHECK(outcome(framed({good}, {.crc = true})) == unknown);
}

TEST_CASE("compress and compound are undone in any order, up to the limit") {
    CHECK(outcome(compressed(compound({user("a"), compressed(user("b"))}))) == Outcome{"a", "b"});
    Bytes nest = user("x");
    for (std::size_t i = 0; i < max_nesting; ++i) {
        nest = i % 2 == 0 ? compound({nest}) : compressed(nest);
    }
    CHECK(outcome(nest) == Outcome{"x"});
    CHECK(outcome(compound({nest, user("y")})) ==
          Outcome{"y", "nesting: compound: expected at most 4 wrappers around a message"});
    CHECK(outcome(compound({compound({compound({compound({compound({})})})})})) ==
          Outcome{"nesting: compound: expected at most 4 wrappers around a message"});
}

TEST_CASE("compression that cannot be undone is a fault") {
    CHECK(outcome(compressed("")) == Outcome{"empty: expected a message, found no bytes"});
    CHECK(outcome(from_hex("0982a4416c676f01a3427566a3000302")) ==
          Outcome{"compression: compress Algo: expected 0, found 1"});
    CHECK(outcome(from_hex("0982a4416c676f00a3427566a20003")) ==
          Outcome{"compression: compress Buf: LZW: the stream ends without its end code"});
    CHECK(outcome(from_hex("0982a4416c676f00a342756605")) ==
          Outcome{"body: compress Buf: expected bytes, found the integer 5"});
    // Nil, and both fields missing: an empty stream, which has no end code.
    CHECK(outcome(from_hex("09c0")) ==
          Outcome{"compression: compress Buf: LZW: the stream ends without its end code"});
}

TEST_CASE("what a packet decompresses to is limited as a whole, however it is spread") {
    const Bytes half = compressed(user(Bytes(max_packet_decompressed / 2, 'x')));
    CHECK(half.size() < 0xFFFF);
    PacketReader reader;
    const Bytes two = compound({half, half, compressed(user("z"))});
    reader.open(two);
    REQUIRE(reader.messages().size() == 1);
    CHECK(std::get<User>(reader.messages()[0]).payload.size() == max_packet_decompressed / 2);
    REQUIRE(reader.faults().size() == 2);
    CHECK(reader.faults()[0].detail == "compress Buf: LZW: the plaintext exceeds 524287 bytes");
    // The one that failed may have cost all that was left.
    CHECK(reader.faults()[1].detail == "compress Buf: LZW: the plaintext exceeds 0 bytes");

    const Bytes ordinary = vector_bytes("packet/crc_compress_compound");
    reader.open(ordinary);
    CHECK(reader.messages().size() == 9);
    CHECK(reader.faults().empty());
}

TEST_CASE("a packet of a million tiny messages gives a bounded number of them") {
    const Bytes full = compound(std::vector<Bytes>(255, user("")));
    const Bytes nest = compressed(compound(std::vector<Bytes>(50, full)));
    PacketReader reader;
    reader.open(nest);
    CHECK(reader.messages().size() < max_packet_parts);
    CHECK(reader.messages().size() > max_packet_parts / 2);
    REQUIRE(reader.faults().size() == 1);
    CHECK(reader.faults()[0].fault == Fault::Nesting);
    CHECK(reader.faults()[0].detail ==
          "packet: expected at most 1024 messages and wrappers, found more");
}

TEST_CASE("a packet of faults gives a bounded number of them") {
    const Bytes nothing = compound(std::vector<Bytes>(255, Bytes()));
    PacketReader reader;
    const Bytes nest = compressed(compound(std::vector<Bytes>(50, nothing)));
    reader.open(nest);
    CHECK(reader.messages().empty());
    CHECK(reader.faults().size() <= max_packet_parts);
}

TEST_CASE("one message is framed bare, several as a compound, each with its checksum if asked") {
    CHECK(framed({user("a")}, {}) == user("a"));
    CHECK(framed({user("a"), user("b")}, {}) == compound({user("a"), user("b")}));
    CHECK(framed(std::vector<Bytes>(max_compound_parts, user("a")), {}) ==
          compound(std::vector<Bytes>(max_compound_parts, user("a"))));
    Bytes out = "before";
    const Bytes message = user("a");
    const BytesView part = message;
    frame_packet({&part, 1}, {.crc = true}, out);
    CHECK(out.starts_with("before\x0C"));
    CHECK(outcome(BytesView(out).substr(6)) == Outcome{"a"});
}

TEST_CASE("a packet is compressed only if that makes it smaller") {
    const Bytes even = user(Bytes(1000, 'x'));
    const Bytes small = framed({even, even}, {.compress = true, .crc = true});
    CHECK(small.size() < 200);
    CHECK(outcome(small) == Outcome{Bytes(1000, 'x'), Bytes(1000, 'x')});

    Random random(1);
    Bytes noise;
    for (int i = 0; i < 1000; ++i) {
        noise.push_back(static_cast<char>(random.next()));
    }
    CHECK(framed({user(noise)}, {.compress = true}) == user(noise));
}

TEST_CASE("a packet that compression leaves as long as it was is sent as it was") {
    Random random(3);
    std::size_t met = 0;
    for (int i = 0; i < 3000 && met < 3; ++i) {
        Bytes payload;
        for (auto left = 150 + random.below(std::uint64_t{150}); left > 0; --left) {
            payload.push_back(static_cast<char>(random.below(std::uint64_t{16})));
        }
        const Bytes message = user(payload);
        if (compressed(message).size() == message.size()) {
            CHECK(framed({message}, {.compress = true}) == message);
            ++met;
        }
    }
    CHECK(met == 3);
}

TEST_CASE("sizes about the one at which compression is tried come back whole") {
    for (std::size_t size = 100; size < 160; ++size) {
        const Bytes payload(size, 'x');
        const Bytes packet = framed({user(payload)}, {.compress = true});
        CHECK(packet.size() <= size + 1);
        CHECK(outcome(packet) == Outcome{payload});
    }
}

TEST_CASE("the real messages that are too short to be compressed would not have shrunk") {
    for (const char* name :
         {"msg/ping_full", "msg/ping_source_ipv6", "msg/indirect_ping_full_nack",
          "msg/ack_payload_32", "msg/nack", "msg/suspect", "msg/alive_ipv4_meta_serf_versions",
          "msg/alive_v4_mapped_16", "msg/dead_failed", "packet/compound_ping_suspect",
          "packet/sent_ping_piggyback"}) {
        INFO(name);
        const Bytes message = vector_bytes(name);
        CHECK(message.size() < 128);
        CHECK(compressed(message).size() >= message.size());
    }
}
