// Every golden vector through the real code: decoded to what it is said to mean, and written again
// to the same bytes where those are canonical (tests/vectors/README.md).
#include "tests/unit/swim/vectors.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "swim/crc32.h"
#include "swim/lzw.h"
#include "swim/packet.h"
#include "swim/seal.h"
#include "swim/stream.h"
#include "swim/stream_reader.h"
#include "tests/support/rewritten.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::test;
using nlohmann::json;

namespace {

struct Case {
    std::string name;
    Bytes bytes;
    json means;
};

std::vector<Case> cases(std::string_view kind) {
    std::vector<Case> found;
    for (const Vector& vector : vectors()) {
        json means = json::parse(vector.means);
        if (means.at("kind") == kind) {
            found.push_back({vector.name, vector.bytes, std::move(means)});
        }
    }
    return found;
}

// `stated` with the fields that it leaves out, and nil as what it means: none.
json complete(const json& stated, json fields) {
    for (const auto& [name, value] : stated.items()) {
        fields[name] = value.is_null() ? json("hex:") : value;
    }
    return fields;
}

template <class T>
void check_fields(const T& decoded, const json& stated) {
    CHECK(fields_of(decoded) == complete(stated, fields_of(T{})));
}

constexpr const char* message_names[] = {"ping",    "indirectPing", "ackResp", "nackResp",
                                         "suspect", "alive",        "dead",    "user"};

void check_message(const Message& decoded, const json& stated) {
    CHECK(message_names[decoded.index()] == stated.at("name").get<std::string>());
    std::visit(
        [&](const auto& message) {
            if constexpr (std::is_same_v<std::decay_t<decltype(message)>, User>) {
                CHECK(message.payload == bytes_of(stated.at("payload")));
            } else {
                check_fields(message, stated.at("fields"));
            }
        },
        decoded);
}

// Empty byte fields on the wire are nil or a string of no bytes, which mean the same; we write nil.
std::size_t empty_strings(const json& stated) {
    if (stated.is_structured()) {
        std::size_t count = 0;
        for (const json& value : stated) {
            count += empty_strings(value);
        }
        return count;
    }
    return stated == "hex:" ? 1 : 0;
}

void check_same(BytesView ours, BytesView theirs, std::size_t nil_instead) {
    REQUIRE(to_hex(ours).size() == to_hex(theirs).size());
    std::size_t differ = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (ours[i] != theirs[i]) {
            ++differ;
            CHECK(octet(ours[i]) == 0xC0);
            CHECK(octet(theirs[i]) == 0xA0);
        }
    }
    INFO(to_hex(ours));
    INFO(to_hex(theirs));
    CHECK(differ == nil_instead);
}

// The edge of an agent with the vector's label and key.
Seal seal_of(const json& means) {
    Seal seal(means.value("label", ""));
    if (means.contains("encrypt")) {
        Keyring ring;
        REQUIRE_FALSE(ring.install(*Key::from_bytes(bytes_of(means.at("encrypt").at("key")))));
        seal.set_keys(ring);
    }
    return seal;
}

// The vector's, if it names one. With it we write the same bytes, except in version 0, which we
// read only.
Nonce nonce_of(const json& means) {
    Nonce nonce{};
    if (means.contains("encrypt")) {
        const Bytes bytes = bytes_of(means.at("encrypt").at("nonce"));
        REQUIRE(bytes.size() == nonce.size());
        std::copy(bytes.begin(), bytes.end(), nonce.begin());
    }
    return nonce;
}

bool is_version_0(const json& means) {
    return means.contains("encrypt") && means.at("encrypt").at("version") == 0;
}

