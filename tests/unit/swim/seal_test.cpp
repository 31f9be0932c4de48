#include "swim/seal.h"

#include <catch2/catch.hpp>
#include <set>

#include "swim/stream.h"
#include "tests/support/keys.h"

using namespace muster;
using namespace muster::swim;
using muster::test::ring_of;

namespace {

Bytes labelled(BytesView label, BytesView content) {
    Bytes out;
    write_label(label, out);
    return out.append(content);
}

std::string opened(BytesView datagram, BytesView label) {
    const Opened result = open_label(datagram, label);
    return result.fault ? to_string(*result.fault) : "[" + Bytes(result.content) + "]";
}

Seal seal_with(std::string_view keys, Bytes label = {}, Verify verify = {}) {
    Seal seal(std::move(label), verify);
    seal.set_keys(ring_of(keys));
    return seal;
}

// Of another number each time.
Nonce nonce(char number = 1) {
    return {'n', 'o', 'n', 'c', 'e', number};
}

Bytes sealed(Seal& seal, BytesView packet) {
    Bytes out = "what was there";
    seal.seal_packet(packet, nonce(), out);
    return out;
}

std::string opened(Seal& seal, BytesView datagram) {
    const Opened result = seal.open_packet(datagram);
    return result.fault ? to_string(*result.fault) : "[" + Bytes(result.content) + "]";
}

std::string stream_label(BytesView first, BytesView label) {
    const StreamLabel result = read_stream_label(first, label);
    if (result.fault) {
        return to_string(*result.fault);
    }
    return result.more ? "more" : std::to_string(result.size);
}

}  // namespace

TEST_CASE("a packet is let in by its own cluster's label only") {
    CHECK(opened("content", "") == "[content]");
    CHECK(opened("", "") == "[]");
    CHECK(opened(labelled("prod", "content"), "prod") == "[content]");
    CHECK(opened(labelled("prod", ""), "prod") == "[]");
    CHECK(opened(labelled(Bytes(255, 'L'), "content"), Bytes(255, 'L')) == "[content]");

    CHECK(opened("content", "prod") == "label");
    CHECK(opened("", "prod") == "label");
    CHECK(opened(labelled("prod", "content"), "") == "label");
    CHECK(opened(labelled("test", "content"), "prod") == "label");
    CHECK(opened(labelled("pro", "content"), "prod") == "label");
    CHECK(opened(labelled("prod2", "content"), "prod") == "label");
}

TEST_CASE("a label header that is broken is refused, with a label and without") {
    const BytesView label = GENERATE(values<BytesView>({"", "prod"}));
    CHECK(opened("\xF4", label) == "label");
    CHECK(opened(BytesView("\xF4\0content", 9), label) == "label");
    CHECK(opened("\xF4\x05prod", label) == "label");
}

TEST_CASE("a header stands before a stream exactly when a label is configured") {
    CHECK(stream_label("", "") == "more");
    CHECK(stream_label("\x06", "") == "0");
    CHECK(stream_label("\xF4", "") == "label");
    CHECK(stream_label("\x06", "prod") == "label");

    const Bytes header = labelled("prod", "");
    CHECK(header == "\xF4\x04prod");
    for (std::size_t size = 0; size < header.size(); ++size) {
        CHECK(stream_label(BytesView(header).substr(0, size), "prod") == "more");
    }
    CHECK(stream_label(header, "prod") == "6");
    CHECK(stream_label(header + "content", "prod") == "6");
}

TEST_CASE("a stranger's stream is refused at the first byte that tells") {
    CHECK(stream_label("\xF4\x05", "prod") == "label");
    CHECK(stream_label(BytesView("\xF4\0", 2), "prod") == "label");
    CHECK(stream_label("\xF4\x04pa", "prod") == "label");
}

TEST_CASE("no label, no header") {
    CHECK(labelled("", "content") == "content");
}

// ---- encryption ----

TEST_CASE("what is sealed under a key is opened with it, and looks like nothing") {
    const std::size_t size = GENERATE(as<std::size_t>(), 0, 1, 15, 16, 17, 1400, 65000);
    const Bytes label = GENERATE(Bytes(), Bytes("prod"));
    const Bytes packet(size, 'p');
    Seal one = seal_with("a", label);
    Seal two = seal_with("a", label);
    const Bytes datagram = sealed(one, packet);
    CHECK(datagram.size() == size + one.packet_overhead());
    CHECK(opened(two, datagram) == "[" + packet + "]");
    CHECK((size < 15 || datagram.find("ppp") == Bytes::npos));
}

TEST_CASE("the overhead is what label and encryption take off the budget") {
    CHECK(Seal().packet_overhead() == 0);
    CHECK(Seal("prod").packet_overhead() == 6);
    CHECK(seal_with("a").packet_overhead() == 29);
    CHECK(seal_with("ab", "prod").packet_overhead() == 35);
    // Also where nothing is encrypted yet: it soon will be (section 1.7).
    CHECK(seal_with("a", "", {.outgoing = false}).packet_overhead() == 29);
}

