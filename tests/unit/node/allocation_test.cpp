// The steady state allocates nothing: a ping, an ack, and a compound of gossip that is known
// already.
#include <algorithm>
#include <catch2/catch.hpp>

#include "agent/node.h"
#include "swim/codec.h"
#include "tests/support/allocations.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

Endpoint endpoint(unsigned i) {
    const char ip[4] = {10, 0, 0, static_cast<char>(i)};
    return *Endpoint::from_bytes({ip, 4}, 7946);
}

const Bytes vsn{"\x01\x05\x02\x02\x05\x05", 6};

}  // namespace

TEST_CASE("handling a ping, an ack and known gossip allocates nothing once warm") {
    NodeConfig config;
    config.swim.name = "a-member-with-a-name-of-usual-length";
    config.swim.advertise = endpoint(1);
    Node node(config);
    TimePoint now{1000s};
    node.recycle(node.start(now));

    std::vector<Bytes> alives;
    std::vector<BytesView> parts;
    for (unsigned i = 2; i < 7; ++i) {
        const Bytes name = "another-member-with-a-long-name-" + std::to_string(i);
        const Endpoint where = endpoint(i);
        alives.emplace_back();
        encode(swim::Alive{1, name, where.ip(), where.port(), Bytes("\xff\x80", 2), vsn},
               alives.back());
    }
    parts.assign(alives.begin(), alives.end());
    Bytes gossip;
    swim::frame_packet(parts, {}, gossip);
    Bytes ping;
    encode(
        swim::Ping{
            1, config.swim.name, {endpoint(2).ip(), 7946, "another-member-with-a-long-name-2"}},
        ping);
    Bytes coordinate;
    cluster::encode_ack_payload({}, coordinate);
    Bytes ack;
    encode(swim::Ack{999999, coordinate}, ack);

    const auto round = [&] {
        for (const Bytes* packet : {&gossip, &ping, &ack}) {
            node.recycle(node.receive(now, endpoint(2), *packet));
        }
    };
    round();
    // What the five joins left in the queue goes out first.
    for (int i = 0; i < 400; ++i) {
        now += 50ms;
        node.recycle(node.tick(now));
        round();
    }
    const std::size_t before = test::allocations();
    for (int i = 0; i < 1000; ++i) {
        round();
    }
    CHECK(test::allocations() == before);
    CHECK(node.member_count() == 6);
}

TEST_CASE("probing a member, and moving after its ack with a coordinate, allocates nothing") {
    NodeConfig config;
    config.swim.name = "a-member-with-a-name-of-usual-length";
    config.swim.advertise = endpoint(1);
    config.swim.push_pull_interval = 0s;
    Node node(config);
    TimePoint now{1000s};
    node.recycle(node.start(now));
    const Bytes peer = "another-member-with-a-long-name";
    const Endpoint where = endpoint(2);
    Bytes packet;
    encode(swim::Alive{1, peer, where.ip(), where.port(), Bytes("\xff\x80", 2), vsn}, packet);
    node.recycle(node.receive(now, where, packet));

    cluster::Coordinate coordinate;
    Bytes payload;
    swim::PacketReader reader;
    std::size_t answered = 0;
    // One deadline of the node; each ping is answered 3 ms later.
    const auto step = [&] {
        now = std::max(now, node.next_deadline());
        Effects effects = node.tick(now);
        std::uint32_t sequence = 0;
        for (const swim::Datagram& datagram : effects.wire.datagrams) {
            reader.open(effects.wire.view(datagram));
            for (const swim::Message& message : reader.messages()) {
                if (const auto* ping = std::get_if<swim::Ping>(&message)) {
                    sequence = ping->sequence;
                }
            }
        }
        node.recycle(std::move(effects));
        if (sequence != 0) {
            now += 3ms;
            coordinate.vec[answered % 8] += 1e-4;
            payload.clear();
            encode_ack_payload(coordinate, payload);
            packet.clear();
            encode(swim::Ack{sequence, payload}, packet);
            node.recycle(node.receive(now, where, packet));
            ++answered;
        }
    };
    for (int i = 0; i < 500; ++i) {
        step();
    }
    const std::size_t warm = answered;
    const std::size_t before = test::allocations();
    for (int i = 0; i < 500; ++i) {
        step();
    }
    CHECK(test::allocations() == before);
    CHECK(answered > warm + 100);
    CHECK(node.coordinate(peer) == coordinate);
    CHECK(node.coordinate(config.swim.name) != cluster::Coordinate{});
    CHECK(node.stats().coordinate_resets == 0);
}