bool has_layer(const json& means, const char* layer) {
    const json& layers = means.at("layers");
    return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

// The messages of a packet as they come out: those inside a compressed part in its place.
std::vector<json> flattened(const json& messages) {
    std::vector<json> flat;
    for (const json& message : messages) {
        if (message.contains("inner")) {
            for (const json& inner : message.at("inner")) {
                flat.push_back(inner);
            }
        } else {
            flat.push_back(message);
        }
    }
    return flat;
}

void check_compression(const json& compress) {
    const Bytes plain = bytes_of(compress.at("plain"));
    const Bytes stream = bytes_of(compress.at("lzw"));
    Bytes ours;
    lzw_compress(plain, ours);
    CHECK(to_hex(ours) == to_hex(stream));
    Bytes back;
    CHECK(lzw_decompress(stream, plain.size(), back).has_value());
    CHECK(back == plain);
}

}  // namespace

TEST_CASE("every vector is of a kind that is tested") {
    std::map<std::string, int> tested;
    int encrypted = 0;
    for (const Vector& vector : vectors()) {
        const json means = json::parse(vector.means);
        ++tested[means.at("kind")];
        encrypted += means.contains("encrypt") ? 1 : 0;
    }
    // `formula` is tested where the formulas are (formulas_test.cpp).
    CHECK(json(tested).dump() ==
          R"({"formula":4,"lzw":33,"message":38,"msgpack":87,"packet":42,"push_node_state":4,)"
          R"("push_pull_header":19,"stream":33})");
    CHECK(encrypted == 30);
}

TEST_CASE("single messages mean what the vectors say, and are written byte for byte") {
    for (const auto& [name, bytes, means] : cases("message")) {
        INFO(name);
        const json& stated = means.at("messages").at(0);
        if (stated.at("name") == "err") {
            StreamDecoder decoder;
            REQUIRE(decoder.feed(bytes) == StreamDecoder::Progress::Done);
            const auto& error = std::get<RemoteError>(decoder.message());
            check_fields(error, stated.at("fields"));
            Bytes again;
            encode(error, again);
            CHECK(to_hex(again) == to_hex(bytes));
            continue;
        }
        Scratch scratch;
        const auto decoded = decode_message(bytes, scratch);
        REQUIRE(decoded);
        check_message(*decoded, stated);
        check_same(rewritten(*decoded), bytes,
                   stated.at("name") == "user" ? 0 : empty_strings(stated));
    }
}

TEST_CASE("push/pull headers of both versions mean the same; ours are those of 0.2.2") {
    for (const auto& [name, bytes, means] : cases("push_pull_header")) {
        INFO(name);
        REQUIRE(octet(bytes[0]) == 6);
        Scratch scratch;
        MsgpackReader in(BytesView(bytes).substr(1), scratch);
        const auto header = read_body<PushPullHeader>(in);
        REQUIRE(header);
        CHECK(in.consumed() == bytes.size() - 1);
        check_fields(*header, means.at("fields"));
        if (!name.ends_with("@HEAD")) {
            Bytes again;
            encode_push_pull_header(header->join, static_cast<std::size_t>(header->nodes),
                                    static_cast<std::size_t>(header->user_state_size), again);
            CHECK(to_hex(again) == to_hex(bytes));
        }
    }
}

TEST_CASE("node states mean what the vectors say, and are written byte for byte") {
    for (const auto& [name, bytes, means] : cases("push_node_state")) {
        INFO(name);
        Scratch scratch;
        MsgpackReader in(bytes, scratch);
        const auto node = read_body<NodeState>(in);
        REQUIRE(node);
        CHECK(in.consumed() == bytes.size());
        check_fields(*node, means.at("fields"));
        Bytes again;
        encode(*node, again);
        CHECK(to_hex(again) == to_hex(bytes));
    }
}