TEST_CASE("who opens what, by the keys and the rules of both") {
    constexpr Verify strict{};
    constexpr Verify lax{.incoming = false, .outgoing = false};
    constexpr Verify half{.incoming = false, .outgoing = true};
    struct Row {
        const char* sender;
        Verify sender_rule;
        const char* receiver;
        Verify receiver_rule;
        const char* outcome;
    };
    const Row row = GENERATE_COPY(values<Row>({
        {"a", strict, "a", strict, "[packet]"},
        {"a", strict, "ba", strict, "[packet]"},
        {"b", strict, "abc", strict, "[packet]"},
        {"a", strict, "b", strict, "decrypt"},
        {"ab", strict, "b", strict, "decrypt"},
        // From plain to encrypted, step by step: no step shuts out the one before or after it.
        {"", strict, "", strict, "[packet]"},
        {"", strict, "a", lax, "[packet]"},
        {"a", lax, "", strict, "[packet]"},
        {"a", lax, "a", half, "[packet]"},
        {"a", half, "a", lax, "[packet]"},
        {"a", half, "a", half, "[packet]"},
        {"a", half, "a", strict, "[packet]"},
        {"a", strict, "a", half, "[packet]"},
        // But a step that was left out does.
        {"", strict, "a", strict, "decrypt"},
        {"a", lax, "a", strict, "decrypt"},
        // Rules without keys mean nothing.
        {"", lax, "", strict, "[packet]"},
        {"", strict, "", lax, "[packet]"},
    }));
    const Bytes label = GENERATE(Bytes(), Bytes("prod"));
    CAPTURE(row.sender, row.receiver, label);
    Seal sender = seal_with(row.sender, label, row.sender_rule);
    Seal receiver = seal_with(row.receiver, label, row.receiver_rule);
    CHECK(opened(receiver, sealed(sender, "packet")) == row.outcome);
}

TEST_CASE("what no key opens is handed on as it came, while a cluster changes over") {
    Seal stranger = seal_with("x");
    Seal lenient = seal_with("a", "", {.incoming = false});
    const Bytes datagram = sealed(stranger, "packet");
    CHECK(opened(lenient, datagram) == "[" + datagram + "]");
}

TEST_CASE("an agent without a key sees an encrypted packet as it is") {
    Seal one = seal_with("a");
    Seal plain;
    const Bytes datagram = sealed(one, "packet");
    CHECK(opened(plain, datagram) == "[" + datagram + "]");
}

TEST_CASE("one bit changed anywhere, or one byte cut off or added, and a packet is refused") {
    Seal seal = seal_with("ab");
    const Bytes datagram = sealed(seal, "a packet of some length");
    for (std::size_t i = 1; i < datagram.size(); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes changed = datagram;
            changed[i] = static_cast<char>(octet(changed[i]) ^ (1U << bit));
            CHECK(opened(seal, changed) == "decrypt");
        }
    }
    for (std::size_t size = 0; size < datagram.size(); ++size) {
        CHECK(opened(seal, BytesView(datagram).substr(0, size)) == "decrypt");
    }
    CHECK(opened(seal, datagram + "x") == "decrypt");
}

TEST_CASE("the version is the one byte that nobody vouches for: it chooses only the padding") {
    Seal seal = seal_with("a");
    Bytes datagram = sealed(seal, Bytes(31, 'p') + "\x05");
    datagram[0] = 0;
    CHECK(opened(seal, datagram) == "[" + Bytes(27, 'p') + "]");
    for (unsigned version = 2; version < 256; ++version) {
        datagram[0] = static_cast<char>(version);
        // 244 begins a label.
        CHECK(opened(seal, datagram) == (version == 0xF4 ? "label" : "decrypt"));
    }
}

TEST_CASE("a padding that cannot be is refused, though the key is right") {
    Seal seal = seal_with("a");
    const auto [last, size, outcome] = GENERATE(table<int, std::size_t, std::string>({
        {0, 32, "decrypt"},
        {1, 32, "[" + Bytes(31, 'p') + "]"},
        {16, 32, "[" + Bytes(16, 'p') + "]"},
        {17, 32, "decrypt"},
        {255, 32, "decrypt"},
        {16, 16, "[]"},
        {1, 15, "decrypt"},
        {1, 1, "decrypt"},
    }));
    CAPTURE(last, size);
    Bytes datagram = sealed(seal, Bytes(size - 1, 'p') + static_cast<char>(last));
    datagram[0] = 0;
    CHECK(opened(seal, datagram) == outcome);
}

TEST_CASE("a label is vouched for: the same key under another label opens nothing") {
    Seal blue = seal_with("a", "blue");
    Seal plain = seal_with("a");
    const Bytes datagram = sealed(blue, "packet");
    CHECK(opened(plain, datagram) == "label");
    CHECK(opened(plain, BytesView(datagram).substr(6)) == "decrypt");
    CHECK(opened(blue, labelled("blue", sealed(plain, "packet"))) == "decrypt");
}

TEST_CASE("keys come and go without a packet lost, in the order of a rotation") {
    Seal one = seal_with("a");
    Seal two = seal_with("a");
    const auto both_hear = [&] {
        CHECK(opened(two, sealed(one, "one")) == "[one]");
        CHECK(opened(one, sealed(two, "two")) == "[two]");
    };
    for (const char* ring : {"ab", "ba", "b"}) {
        one.set_keys(ring_of(ring));
        both_hear();
        two.set_keys(ring_of(ring));
        both_hear();
    }
    CHECK(opened(one, sealed(*std::make_unique<Seal>(seal_with("a")), "old")) == "decrypt");
    two.set_keys({});
    CHECK_FALSE(two.encrypts());
    CHECK(sealed(two, "plain") == "plain");
}

TEST_CASE("two nonces, two datagrams; one nonce, one") {
    Seal seal = seal_with("a");
    std::set<Bytes> different;
    for (const char number : {'1', '2', '2'}) {
        Bytes out;
        seal.seal_packet("packet", nonce(number), out);
        different.insert(out);
    }
    CHECK(different.size() == 2);
}
