// What statements do to the table (docs/protocol/memberlist.md section 7), beyond the precedence
// rule.
#include "swim/membership.h"

#include "script.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::script;

namespace {

// Suspicions need a probe interval for their length.
Config no_timers() {
    Config config = quiet();
    config.probe_interval = 1s;
    config.notice_own_stall = false;  // these tests jump
    return config;
}

}  // namespace

TEST_CASE("the first incarnation is 1, and the start is announced") {
    Script s(quiet());
    CHECK(s.swim().self().incarnation == 1);
    CHECK(s.state(1) == State::Alive);
    const auto events = s.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == WireEvent::Kind::Join);
    CHECK(events[0].name == "n1");
}

TEST_CASE("an unknown member that is alive joins; suspect and dead ones are ignored") {
    Script s(quiet());
    s.events();
    s.suspect(2, 1, 3);
    s.dead(2, 1, 3);
    CHECK(s.member(2) == nullptr);
    s.alive(2);
    CHECK(s.state(2) == State::Alive);
    const auto events = s.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == WireEvent::Kind::Join);
    CHECK(events[0].cause.kind == CauseKind::Alive);
}

TEST_CASE("an alive message without an incarnation, or with unusable versions, creates nobody") {
    Script s(quiet());
    const Bytes versions =
        GENERATE(values<Bytes>({"", Bytes("\x01\x05\x02", 3), Bytes("\0\x05\x02\0\0\0", 6),
                                Bytes("\x01\0\x02\0\0\0", 6), Bytes("\x05\x01\x02\0\0\0", 6)}));
    s.hear(Alive{1, "n2", endpoint(2).ip(), 7946, "", versions});
    s.hear(Alive{0, "n2", endpoint(2).ip(), 7946, "", vsn});
    s.hear(Alive{1, "n2", "abc", 7946, "", vsn});
    s.hear(Alive{1, "", endpoint(2).ip(), 7946, "", vsn});
    CHECK(s.swim().table().size() == 1);
}

TEST_CASE("a refutation answers with an incarnation above both, as the reference's examples") {
    Script s(quiet());
    s.suspect(1, 1, 2);
    CHECK(s.swim().self().incarnation == 2);
    s.suspect(1, 100, 2);
    CHECK(s.swim().self().incarnation == 101);
    s.dead(1, 5, 2);
    CHECK(s.swim().self().incarnation == 101);
    s.dead(1, 101, 2);
    CHECK(s.swim().self().incarnation == 102);
    CHECK(s.state(1) == State::Alive);
    CHECK(s.swim().health() == 3);
    CHECK(s.swim().refutations() == 3);
}

TEST_CASE("the highest incarnation is never followed by a lower one") {
    Script s(quiet());
    s.suspect(1, 0xFFFFFFFFU, 2);
    CHECK(s.swim().self().incarnation == 0xFFFFFFFFU);
    s.suspect(1, 0xFFFFFFFFU, 2);
    CHECK(s.swim().self().incarnation == 0xFFFFFFFFU);
}

TEST_CASE("an alive about ourselves with other metadata is refuted, the same one is not") {
    Script s(quiet());
    s.hear(Alive{1, "n1", endpoint(1).ip(), 7946, "meta", vsn});
    CHECK(s.swim().self().incarnation == 1);
    s.hear(Alive{1, "n1", endpoint(1).ip(), 7946, "other", vsn});
    CHECK(s.swim().self().incarnation == 2);
    CHECK(s.swim().self().meta == "meta");
}

TEST_CASE("another address for a live member's name is a conflict and changes nothing") {
    Script s(quiet());
    const unsigned who = GENERATE(1U, 2U);
    s.alive(2);
    s.events();
    s.hear(Alive{50, name(who), endpoint(9).ip(), 7946, "x", vsn});
    CHECK(s.member(who)->endpoint == endpoint(who));
    CHECK(s.member(who)->incarnation == 1);
    const auto events = s.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == WireEvent::Kind::Conflict);
    CHECK(events[0].other == endpoint(9));
}