TEST_CASE("packets hold what the vectors say") {
    PacketReader reader;
    for (const auto& [name, bytes, means] : cases("packet")) {
        INFO(name);
        Seal seal = seal_of(means);
        const Opened opened = seal.open_packet(bytes);
        if (!opened.fault) {
            reader.open(opened.content);
        }
        if (means.value("expect", "") == "drop") {
            CHECK((opened.fault || (reader.messages().empty() && reader.faults().size() == 1)));
            if (means.contains("encrypt")) {
                CHECK(opened.fault == Fault::Decrypt);
            }
            continue;
        }
        REQUIRE_FALSE(opened.fault);
        if (means.contains("encrypt")) {
            CHECK(to_hex(opened.content) == to_hex(bytes_of(means.at("encrypt").at("plain"))));
        }
        const auto stated = flattened(means.at("messages"));
        REQUIRE(reader.messages().size() == stated.size());
        for (std::size_t i = 0; i < stated.size(); ++i) {
            check_message(reader.messages()[i], stated[i]);
        }
        REQUIRE(reader.faults().size() == (means.contains("truncated") ? 1 : 0));
        if (means.contains("truncated")) {
            CHECK(reader.faults()[0].fault == Fault::Compound);
            CHECK(reader.faults()[0].detail == "compound: 1 of 3 parts are cut off");
        }
        if (means.contains("crc32")) {
            CHECK(crc32(opened.content.substr(5)) == means.at("crc32").get<std::uint32_t>());
        }
        if (means.contains("compress")) {
            check_compression(means.at("compress"));
        }
    }
}

TEST_CASE("packets are framed byte for byte") {
    // Not what a sender makes: nothing in it, more parts than 0.2.2 takes, cut off, compressed
    // inside a compound, compressed although it grew.
    const std::set<std::string> never_sent{
        "packet/compound_0", "packet/compound_255", "packet/compound_truncated",
        "packet/compound_containing_compress", "packet/compress_larger_than_plain"};
    std::size_t framed = 0;
    std::size_t passed_over = 0;
    std::size_t read_only = 0;
    PacketReader reader;
    for (const auto& [name, bytes, means] : cases("packet")) {
        if (means.contains("expect") || never_sent.contains(name)) {
            passed_over += never_sent.count(name);
            continue;
        }
        INFO(name);
        Seal seal = seal_of(means);
        const Bytes content(seal.open_packet(bytes).content);
        reader.open(content);
        std::vector<Bytes> messages;
        for (const Message& message : reader.messages()) {
            messages.push_back(rewritten(message));
        }
        const std::vector<BytesView> parts(messages.begin(), messages.end());
        Bytes packet;
        frame_packet(parts, {has_layer(means, "compress"), has_layer(means, "crc")}, packet);
        CHECK(to_hex(packet) == to_hex(content));
        ++framed;
        if (is_version_0(means)) {
            ++read_only;
            continue;
        }
        Bytes again;
        seal.seal_packet(packet, nonce_of(means), again);
        CHECK(to_hex(again) == to_hex(bytes));
    }
    CHECK(passed_over == never_sent.size());
    CHECK(framed == 27);
    CHECK(read_only == 5);
}

