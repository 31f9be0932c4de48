// When broadcasts leave, and to whom: one member in conversation, on the test's clock
// (docs/protocol/memberlist.md section 9; docs/detection.md "Broadcast at once").
#include <set>

#include "script.h"
#include "swim/swim.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::script;

namespace {

Config only_gossip() {
    Config config = quiet();
    config.gossip_interval = 200ms;
    return config;
}

}  // namespace

TEST_CASE("news leaves within a millisecond, and the rest of its transmissions at the ticks") {
    Script s(only_gossip());
    s.meet(8);
    s.pass(20s);
    s.sent();
    s.alive(9);
    s.pass(1ms);
    // n = 9: limit 4, of which half may leave at once.
    CHECK(s.sent_of<Alive>().size() == 2);
    s.pass(10s);
    CHECK(s.sent_of<Alive>().size() == 2);
    CHECK(s.swim().next_deadline() == never);
}

TEST_CASE("a message for one member goes to it alone, by itself") {
    Script s(quiet());
    s.meet(3);
    s.sent();
    s.swim().send(endpoint(3), "payload", s.out);
    const auto sent = s.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].to == endpoint(3));
    REQUIRE(std::holds_alternative<User>(sent[0].message));
    CHECK(std::get<User>(sent[0].message).payload == "payload");
}

TEST_CASE(
    "a broadcast that fits into no packet of gossip is finished at once, the largest is sent") {
    Script s(only_gossip());
    s.meet(3);
    s.pass(20s);
    s.sent();
    // Of 1400 bytes two are the compound's, two its part's, and one is the type.
    s.swim().broadcast(s.now, Tier::Event, Bytes(1396, 'x'), 7, s.out);
    CHECK(s.out.finished == std::vector<std::uint64_t>{7});
    CHECK(s.swim().sender().queued(Tier::Event) == 0);
    s.out.finished.clear();
    s.swim().broadcast(s.now, Tier::Event, Bytes(1395, 'x'), 8, s.out);
    CHECK(s.out.finished.empty());
    s.pass(20s);
    CHECK(s.out.finished == std::vector<std::uint64_t>{8});
    CHECK_FALSE(s.sent_of<User>().empty());
    CHECK(s.swim().next_deadline() == never);
}

TEST_CASE("with broadcasts at once switched off, gossip waits for its tick") {
    Config config = only_gossip();
    config.broadcast_at_once = false;
    Script s(config);
    s.meet(8);
    s.pass(20s);
    s.sent();
    // Right after a tick's moment, so that the next one is 200 ms away.
    s.alive(9);
    const TimePoint tick = s.swim().next_deadline();
    CHECK(tick > s.now);
    s.pass(tick - s.now - 1ms);
    CHECK(s.sent().empty());
    s.pass(2ms);
    CHECK(s.sent_of<Alive>().size() == 3);
}

TEST_CASE("extra rounds are spaced 20 ms, doubling, while news follows news") {
    Script s(only_gossip());
    s.meet(30);
    s.pass(20s);
    s.sent();
    std::vector<TimePoint> rounds;
    std::uint32_t incarnation = 2;
    const TimePoint end = s.now + 150ms;
    while (s.now < end) {
        ++incarnation;
        s.alive(2 + incarnation % 20, incarnation);
        s.pass(1ms);
        if (!s.sent_of<Alive>().empty()) {
            rounds.push_back(s.now);
        }
    }
    // Ticks of 200 ms may be among them; extra rounds alone would be at about 1, 21, 61, 141 ms.
    CHECK(rounds.size() >= 3);
    CHECK(rounds.size() <= 5);
    s.pass(1s);
}

TEST_CASE("members that share an endpoint hear all there is, and cost no more for being many") {
    Script s(only_gossip());
    for (unsigned i = 2; i < 200; ++i) {
        const Bytes who = name(i);
        s.hear(Alive{1, who, endpoint(2).ip(), endpoint(2).port(), "meta", vsn});
    }
    CHECK(s.swim().sender().queued() > 100);
    s.pass(10s);
    const std::size_t packets = s.out.datagrams.size();
    CHECK(packets > 0);
    CHECK(packets <= 50U * 3U + 1U);
    s.sent();
    s.pass(20min);
    CHECK(s.swim().sender().queued() == 0);
    CHECK(s.swim().next_deadline() == never);
}

TEST_CASE("a backlog of more than a packet gets no extra round") {
    Script s(only_gossip());
    s.alive(2);
    s.pass(20s);
    s.sent();
    // 60 alive messages of about 70 bytes do not fit into 1400.
    s.meet(60);
    REQUIRE(s.swim().next_deadline() <= s.now + 1ms);
    s.pass(1ms);
    CHECK(s.sent().empty());
    s.pass(1s);
    CHECK_FALSE(s.sent_of<Alive>().empty());
}

TEST_CASE("the dead are gossiped to for a while, those who left are not") {
    Script s(only_gossip());
    s.alive(2);
    s.alive(3);
    s.dead(2, 1, 3);
    s.dead(3, 1, 3);
    s.sent();
    std::set<Endpoint> to;
    for (int i = 0; i < 20; ++i) {
        s.alive(4, static_cast<std::uint32_t>(i) + 2);
        s.pass(1s);
        for (const Sent& one : s.sent()) {
            to.insert(one.to);
        }
    }
    CHECK(to.count(endpoint(2)) == 1);
    CHECK(to.count(endpoint(3)) == 0);
    s.pass(20s);
    s.sent();
    s.alive(4, 100);
    s.pass(1s);
    for (const Sent& one : s.sent()) {
        CHECK(one.to == endpoint(4));
    }
}
