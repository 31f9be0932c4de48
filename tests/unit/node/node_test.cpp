// What only the whole node does: requests from beginning to end, and the glue between SWIM and the
// Serf layer. What several nodes do together is tests/sim.
#include "agent/node.h"

#include <catch2/catch.hpp>

#include "swim/codec.h"
#include "swim/stream.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

Endpoint endpoint(unsigned i) {
    const char ip[4] = {10, 0, 0, static_cast<char>(i)};
    return *Endpoint::from_bytes({ip, 4}, 7946);
}

NodeConfig config() {
    NodeConfig config;
    config.swim.name = "n1";
    config.swim.advertise = endpoint(1);
    config.tags = {{"role", "web"}};
    return config;
}

const Bytes vsn{"\x01\x05\x02\x02\x05\x05", 6};
const Bytes no_tags{"\xff\x80", 2};

struct Alone {
    explicit Alone(NodeConfig given = config()) : node(std::move(given)) { keep(node.start(now)); }

    void keep(Effects effects) {
        for (RequestDone& one : effects.done) {
            done.push_back(std::move(one));
        }
        for (MemberEvent& one : effects.events) {
            events.push_back(std::move(one));
        }
        for (swim::StreamOpen& one : effects.wire.opens) {
            opens.push_back(std::move(one));
        }
        for (const swim::Datagram& one : effects.wire.datagrams) {
            packets.emplace_back(effects.wire.view(one));
        }
        left = left || effects.left;
        node.recycle(std::move(effects));
        node.check();
    }
    void pass(Duration time) {
        const TimePoint end = now + time;
        while (node.next_deadline() <= end) {
            now = std::max(now, node.next_deadline());
            keep(node.tick(now));
        }
        now = end;
    }
    void hear_alive(unsigned i) {
        const Bytes name = "n" + std::to_string(i);
        const Endpoint where = endpoint(i);
        Bytes packet;
        encode(swim::Alive{1, name, where.ip(), where.port(), no_tags, vsn}, packet);
        keep(node.receive(now, where, packet));
    }
    // A member's answer to the exchange that was opened last.
    void answer(unsigned i) {
        const Bytes name = "n" + std::to_string(i);
        const Endpoint where = endpoint(i);
        swim::PushPull remote;
        remote.nodes = {{name, where.ip(), where.port(), no_tags, 1, 0, vsn}};
        keep(node.receive_stream(now, opens.back().id, where, remote));
    }

    TimePoint now{1000s};
    Node node;
    std::vector<RequestDone> done;
    std::vector<MemberEvent> events;
    std::vector<swim::StreamOpen> opens;
    std::vector<Bytes> packets;
    bool left = false;
};

}  // namespace

TEST_CASE("a node that starts is its own only member") {
    Alone a;
    REQUIRE(a.node.member_count() == 1);
    const auto self = a.node.member("n1");
    REQUIRE(self);
    CHECK(self->self);
    CHECK(self->status == cluster::Status::Alive);
    CHECK(self->incarnation == 1);
    CHECK(cluster::decode_tags(self->tags) == cluster::Tags{{"muster", "1"}, {"role", "web"}});
    REQUIRE(a.events.size() == 1);
    CHECK(a.events[0].kind == MemberEvent::Kind::Join);
    CHECK(a.node.index() == a.events[0].index);
}

TEST_CASE("a join ends with how many were reached, and why the others were not") {
    Alone a;
    const Endpoint peers[] = {endpoint(2), endpoint(3)};
    a.keep(a.node.join(a.now, 17, peers));
    REQUIRE(a.opens.size() == 2);
    const auto first = a.opens[0].id;
    a.answer(3);
    CHECK(a.done.empty());
    a.keep(a.node.stream_failed(a.now, first, "connection refused"));
    REQUIRE(a.done.size() == 1);
    CHECK(a.done[0].request == 17);
    CHECK(a.done[0].succeeded == 1);
    CHECK(a.done[0].error.empty());
    REQUIRE(a.done[0].failures.size() == 1);
    CHECK(a.done[0].failures[0].peer == endpoint(2));
    CHECK(a.done[0].failures[0].error == "connection refused");
    CHECK(a.node.member("n3")->status == cluster::Status::Alive);
}

TEST_CASE("a join that reaches nobody has failed; our own address is not tried") {
    Alone a;
    const Endpoint peers[] = {endpoint(1), endpoint(1).mapped(), endpoint(2)};
    a.keep(a.node.join(a.now, 17, peers));
    REQUIRE(a.opens.size() == 1);
    CHECK(a.opens[0].to == endpoint(2));
    a.keep(a.node.stream_failed(a.now, a.opens[0].id, "connection refused"));
    REQUIRE(a.done.size() == 1);
    CHECK(a.done[0].succeeded == 0);
    CHECK(a.done[0].error == "no member was reached");

    a.keep(a.node.join(a.now, 18, {}));
    REQUIRE(a.done.size() == 2);
    CHECK(a.done[1].error.empty());
}

