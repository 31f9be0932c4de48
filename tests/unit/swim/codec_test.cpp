#include "swim/codec.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/swim/vectors.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::test;

namespace {

std::string trouble(BytesView bytes) {
    Scratch scratch;
    const auto message = decode_message(bytes, scratch);
    return message ? "none" : message.error().text;
}

const char* const single_messages[] = {
    "msg/ping_full", "msg/indirect_ping_full_nack", "msg/ack_payload_32", "msg/nack",
    "msg/suspect",   "msg/alive_meta_512",          "msg/dead_left",      "msg/alive_nil_vsn",
};

}  // namespace

TEST_CASE("a message cut at any byte is refused, and the reason says that it ends") {
    for (const char* name : single_messages) {
        const Bytes bytes = vector_bytes(name);
        CHECK(trouble(bytes) == "none");
        CHECK(trouble("") == "expected a message, found no bytes");
        for (std::size_t size = 1; size < bytes.size(); ++size) {
            INFO(name << " cut to " << size);
            CHECK(
                trouble(BytesView(bytes).substr(0, size)).ends_with("found the end of the bytes"));
        }
    }
}

TEST_CASE("no single wrong byte in a message does harm") {
    std::size_t refused = 0;
    for (const char* name : single_messages) {
        const Bytes good = vector_bytes(name);
        for (std::size_t i = 0; i < good.size(); ++i) {
            for (const unsigned wrong : {0x00U, 0x7FU, 0x80U, 0x9FU, 0xC0U, 0xC1U, 0xC6U, 0xCFU,
                                         0xD3U, 0xDBU, 0xDDU, 0xDFU, 0xFFU}) {
                Bytes bytes = good;
                bytes[i] = static_cast<char>(wrong);
                refused += trouble(bytes) == "none" ? 0U : 1U;
            }
        }
    }
    CHECK(refused > 1000);
}

TEST_CASE("the reason names message, field, what was expected and what was found") {
    const auto [hex, expected] = GENERATE(table<std::string, std::string>({
        {"0081a55365714e6fa137",
         "ping SeqNo: expected an integer from 0 to 4294967295, found a string of 1 bytes"},
        {"0091cf0000000100000000",
         "ping SeqNo: expected an integer from 0 to 4294967295, found the integer 4294967296"},
        {"0181a44e61636b02", "indirectPing Nack: expected true or false, found the integer 2"},
        {"0481a4506f7274ce00010000",
         "alive Port: expected an integer from 0 to 65535, found the integer 65536"},
        {"0481a44164647207", "alive Addr: expected bytes, found the integer 7"},
        {"04810102", "alive key: expected a string, found the integer 1"},
        {"0581a35a7a7ac1", "dead unknown field: expected a value, found the reserved byte 0xC1"},
        {"0005", "ping: expected a map or an array of fields, found the integer 5"},
        {"00", "ping: expected a map or an array of fields, found the end of the bytes"},
        {"06c0", "expected a message, found type 6"},
        {"0dc0", "expected a message, found type 13"},
        {"f4", "expected a message, found type 244"},
    }));
    CHECK(trouble(from_hex(hex)) == expected);
}

TEST_CASE("names are never part of a reason: they are a stranger's bytes") {
    CHECK(trouble(from_hex("0082a3070a1b05a55365714e6fa3070a1b")) ==
          "ping SeqNo: expected an integer from 0 to 4294967295, found a string of 3 bytes");
}

TEST_CASE("a claim of four thousand million fields costs what its bytes cost") {
    CHECK(trouble(from_hex("00dfffffffff")) ==
          "ping key: expected a string, found the end of the bytes");
    CHECK(trouble(from_hex("04ddffffffff01a161")) ==
          "alive Addr: expected bytes, found the end of the bytes");
}

