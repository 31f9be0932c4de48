#include "swim/stream.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/support/rewritten.h"
#include "tests/unit/swim/vectors.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::test;

namespace {

using Progress = StreamDecoder::Progress;

// What a decoder says in the end: the message, written again in hex; the fault; or "more".
std::string outcome(const StreamDecoder& decoder, Progress progress) {
    switch (progress) {
        case Progress::More:
            return "more";
        case Progress::Done:
            return to_hex(rewritten(decoder.message()));
        case Progress::Failed:
            break;
    }
    const StreamFault& fault = decoder.fault();
    return std::string(fault.outer ? "outer " : "") + to_string(fault.fault) + ": " + fault.detail;
}

std::string outcome(BytesView stream, std::size_t piece = std::string::npos) {
    StreamDecoder decoder;
    Progress progress = Progress::More;
    for (std::size_t at = 0; at < stream.size() && progress == Progress::More;) {
        const BytesView next = stream.substr(at, piece);
        progress = decoder.feed(next);
        at += next.size();
    }
    return outcome(decoder, progress);
}

Bytes compressed(BytesView message) {
    Bytes out;
    compress_stream(message, out);
    return out;
}

Bytes exchange(std::size_t nodes, BytesView user_state) {
    Bytes out;
    encode_push_pull_header(true, nodes, user_state.size(), out);
    for (std::size_t i = 0; i < nodes; ++i) {
        const std::string name = "node-" + std::to_string(i);
        encode(NodeState{name, "\x0A\x01\x02\x03", 7946, "meta", 1, 0, "\x01\x05\x02\x02\x05\x05"},
               out);
    }
    return out.append(user_state);
}

// Every stream of the vectors that is not encrypted, without its label.
std::vector<Bytes> streams() {
    std::vector<Bytes> found;
    for (const Vector& vector : vectors()) {
        const auto means = nlohmann::json::parse(vector.means);
        if (means.at("kind") == "stream" && !means.contains("encrypt")) {
            const bool labelled = octet(vector.bytes[0]) == 0xF4;
            found.push_back(vector.bytes.substr(labelled ? 6 : 0));
        }
    }
    CHECK(found.size() == 18);
    return found;
}

}  // namespace

TEST_CASE("a stream says the same however its bytes arrive") {
    for (const Bytes& stream : streams()) {
        const std::string whole = outcome(stream);
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 1000U}) {
            CHECK(outcome(stream, piece) == whole);
        }
    }
}

TEST_CASE("a stream is done with its last byte, and not before") {
    for (const Bytes& stream : streams()) {
        StreamDecoder decoder;
        for (std::size_t i = 0; i + 1 < stream.size(); ++i) {
            REQUIRE(decoder.feed(BytesView(stream).substr(i, 1)) == Progress::More);
        }
        CHECK(decoder.feed(BytesView(stream).substr(stream.size() - 1)) == Progress::Done);
    }
}

TEST_CASE("what comes after the message is ignored, in the same piece and in later ones") {
    const Bytes stream = vector_bytes("stream/ack_plain");
    StreamDecoder decoder;
    CHECK(decoder.feed(stream + "more") == Progress::Done);
    CHECK(decoder.feed("\xC1\xC1") == Progress::Done);
    CHECK(rewritten(decoder.message()) == stream);
    CHECK(outcome(compressed(stream + "more")) == to_hex(stream));
}

TEST_CASE("a message outlives the move of its decoder") {
    StreamDecoder first;
    const Bytes stream = vector_bytes("stream/user_plain");
    CHECK(first.feed(stream) == Progress::Done);
    const StreamDecoder second = std::move(first);
    CHECK(std::get<User>(second.message()).payload == "reliable user message");
}