TEST_CASE("streams hold what the vectors say, and are written byte for byte") {
    std::size_t written_otherwise = 0;
    for (const auto& [name, bytes, means] : cases("stream")) {
        INFO(name);
        // An answer carries no label, whatever is configured (section 4.1).
        const bool labelled = has_layer(means, "label");
        const bool answered = means.contains("label") && !labelled;
        Seal seal = seal_of(means);
        StreamReader decoder(answered ? StreamReader::From::Listener : StreamReader::From::Dialer);
        REQUIRE(decoder.feed(seal, bytes) == StreamReader::Progress::Done);
        const json& stated = means.at("messages").at(0);
        std::size_t nil_instead = 0;
        if (const auto* ping = std::get_if<Ping>(&decoder.message())) {
            check_message(*ping, stated);
        } else if (const auto* ack = std::get_if<Ack>(&decoder.message())) {
            check_message(*ack, stated);
        } else if (const auto* user = std::get_if<User>(&decoder.message())) {
            check_message(*user, stated);
        } else if (const auto* error = std::get_if<RemoteError>(&decoder.message())) {
            check_fields(*error, stated.at("fields"));
        } else {
            const auto& exchange = std::get<PushPull>(decoder.message());
            CHECK(exchange.join == stated.at("header").at("Join").get<bool>());
            CHECK(exchange.user_state == bytes_of(stated.value("user_state", json(nullptr))));
            const json& nodes = stated.at("nodes");
            REQUIRE(exchange.nodes.size() == nodes.size());
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                check_fields(exchange.nodes[i], nodes[i]);
            }
            nil_instead = empty_strings(nodes);
        }
        Bytes again = rewritten(decoder.message());
        if (name.ends_with("nodes@HEAD")) {
            ++written_otherwise;  // its node count is a signed integer (section 2.1)
            continue;
        }
        if (has_layer(means, "compress")) {
            // Compressed, one different byte inside changes all that follow it.
            const Bytes plain = bytes_of(means.at("compress").at("plain"));
            check_same(again, plain, nil_instead);
            check_compression(means.at("compress"));
            again.clear();
            compress_stream(plain, again);
            nil_instead = 0;
        }
        if (means.contains("encrypt")) {
            // As in compression; and what is written here is what the vector says is inside.
            const Bytes plain = bytes_of(means.at("encrypt").at("plain"));
            check_same(again, plain, nil_instead);
            again = plain;
            nil_instead = 0;
        }
        if (is_version_0(means)) {
            ++written_otherwise;
            continue;
        }
        Bytes framed;
        write_label(labelled ? seal.label() : BytesView(), framed);
        seal.seal_stream(again, nonce_of(means), framed);
        check_same(framed, bytes, nil_instead);
    }
    CHECK(written_otherwise == 2);
}

namespace {

template <class T>
void check_body(const Case& vector, bool accepted) {
    Scratch scratch;
    MsgpackReader in(vector.bytes, scratch);
    const auto body = read_body<T>(in);
    if (!accepted) {
        CHECK_FALSE(body);
        return;
    }
    INFO((body ? "" : body.error().text));
    REQUIRE(body);
    if constexpr (std::is_same_v<T, CompressBody>) {
        CHECK(body->algorithm == 0);
        CHECK(to_hex(body->buffer) == "0102");
    } else {
        check_fields(*body, vector.means.at("fields"));
    }
}

}  // namespace

TEST_CASE("what the reference accepts is accepted, what it refuses is refused") {
    const std::map<std::string, void (*)(const Case&, bool)> checks{
        {"ping", check_body<Ping>},
        {"indirectPing", check_body<IndirectPing>},
        {"ackResp", check_body<Ack>},
        {"alive", check_body<Alive>},
        {"pushPullHeader", check_body<PushPullHeader>},
        {"compress", check_body<CompressBody>},
    };
    std::size_t refused = 0;
    for (const Case& vector : cases("msgpack")) {
        INFO(vector.name);
        const json& by = vector.means.at("accepted_by");
        const bool accepted = std::find(by.begin(), by.end(), "HEAD") != by.end();
        checks.at(vector.means.at("struct"))(vector, accepted);
        refused += accepted ? 0U : 1U;
    }
    CHECK(refused == 18);
}

TEST_CASE("LZW streams are read and written as Go does") {
    for (const auto& [name, bytes, means] : cases("lzw")) {
        INFO(name);
        Bytes plain = "before";
        const auto size = lzw_decompress(bytes, 1 << 20, plain);
        if (means.value("expect", "") == "error") {
            CHECK_FALSE(size);
            CHECK(plain == "before");
            continue;
        }
        REQUIRE(size);
        CHECK(*size == means.at("plain_len").get<std::size_t>());
        CHECK(plain == "before" + bytes_of(means.at("plain")));
        if (!means.contains("decode_only")) {
            Bytes again;
            lzw_compress(bytes_of(means.at("plain")), again);
            CHECK(to_hex(again) == to_hex(bytes));
        }
    }
}
