// The hot path of the daemon allocates nothing once its buffers have grown: every member handles
// these packets many times a second for as long as it lives.
#include <catch2/catch.hpp>
#include <vector>

#include "swim/codec.h"
#include "swim/packet.h"
#include "swim/seal.h"
#include "swim/stream.h"
#include "tests/support/allocations.h"
#include "tests/support/keys.h"
#include "tests/unit/swim/vectors.h"

using namespace muster;
using namespace muster::swim;
using muster::swim::test::vector_bytes;
using muster::test::allocations;

namespace {

// Allocations of the second of two equal steps.
template <class Step>
std::size_t in_the_steady_state(Step step) {
    step();
    const std::size_t before = allocations();
    step();
    return allocations() - before;
}

std::vector<Bytes> gossip() {
    return {vector_bytes("msg/alive_ipv4_meta_serf_versions"), vector_bytes("msg/suspect"),
            vector_bytes("msg/dead_left"), vector_bytes("msg/alive_v4_mapped_16"),
            vector_bytes("msg/user")};
}

}  // namespace

TEST_CASE("allocations are counted") {
    Bytes kept;
    CHECK(in_the_steady_state([&kept] {
              Bytes fresh(1000, 'x');
              kept.swap(fresh);
          }) == 1);
    CHECK(in_the_steady_state([] {}) == 0);
}

TEST_CASE("reading a ping, an ack, and a compound of five gossip messages allocates nothing") {
    Bytes compound;
    const auto messages = gossip();
    frame_packet(std::vector<BytesView>(messages.begin(), messages.end()), {}, compound);
    Bytes checked;
    frame_packet(std::vector<BytesView>(messages.begin(), messages.end()), {.crc = true}, checked);

    PacketReader reader;
    for (const Bytes& packet : {vector_bytes("msg/ping_full"), vector_bytes("msg/ack_payload_32"),
                                vector_bytes("msg/nack"), compound, checked}) {
        CHECK(in_the_steady_state([&] { reader.open(packet); }) == 0);
        CHECK_FALSE(reader.messages().empty());
        CHECK(reader.faults().empty());
    }
    CHECK(reader.messages().size() == 5);
}

TEST_CASE("reading a compressed compound allocates nothing") {
    const Bytes packet = vector_bytes("packet/crc_compress_compound");
    PacketReader reader;
    CHECK(in_the_steady_state([&] { reader.open(packet); }) == 0);
    CHECK(reader.messages().size() > 1);
}

TEST_CASE("writing each message of the hot path allocates nothing") {
    Bytes out;
    CHECK(in_the_steady_state([&out] {
              out.clear();
              const Source source{"\x0A\x01\x02\x03", 7946, "node-a"};
              encode(Ping{42, "node-b", source}, out);
              encode(IndirectPing{42, "\x0A\x01\x02\x03", 7946, "node-c", true, source}, out);
              encode(Ack{42, "payload"}, out);
              encode(Nack{42}, out);
              encode(Suspect{3, "node-b", "node-a"}, out);
              encode(Alive{3, "node-b", "\x0A\x01\x02\x03", 7946, "meta", "\x01\x05"}, out);
              encode(Dead{3, "node-b", "node-a"}, out);
          }) == 0);
}

TEST_CASE("framing packets allocates nothing, plain, checked and compressed") {
    const auto messages = gossip();
    const std::vector<BytesView> parts(messages.begin(), messages.end());
    const Bytes long_meta = vector_bytes("msg/alive_meta_512");
    const std::vector<BytesView> compressible{long_meta, long_meta};
    Bytes out;
    CHECK(in_the_steady_state([&] {
              out.clear();
              frame_packet({parts.data(), 1}, {}, out);
              frame_packet(parts, {.crc = true}, out);
              frame_packet(parts, {.compress = true, .crc = true}, out);
              frame_packet(compressible, {.compress = true}, out);
          }) == 0);
}

TEST_CASE("sealing and opening packets allocates nothing, with a label and several keys") {
    Seal seal("prod");
    seal.set_keys(muster::test::ring_of("abc"));
    Seal old("prod");
    old.set_keys(muster::test::ring_of("c"));
    const Bytes packet(1300, 'p');
    Bytes out;
    CHECK(in_the_steady_state([&] {
              seal.seal_packet(packet, {}, out);
              CHECK(seal.open_packet(out).content.size() == packet.size());
              old.seal_packet(packet, {}, out);
              CHECK(seal.open_packet(out).content.size() == packet.size());
              out.back() = static_cast<char>(~out.back());
              CHECK(seal.open_packet(out).fault == Fault::Decrypt);
          }) == 0);
}