TEST_CASE("a large exchange in small pieces is looked at once, not once per piece") {
    // Were each piece to begin anew, this would take hours.
    const Bytes stream = exchange(50'000, "state");
    StreamDecoder decoder;
    Progress progress = Progress::More;
    for (std::size_t at = 0; at < stream.size(); at += 64) {
        REQUIRE(progress == Progress::More);
        progress = decoder.feed(BytesView(stream).substr(at, 64));
    }
    REQUIRE(progress == Progress::Done);
    const auto& decoded = std::get<PushPull>(decoder.message());
    CHECK(decoded.nodes.size() == 50'000);
    CHECK(decoded.nodes.back().name == "node-49999");
    CHECK(decoded.user_state == "state");
}

TEST_CASE("one value of many parts in small pieces is looked at once, too") {
    Bytes stream =
        from_hex("0082a35a7a7add00100000") + Bytes(0x100000, '\x01') + from_hex("a55365714e6f07");
    StreamDecoder decoder;
    Progress progress = Progress::More;
    for (std::size_t at = 0; at < stream.size(); at += 16) {
        progress = decoder.feed(BytesView(stream).substr(at, 16));
    }
    REQUIRE(progress == Progress::Done);
    CHECK(std::get<Ping>(decoder.message()).sequence == 7);
}

TEST_CASE("counts and lengths over their limits are refused before anything is read for them") {
    const auto [hex, expected] = GENERATE(table<std::string, std::string>({
        {"0681a54e6f646573ff", "body: pushPull Nodes: expected 0 to 1048576, found -1"},
        {"0681a54e6f646573ce00100001",
         "body: pushPull Nodes: expected 0 to 1048576, found 1048577"},
        {"0681a54e6f646573d300ffffffffffffff",
         "body: pushPull Nodes: expected 0 to 1048576, found 72057594037927935"},
        {"0681ac5573657253746174654c656eff",
         "body: pushPull UserStateLen: expected 0 to 20971520, found -1"},
        {"0681ac5573657253746174654c656ece01400001",
         "body: pushPull UserStateLen: expected 0 to 20971520, found 20971521"},
        {"0881aa557365724d73674c656eff", "body: user UserMsgLen: expected 0 to 20971520, found -1"},
        {"0881aa557365724d73674c656ece01400001",
         "body: user UserMsgLen: expected 0 to 20971520, found 20971521"},
        {"0081a35a7a7adbffffffff",
         "body: stream: expected a stream of at most 67108864 bytes, found a claim of more"},
        {"0681a54e6f64657301dfffffffff",
         "body: node state: expected a stream of at most 67108864 bytes, found a claim of more"},
        {"0981a3427566c6ffffffff",
         "body: stream: expected a stream of at most 67108864 bytes, found a claim of more"},
    }));
    CHECK(outcome(from_hex(hex)) == expected);
    CHECK(outcome(from_hex(hex), 1) == expected);
}

TEST_CASE("the largest counts are waited for, not refused") {
    CHECK(outcome(from_hex("0681a54e6f646573ce00100000")) == "more");
    CHECK(outcome(from_hex("0681ac5573657253746174654c656ece01400000")) == "more");
    CHECK(outcome(from_hex("0881aa557365724d73674c656ece01400000")) == "more");
}

TEST_CASE("a stream that never ends is ended") {
    StreamDecoder decoder;
    REQUIRE(decoder.feed(from_hex("0681a54e6f646573ce00100000")) == Progress::More);
    Bytes node;
    encode(NodeState{"n", Bytes(60'000, 'x'), 1, "", 1, 0, ""}, node);
    std::size_t fed = 0;
    while (decoder.feed(node) == Progress::More) {
        fed += node.size();
        REQUIRE(fed <= max_stream_size);
    }
    CHECK(outcome(decoder, Progress::Failed) ==
          "body: stream: expected at most 67108864 bytes, found more");
}

TEST_CASE("types that do not stand in a stream are refused at once") {
    const unsigned type = GENERATE(1U, 3U, 4U, 5U, 7U, 11U, 12U, 14U, 244U, 255U);
    CHECK(outcome(Bytes(1, static_cast<char>(type))) ==
          "unknown-type: expected the type of a stream message, found " + std::to_string(type));
}

TEST_CASE("an encrypted stream is refused at once, and its peer can be told") {
    CHECK(outcome(vector_bytes("stream/push_pull_join_encrypted_v1").substr(0, 1)) ==
          "outer decrypt: the peer encrypts its streams, and this agent has no key (give it the "
          "cluster's keyring)");
}

TEST_CASE("compression that cannot be undone is refused, and its peer can be told") {
    CHECK(outcome(from_hex("0982a4416c676f01a3427566a3000302")) ==
          "outer compression: compress Algo: expected 0, found 1");
    CHECK(outcome(from_hex("0982a4416c676f00a3427566a20003")) ==
          "outer compression: compress Buf: LZW: the stream ends without its end code");
    CHECK(outcome(from_hex("0982a4416c676f00a3427566a3000302")) ==
          "outer empty: compress Buf: expected a message, found no bytes");
    CHECK(outcome(from_hex("0905")) ==
          "outer body: compress: expected a map or an array of fields, found the integer 5");
    CHECK(outcome(compressed("\x08" + Bytes(max_decompressed, 'x'))) ==
          "outer compression: compress Buf: LZW: the plaintext exceeds 41943040 bytes");
}

TEST_CASE("what compression held is refused as if it had come plain, but cannot be waited for") {
    const Bytes stream = vector_bytes("stream/push_pull_join_plain_single");
    CHECK(outcome(compressed(stream)) == to_hex(stream));
    for (std::size_t size = 1; size < stream.size(); ++size) {
        CHECK(outcome(compressed(BytesView(stream).substr(0, size))) ==
              "body: stream: the compressed message is cut off");
    }
    CHECK(outcome(compressed(compressed(stream))) ==
          "nesting: compress: expected one level of compression, found two");
    CHECK(outcome(compressed("\x0A")) ==
          "unknown-type: expected the type of a stream message, found 10");
    CHECK(outcome(compressed(from_hex("0681a54e6f646573ff"))) ==
          "body: pushPull Nodes: expected 0 to 1048576, found -1");
}

TEST_CASE("a node state that does not decode is named by its number") {
    CHECK(outcome(from_hex("0681a54e6f64657302c081a4506f7274a161")) ==
          "body: pushPull: of 2 nodes number 2: node state Port: expected an integer from 0 to "
          "65535, found a string of 1 bytes");
    CHECK(outcome(from_hex("0681a54e6f64657301c1")) ==
          "body: node state: expected msgpack, found the reserved byte 0xC1");
}

TEST_CASE("no single wrong byte in a stream does harm") {
    std::size_t refused = 0;
    for (const char* name : {"stream/push_pull_join_plain_user_state", "stream/ping_compressed",
                             "stream/user_plain", "stream/ack_plain"}) {
        const Bytes good = vector_bytes(name);
        for (std::size_t i = 0; i < good.size(); ++i) {
            for (const unsigned wrong : {0x00U, 0x7FU, 0x80U, 0x9FU, 0xC0U, 0xC1U, 0xC6U, 0xCFU,
                                         0xD3U, 0xDBU, 0xDDU, 0xDFU, 0xFFU}) {
                Bytes bytes = good;
                bytes[i] = static_cast<char>(wrong);
                const std::string whole = outcome(bytes);
                CHECK(outcome(bytes, 5) == whole);
                refused += whole.find(':') == std::string::npos ? 0U : 1U;
            }
        }
    }
    CHECK(refused > 500);
}

TEST_CASE("an exchange may hold nobody and nothing") {
    StreamDecoder decoder;
    REQUIRE(decoder.feed("\x06\xC0") == Progress::Done);
    const auto& decoded = std::get<PushPull>(decoder.message());
    CHECK_FALSE(decoded.join);
    CHECK(decoded.nodes.empty());
    CHECK(decoded.user_state.empty());
    CHECK(outcome(exchange(0, "")) == to_hex(exchange(0, "")));
    CHECK(outcome(exchange(3, "state"), 1) == to_hex(exchange(3, "state")));
}

TEST_CASE("a stream of over 65535 bytes is compressed into one buffer") {
    const Bytes stream = exchange(20'000, "state");
    const Bytes wrapped = compressed(stream);
    CHECK(wrapped.size() > 0xFFFF);
    CHECK(wrapped.size() < stream.size());
    CHECK((outcome(wrapped) == to_hex(stream)));
}