TEST_CASE("the mapped form of an IPv4 address is another address") {
    Script s(quiet());
    s.alive(2);
    s.events();
    const Endpoint mapped = endpoint(2).mapped();
    s.hear(Alive{2, "n2", mapped.ip(), 7946, "x", vsn});
    CHECK(s.events().at(0).kind == WireEvent::Kind::Conflict);
    CHECK(s.member(2)->incarnation == 1);
}

TEST_CASE("a left member's name may come back at another address, with any incarnation") {
    Script s(quiet());
    s.alive(2, 9);
    s.dead(2, 9, 2);
    CHECK(s.state(2) == State::Left);
    s.hear(Alive{1, "n2", endpoint(9).ip(), 7946, "x", vsn});
    CHECK(s.state(2) == State::Alive);
    CHECK(s.member(2)->incarnation == 1);
    CHECK(s.member(2)->endpoint == endpoint(9));
}

TEST_CASE("a dead member's name may come back at another address only after the reclaim time") {
    const Duration reclaim = GENERATE(0s, 10s);
    Config config = quiet();
    config.dead_node_reclaim_time = reclaim;
    Script s(config);
    s.alive(2, 9);
    s.dead(2, 9, 3);
    CHECK(s.state(2) == State::Dead);
    s.now += 10s;
    s.hear(Alive{12, "n2", endpoint(9).ip(), 7946, "x", vsn});
    CHECK(s.state(2) == State::Dead);
    s.now += 1s;
    s.hear(Alive{1, "n2", endpoint(9).ip(), 7946, "x", vsn});
    CHECK(s.state(2) == (reclaim == 0s ? State::Dead : State::Alive));
}

TEST_CASE("who says of itself that it is dead has left; who is declared so by others has not") {
    Script s(quiet());
    s.alive(2);
    s.alive(3);
    s.events();
    s.dead(2, 1, 2);
    s.dead(3, 1, 2);
    CHECK(s.state(2) == State::Left);
    CHECK(s.state(3) == State::Dead);
    const auto events = s.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].cause.kind == CauseKind::Left);
    CHECK(events[1].cause.kind == CauseKind::DeclaredDead);
    CHECK(events[1].cause.by == "n2");
}

TEST_CASE("a suspicion ends in death after its time, bracketed from both sides") {
    Script s(no_timers());
    s.meet(6);
    s.suspect(2, 1, 3);
    CHECK(s.state(2) == State::Suspect);
    // Six members: k = 2, min 4 s, max 24 s.
    const TimePoint start = s.now;
    s.suspect(2, 1, 4);
    s.suspect(2, 1, 5);
    CHECK(s.swim().next_deadline() <= start + 4s);
    Output& out = s.out;
    s.now = start + 4s - 1ms;
    s.swim().tick(s.now, out);
    CHECK(s.state(2) == State::Suspect);
    s.events();
    s.now = start + 4s;
    s.swim().tick(s.now, out);
    CHECK(s.state(2) == State::Dead);
    const auto events = s.events();
    REQUIRE_FALSE(events.empty());
    CHECK(events.back().cause.kind == CauseKind::TimedOut);
    CHECK(events.back().cause.by == "n3");
    CHECK(events.back().cause.others == std::vector<Bytes>{"n4", "n5"});
}

TEST_CASE("a suspect that refutes in time is never declared dead") {
    Script s(no_timers());
    s.meet(6);
    s.suspect(2, 1, 3);
    s.alive(2, 1);
    CHECK(s.state(2) == State::Suspect);
    s.events();
    s.alive(2, 2);
    CHECK(s.state(2) == State::Alive);
    const auto events = s.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == WireEvent::Kind::Cleared);
    CHECK(events[0].cause.kind == CauseKind::Refuted);
    s.now += 30s;
    s.swim().tick(s.now, s.out);
    CHECK(s.state(2) == State::Alive);
}