TEST_CASE("a join of many addresses keeps a bounded number of streams open") {
    Alone a;
    std::vector<Endpoint> peers;
    for (unsigned i = 2; i < 42; ++i) {
        peers.push_back(endpoint(i));
    }
    a.keep(a.node.join(a.now, 1, peers));
    CHECK(a.opens.size() == 8);
    for (std::size_t i = 0; i < a.opens.size(); ++i) {
        a.keep(a.node.stream_failed(a.now, a.opens[i].id, "no route"));
    }
    CHECK(a.opens.size() == 40);
    REQUIRE(a.done.size() == 1);
    CHECK(a.done[0].failures.size() == 40);
}

TEST_CASE("alone, leaving is quick, and nothing is joined afterwards") {
    Alone a;
    a.keep(a.node.leave(a.now, 5));
    a.pass(1100ms);
    CHECK(a.left);
    CHECK(a.node.leaving());
    REQUIRE(a.done.size() == 1);
    CHECK(a.done[0].request == 5);
    CHECK(a.done[0].error.empty());
    const Endpoint peers[] = {endpoint(2)};
    a.keep(a.node.join(a.now, 6, peers));
    REQUIRE(a.done.size() == 2);
    CHECK(a.done[1].error == "Serf can't Join after Leave or Shutdown");
}

TEST_CASE("a leave ends in bounded time, though nobody hears it") {
    Alone a;
    a.hear_alive(2);
    a.keep(a.node.leave(a.now, 5));
    CHECK_FALSE(a.left);
    a.pass(11s);
    CHECK(a.left);
    CHECK(a.node.member("n1")->status == cluster::Status::Left);
}

TEST_CASE("a leave tells the intent, then the departure") {
    Alone a;
    a.hear_alive(2);
    a.pass(5s);
    a.packets.clear();
    a.keep(a.node.leave(a.now, 5));
    a.pass(5s);
    std::string said;
    for (const Bytes& packet : a.packets) {
        swim::PacketReader reader;
        reader.open(packet);
        for (const swim::Message& message : reader.messages()) {
            if (const auto* user = std::get_if<swim::User>(&message)) {
                said += user->payload[0] == 0 ? 'i' : '?';
            } else if (std::get_if<swim::Dead>(&message) != nullptr) {
                said += 'd';
            }
        }
    }
    CHECK(said.find('i') == 0);
    CHECK(said.find('d') != std::string::npos);
    CHECK(said.find('?') == std::string::npos);
}