TEST_CASE("every message in the form of an array, its fields in declared order") {
    Scratch scratch;
    const auto decoded = [&](const char* hex, auto check) {
        const Bytes bytes = from_hex(hex);
        const auto message = decode_message(bytes, scratch);
        REQUIRE(message);
        check(*message);
    };
    decoded(
        "009507a161a4010203"
        "04cd1f0aa162",
        [](const Message& message) {
            const auto& ping = std::get<Ping>(message);
            CHECK(fields_of(ping).dump() ==
                  R"({"Node":"a","SeqNo":7,"SourceAddr":"hex:01020304","SourceNode":"b",)"
                  R"("SourcePort":7946})");
        });
    decoded(
        "019807a4010203"
        "0405a161c3a405060708cd1f0aa162",
        [](const Message& message) {
            const auto& ping = std::get<IndirectPing>(message);
            CHECK(fields_of(ping).dump() ==
                  R"({"Nack":true,"Node":"a","Port":5,"SeqNo":7,"SourceAddr":"hex:05060708",)"
                  R"("SourceNode":"b","SourcePort":7946,"Target":"hex:01020304"})");
        });
    decoded("029207a178", [](const Message& message) {
        CHECK(fields_of(std::get<Ack>(message)).dump() == R"({"Payload":"hex:78","SeqNo":7})");
    });
    decoded("0b9107", [](const Message& message) {
        CHECK(fields_of(std::get<Nack>(message)).dump() == R"({"SeqNo":7})");
    });
    decoded("039307a161a162", [](const Message& message) {
        CHECK(fields_of(std::get<Suspect>(message)).dump() ==
              R"({"From":"b","Incarnation":7,"Node":"a"})");
    });
    decoded("059307a161a162", [](const Message& message) {
        CHECK(fields_of(std::get<Dead>(message)).dump() ==
              R"({"From":"b","Incarnation":7,"Node":"a"})");
    });
}

TEST_CASE("the bodies of streams and wrappers in the form of an array") {
    Scratch scratch;
    const auto body = [&]<class T>(const char* hex, T) {
        const Bytes bytes = from_hex(hex);
        MsgpackReader in(bytes, scratch);
        const auto read = read_body<T>(in);
        REQUIRE(read);
        CHECK(in.consumed() == bytes.size());
        return fields_of(*read).dump();
    };
    CHECK(body("97a161a401020304cd1f0aa16d0702a6010502020505", NodeState{}) ==
          R"({"Addr":"hex:01020304","Incarnation":7,"Meta":"hex:6d","Name":"a","Port":7946,)"
          R"("State":2,"Vsn":"hex:010502020505"})");
    CHECK(body("930405c3", PushPullHeader{}) == R"({"Join":true,"Nodes":4,"UserStateLen":5})");
    CHECK(body("91a16f", RemoteError{}) == R"({"Error":"o"})");

    const Bytes compress = from_hex("9200a161");
    MsgpackReader in(compress, scratch);
    CHECK(read_body<CompressBody>(in)->buffer == "a");
    const Bytes header = from_hex("9107");
    MsgpackReader user(header, scratch);
    CHECK(read_body<StreamUserHeader>(user)->size == 7);
}

TEST_CASE("every field may be nil") {
    Scratch scratch;
    const Bytes all_nil = "\x04\x96" + Bytes(6, '\xC0');
    const auto message = decode_message(all_nil, scratch);
    REQUIRE(message);
    CHECK(fields_of(std::get<Alive>(*message)) == fields_of(Alive{}));
}

TEST_CASE("what is decoded points into the packet; only arrays of integers are copied") {
    const Bytes packet = vector_bytes("msg/alive_meta_512");
    Scratch scratch;
    const auto message = decode_message(packet, scratch);
    REQUIRE(message);
    const auto& alive = std::get<Alive>(*message);
    CHECK(alive.meta.data() > packet.data());
    CHECK(alive.meta.data() < packet.data() + packet.size());
    CHECK(scratch.empty());

    const Bytes array = Bytes("\x04") + vector_bytes("msgpack/vsn_array");
    REQUIRE(decode_message(array, scratch));
    CHECK(scratch.size() == 1);
}

TEST_CASE("the source of a ping is left out where it is empty") {
    Bytes out;
    encode(Ping{7, "b", {}}, out);
    encode(Ping{7, "b", {"", 7946, ""}}, out);
    encode(Ping{7, "b", {"", 0, "a"}}, out);
    CHECK(to_hex(out) ==
          "0082a44e6f6465a162a55365714e6f07"
          "0083a44e6f6465a162a55365714e6f07aa536f75726365506f7274cd1f0a"
          "0083a44e6f6465a162a55365714e6f07aa536f757263654e6f6465a161");
}