TEST_CASE("a death that others hold is only our suspicion, a leave is taken over") {
    Script s(quiet());
    s.meet(4);
    s.events();
    PushPull remote;
    const Endpoint e2 = endpoint(2);
    const Endpoint e3 = endpoint(3);
    const Endpoint e5 = endpoint(5);
    remote.nodes = {
        {"n2", e2.ip(), 7946, "meta", 1, 2, vsn},
        {"n3", e3.ip(), 7946, "meta", 1, 3, vsn},
        {"n5", e5.ip(), 7946, "meta", 4, 2, vsn},
        {"n4", endpoint(4).ip(), 7946, "meta", 1, 9, vsn},
    };
    s.swim().receive_stream(s.now, {1, true}, endpoint(4), remote, s.out);
    CHECK(s.state(2) == State::Suspect);
    CHECK(s.state(3) == State::Left);
    CHECK(s.state(4) == State::Alive);
    CHECK(s.member(5) == nullptr);
    CHECK(s.events().at(0).cause.by == "n4");
}

TEST_CASE("one member with unusable versions stops a whole merge") {
    Script s(quiet());
    s.meet(3);
    const auto state = GENERATE(0, 2, 3);
    const Bytes versions = GENERATE(
        values<Bytes>({"", Bytes("\x01\x05\x09\x02\x05\x05", 6), Bytes("\x01\x05\x02\0\0\0", 6)}));
    PushPull remote;
    remote.nodes = {{"n8", endpoint(8).ip(), 7946, "meta", 1, 0, vsn},
                    {"n9", endpoint(9).ip(), 7946, "meta", 1, state, versions}};
    s.swim().receive_stream(s.now, {1, true}, endpoint(8), remote, s.out);
    CHECK(s.member(8) == nullptr);
    REQUIRE(s.out.refusals.size() == 1);
    CHECK(s.out.refusals[0].error.find("is outside what all understand") != std::string::npos);
    CHECK(s.out.user_states.empty());
    // The peer is answered all the same: it is not told.
    CHECK(s.out.replies.size() == 1);
}

TEST_CASE("members beyond the limit are refused, so a flood of names stays bounded") {
    Config config = quiet();
    config.max_members = 5;
    Script s(config);
    s.meet(20);
    CHECK(s.swim().table().size() == 5);
}

TEST_CASE("after a leave nothing about us is refuted, and pings are still answered") {
    Script s(quiet());
    s.alive(2);
    s.swim().leave(s.now, 5, s.out);
    CHECK(s.state(1) == State::Left);
    s.suspect(1, 7, 2);
    s.hear(Alive{9, "n1", endpoint(1).ip(), 7946, "other", vsn});
    CHECK(s.swim().self().incarnation == 1);
    s.sent();
    s.hear(Ping{3, "n1", {}});
    CHECK(s.sent_of<Ack>().size() == 1);
}

TEST_CASE(
    "a member that came back without knowing of its earlier life is told of it, and refutes") {
    Script s(quiet());
    const bool left = GENERATE(true, false);
    s.alive(2, 5);
    s.alive(3);
    s.dead(2, 5, left ? 2 : 3);
    s.sent();
    s.alive(2, 1);
    CHECK(s.state(2) == (left ? State::Left : State::Dead));
    const auto told = s.sent_of<Dead>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].first == endpoint(2));
    CHECK(told[0].second.incarnation == 5);
    CHECK((told[0].second.from == told[0].second.node) == left);
    // What it then says is believed.
    s.alive(2, 6);
    CHECK(s.state(2) == State::Alive);
}

TEST_CASE("nobody is told what it knows: old news of the living is ignored in silence") {
    Script s(quiet());
    s.alive(2, 5);
    s.sent();
    s.alive(2, 1);
    s.alive(2, 5);
    CHECK(s.sent().empty());
}