TEST_CASE("tags that do not fit are refused and change nothing") {
    Alone a;
    const auto refused = a.node.set_tags(a.now, 3, {{"long", Bytes(600, 'x')}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.find("bytes") != std::string::npos);
    CHECK(a.node.tags() == config().tags);
    CHECK(a.node.incarnation() == 1);
}

TEST_CASE("new tags are announced with a new incarnation, and done when they were sent") {
    Alone a;
    const bool alone = GENERATE(true, false);
    if (!alone) {
        a.hear_alive(2);
        a.pass(5s);
    }
    a.events.clear();
    auto changed = a.node.set_tags(a.now, 3, {{"role", "db"}});
    REQUIRE(changed);
    a.keep(*std::move(changed));
    a.pass(5s);
    REQUIRE(a.done.size() == 1);
    CHECK(a.done[0].request == 3);
    CHECK(a.node.tags() == cluster::Tags{{"role", "db"}});
    CHECK(cluster::decode_tags(a.node.member("n1")->tags) ==
          cluster::Tags{{"muster", "1"}, {"role", "db"}});
    CHECK(a.node.incarnation() == 2);
    REQUIRE_FALSE(a.events.empty());
    CHECK(a.events[0].kind == MemberEvent::Kind::Update);
}

TEST_CASE("S7 a refutation leaves at once, whatever the disk does") {
    Alone a;
    a.hear_alive(2);
    a.pass(5s);
    a.packets.clear();
    a.keep(a.node.store_failed(a.now, 1));
    Bytes packet;
    encode(swim::Suspect{1, "n1", "n2"}, packet);
    a.keep(a.node.receive(a.now, endpoint(2), packet));
    CHECK(a.node.incarnation() == 2);
    a.pass(1ms);
    REQUIRE_FALSE(a.packets.empty());
    swim::PacketReader reader;
    reader.open(a.packets[0]);
    const auto* alive = std::get_if<swim::Alive>(&reader.messages()[0]);
    REQUIRE(alive != nullptr);
    CHECK(alive->node == "n1");
    CHECK(alive->incarnation == 2);
}

TEST_CASE(
    "S4 a member that failed is pinged by its name before anything is exchanged with its address") {
    NodeConfig given = config();
    given.swim.push_pull_interval = 0s;
    given.swim.stream_pings = false;
    Alone a(given);
    a.hear_alive(2);
    // It never answers: suspected, declared dead, reaped from the wire table.
    a.pass(60s);
    CHECK(a.node.member("n2")->status == cluster::Status::Failed);
    CHECK(a.opens.empty());
    a.packets.clear();
    a.pass(10min);
    CHECK(a.opens.empty());
    std::uint32_t sequence = 0;
    for (const Bytes& packet : a.packets) {
        swim::PacketReader reader;
        reader.open(packet);
        for (const swim::Message& message : reader.messages()) {
            if (const auto* ping = std::get_if<swim::Ping>(&message)) {
                CHECK(ping->node == "n2");
                sequence = ping->sequence;
            }
        }
    }
    REQUIRE(sequence != 0);
    // Answered in time, the exchange follows: an ordinary one, no join.
    a.packets.clear();
    while (a.packets.empty()) {
        a.pass(100ms);
    }
    swim::PacketReader reader;
    reader.open(a.packets.back());
    const auto* ping = std::get_if<swim::Ping>(&reader.messages()[0]);
    REQUIRE(ping != nullptr);
    Bytes ack;
    encode(swim::Ack{ping->sequence, {}}, ack);
    a.keep(a.node.receive(a.now, endpoint(2), ack));
    REQUIRE(a.opens.size() == 1);
    CHECK(a.opens[0].to == endpoint(2));
    swim::StreamDecoder decoder;
    REQUIRE(decoder.feed(a.opens[0].bytes) == swim::StreamDecoder::Progress::Done);
    const auto* request = std::get_if<swim::PushPull>(&decoder.message());
    REQUIRE(request != nullptr);
    CHECK_FALSE(request->join);
}

TEST_CASE("seeds are asked for at the start, and joined when they are resolved") {
    NodeConfig given = config();
    given.has_seeds = true;
    TimePoint now{1000s};
    Node node(given);
    const Effects started = node.start(now);
    CHECK(started.resolve_seeds);
    const Endpoint seeds[] = {endpoint(1), endpoint(2)};
    const Effects joining = node.seeds_resolved(now, seeds);
    REQUIRE(joining.wire.opens.size() == 1);
    CHECK(joining.wire.opens[0].to == endpoint(2));
}

TEST_CASE("who answers probes on detours only, and who is missed, is counted") {
    Alone a;
    a.hear_alive(2);
    CHECK(a.node.probe_paths(a.now).heard == 0);
    CHECK(a.node.probe_paths(a.now).others == 1);
    CHECK_FALSE(a.node.last_heard("n3"));
    // A probe of n2, answered after `delay`.
    const auto answer = [&](Duration delay) {
        a.packets.clear();
        std::uint32_t sequence = 0;
        while (sequence == 0) {
            a.pass(10ms);
            for (const Bytes& packet : a.packets) {
                swim::PacketReader reader;
                reader.open(packet);
                for (const swim::Message& message : reader.messages()) {
                    if (const auto* ping = std::get_if<swim::Ping>(&message)) {
                        sequence = ping->sequence;
                    }
                }
            }
            a.packets.clear();
        }
        a.pass(delay);
        Bytes ack;
        encode(swim::Ack{sequence, {}}, ack);
        a.keep(a.node.receive(a.now, endpoint(2), ack));
    };
    answer(10ms);
    CHECK(a.node.last_heard("n2")->direct());
    CHECK(a.node.probe_paths(a.now).heard == 1);
    answer(600ms);
    CHECK(a.node.probe_paths(a.now).relayed == 0);  // one lost packet is no detour
    for (int i = 0; i < 70; ++i) {
        answer(600ms);
    }
    CHECK(a.node.probe_paths(a.now).heard == 1);
    CHECK(a.node.probe_paths(a.now).relayed == 1);
    CHECK(a.node.probe_paths(a.now).streamed == 0);
    CHECK(a.node.stats().absent == 0);
    a.pass(60s);  // it falls silent, and fails
    CHECK(a.node.stats().failed == 1);
    CHECK(a.node.stats().absent == 1);
    CHECK(a.node.probe_paths(a.now).heard == 0);
    a.pass(25h);  // it is no member any more, and is tried again
    CHECK(a.node.stats().failed == 0);
    CHECK(a.node.stats().absent == 1);
}
