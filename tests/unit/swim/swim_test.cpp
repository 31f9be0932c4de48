// Probing, relaying, gossiping, exchanging: one member in conversation, on the test's clock
// (docs/protocol/memberlist.md sections 8 and 9; docs/detection.md).
#include "swim/swim.h"

#include <set>

#include "script.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::script;

namespace {

Config only_probes() {
    Config config = quiet();
    config.probe_interval = 1s;
    return config;
}

Config only_gossip() {
    Config config = quiet();
    config.gossip_interval = 200ms;
    return config;
}

// Waits for the next probe; answers whom, and its sequence number.
std::pair<Endpoint, std::uint32_t> next_probe(Script& s) {
    for (int i = 0; i < 2000; ++i) {
        const auto pings = s.sent_of<Ping>();
        if (!pings.empty()) {
            return {pings[0].first, pings[0].second.sequence};
        }
        s.pass(1ms);
    }
    FAIL("no probe within two seconds");
    return {};
}

}  // namespace

TEST_CASE("a ping is answered to its source if that is complete, else to where it came from") {
    Script s(quiet());
    s.hear(Ping{5, "n1", {endpoint(7).ip(), 1234, "n7"}}, 2);
    s.hear(Ping{6, "", {}}, 2);
    s.hear(Ping{7, "n1", {endpoint(7).ip(), 0, "n7"}}, 2);
    s.hear(Ping{8, "somebody else", {}}, 2);
    const auto acks = s.sent_of<Ack>();
    REQUIRE(acks.size() == 3);
    CHECK(acks[0].first == endpoint(7).with_port(1234));
    CHECK(acks[0].second.sequence == 5);
    CHECK(acks[1].first == endpoint(2));
    CHECK(acks[2].first == endpoint(2));
}

TEST_CASE("each live member is probed once per round, the gone are not, nor are we") {
    Script s(only_probes());
    s.meet(6);
    s.dead(5, 1, 3);
    s.dead(6, 1, 6);
    std::multiset<Bytes> probed;
    for (int i = 0; i < 9; ++i) {
        const auto [to, sequence] = next_probe(s);
        probed.insert(to.ip_text());
        s.hear(Ack{sequence, {}});
        s.pass(10ms);
    }
    CHECK(probed.count("10.0.0.2") == 3);
    CHECK(probed.count("10.0.0.3") == 3);
    CHECK(probed.count("10.0.0.4") == 3);
}

TEST_CASE("a silent member is asked through relays and on a stream, then suspected") {
    Script s(only_probes());
    s.meet(6);
    const auto [target, sequence] = next_probe(s);
    const TimePoint sent = s.now;
    s.pass(499ms);
    CHECK(s.sent_of<IndirectPing>().empty());
    CHECK(s.out.opens.empty());
    s.pass(2ms);
    const auto requests = s.sent_of<IndirectPing>();
    REQUIRE(requests.size() == 3);
    std::set<Endpoint> relays;
    for (const auto& [to, request] : requests) {
        relays.insert(to);
        CHECK(request.sequence == sequence);
        CHECK(request.nack);
        CHECK(to != target);
        CHECK(Endpoint::from_bytes(request.target_ip, request.target_port) == target);
    }
    CHECK(relays.size() == 3);
    REQUIRE(s.out.opens.size() == 1);
    CHECK(s.out.opens[0].to == target);
    CHECK(s.out.opens[0].deadline <= sent + 1s);
    CHECK(s.out.opens[0].deadline > sent + 990ms);
    s.events();
    s.pass(495ms);
    CHECK(s.events().empty());
    s.pass(10ms);
    const auto events = s.events();
    REQUIRE_FALSE(events.empty());
    CHECK(events[0].kind == WireEvent::Kind::Suspect);
    CHECK(events[0].cause.kind == CauseKind::ProbeFailed);
    // Three relays promised a nack and none came.
    CHECK(s.swim().health() == 3);
}

TEST_CASE("the accused hears the accusation first, with a ping, once") {
    Script s(only_probes());
    s.meet(6);
    const auto [target, sequence] = next_probe(s);
    s.pass(990ms);
    s.sent();
    s.pass(20ms);
    std::vector<Sent> to_target;
    for (const Sent& one : s.sent()) {
        if (one.to == target) {
            to_target.push_back(one);
        }
    }
    REQUIRE(to_target.size() >= 2);
    CHECK(std::holds_alternative<Ping>(to_target[0].message));
    REQUIRE(std::holds_alternative<Suspect>(to_target[1].message));
    CHECK(std::get<Suspect>(to_target[1].message).from == "n1");
}

TEST_CASE("an accusation that is only relayed is not sent to the accused") {
    Script s(quiet());
    s.meet(6);
    s.sent();
    s.suspect(2, 1, 3);
    CHECK(s.sent().empty());
}

TEST_CASE("a suspect is probed with its suspicion, so that it can refute at once") {
    Script s(only_probes());
    s.alive(2);
    s.suspect(2, 1, 3);
    s.sent();
    for (int i = 0; i < 1200; ++i) {
        s.pass(1ms);
    }
    const auto sent = s.sent();
    REQUIRE(sent.size() >= 2);
    CHECK(std::holds_alternative<Ping>(sent[0].message));
    CHECK(std::holds_alternative<Suspect>(sent[1].message));
}

TEST_CASE("an ack ends the probe, measures the round trip and mends the health") {
    Script s(only_probes());
    s.meet(3);
    s.suspect(1, 1, 2);
    CHECK(s.swim().health() == 1);
    s.sent();
    const auto [target, sequence] = next_probe(s);
    s.pass(30ms);
    s.hear(Ack{sequence, "payload"});
    CHECK(s.swim().health() == 0);
    REQUIRE(s.out.round_trips.size() == 1);
    CHECK(s.out.round_trips[0].time <= 31ms);
    CHECK(s.out.round_trips[0].time >= 30ms);
    CHECK(s.out.payload(s.out.round_trips[0]) == "payload");
    CHECK(s.swim().table().find(s.out.name(s.out.round_trips[0]))->endpoint == target);
    s.pass(900ms);
    CHECK(s.state(2) == State::Alive);
    CHECK(s.state(3) == State::Alive);
}

TEST_CASE("an ack for another sequence number, or a second one, is nothing") {
    Script s(only_probes());
    s.meet(3);
    const auto [target, sequence] = next_probe(s);
    s.hear(Ack{sequence + 1, {}});
    CHECK(s.out.round_trips.empty());
    s.hear(Ack{sequence, {}});
    s.hear(Ack{sequence, {}});
    CHECK(s.out.round_trips.size() == 1);
}

TEST_CASE("each way by which a member answers is noted apart") {
    Script s(only_probes());
    s.meet(2);
    const auto heard = [&] { return s.swim().table().find("n2")->heard; };
    const auto near = [&](std::optional<TimePoint> moment) {
        return moment && s.now - *moment < 100ms && *moment <= s.now;
    };
    CHECK_FALSE(heard().direct());
    CHECK_FALSE(heard().round_trip());
    auto sequence = next_probe(s).second;
    s.pass(30ms);
    s.hear(Ack{sequence, {}});
    CHECK(near(heard().direct()));
    CHECK(heard().round_trip() >= Duration(30ms));
    CHECK(heard().round_trip() <= Duration(31ms));
    CHECK_FALSE(heard().relayed());
    const auto direct = heard().direct();
    sequence = next_probe(s).second;
    s.pass(600ms);
    s.hear(Ack{sequence, {}});
    CHECK(near(heard().relayed()));
    CHECK(heard().direct() == direct);
    CHECK_FALSE(heard().streamed());
    const auto relayed = heard().relayed();
    s.out.opens.clear();
    const auto [target, last] = next_probe(s);
    s.pass(600ms);
    REQUIRE(s.out.opens.size() == 1);
    s.swim().receive_stream(s.now, s.out.opens[0].id, target, Ack{last, {}}, s.out);
    CHECK(near(heard().streamed()));
    CHECK(heard().direct() == direct);
    CHECK(heard().relayed() == relayed);
}

TEST_CASE("relays' nacks spare the health of who probes") {
    Script s(only_probes());
    s.meet(6);
    const auto [target, sequence] = next_probe(s);
    s.pass(600ms);
    s.hear(Nack{sequence}, 3);
    s.hear(Nack{sequence}, 4);
    s.pass(500ms);
    CHECK(s.swim().health() == 1);
    CHECK(s.swim().prober().failures() == 1);
}

TEST_CASE("the stream's ack saves a member that UDP does not reach") {
    Script s(only_probes());
    s.meet(6);
    const auto [target, sequence] = next_probe(s);
    s.pass(600ms);
    REQUIRE(s.out.opens.size() == 1);
    s.events();
    s.swim().receive_stream(s.now, s.out.opens[0].id, target, Ack{sequence, {}}, s.out);
    s.pass(500ms);
    CHECK(s.swim().prober().failures() == 0);
    for (const WireEvent& event : s.events()) {
        CHECK(event.kind != WireEvent::Kind::Suspect);
    }
}

TEST_CASE("poor health makes the probe interval longer, not the probe timeout") {
    Script s(only_probes());
    s.meet(6);
    s.suspect(1, 1, 2);
    s.suspect(1, 2, 2);
    CHECK(s.swim().health() == 2);
    s.sent();
    next_probe(s);
    s.pass(501ms);
    CHECK(s.sent_of<IndirectPing>().size() == 3);
    s.events();
    s.pass(2400ms);
    CHECK(s.events().empty());
    s.pass(110ms);
    CHECK(s.events().at(0).kind == WireEvent::Kind::Suspect);
}

TEST_CASE("a relay pings for another and passes the ack back under its number") {
    Script s(quiet());
    s.meet(4);
    s.sent();
    s.hear(IndirectPing{77, endpoint(3).ip(), 7946, "n3", true, {endpoint(2).ip(), 7946, "n2"}}, 2);
    const auto pings = s.sent_of<Ping>();
    REQUIRE(pings.size() == 1);
    CHECK(pings[0].first == endpoint(3));
    CHECK(pings[0].second.node == "n3");
    CHECK(pings[0].second.source.node == "n1");
    s.hear(Ack{pings[0].second.sequence, "not relayed"}, 3);
    const auto acks = s.sent_of<Ack>();
    REQUIRE(acks.size() == 1);
    CHECK(acks[0].first == endpoint(2));
    CHECK(acks[0].second.sequence == 77);
    CHECK(acks[0].second.payload.empty());
}

TEST_CASE("a relay says in time that no ack came, if it was asked to") {
    const bool asked = GENERATE(true, false);
    Script s(quiet());
    s.meet(4);
    s.hear(IndirectPing{77, endpoint(3).ip(), 7946, "n3", asked, {endpoint(2).ip(), 7946, "n2"}},
           2);
    s.sent();
    s.pass(399ms);
    CHECK(s.sent_of<Nack>().empty());
    s.pass(2ms);
    const auto nacks = s.sent_of<Nack>();
    REQUIRE(nacks.size() == (asked ? 1U : 0U));
    if (asked) {
        CHECK(nacks[0].first == endpoint(2));
        CHECK(nacks[0].second.sequence == 77);
    }
    s.pass(1s);
    CHECK(s.sent().empty());
}

TEST_CASE("a ping by name ends with its ack, or after an interval without one") {
    Script s(only_probes());
    s.swim().ping_by_name(s.now, "n9", endpoint(9), s.out);
    const auto pings = s.sent_of<Ping>();
    REQUIRE(pings.size() == 1);
    CHECK(pings[0].second.node == "n9");
    const bool answers = GENERATE(true, false);
    if (answers) {
        s.hear(Ack{pings[0].second.sequence, {}}, 9);
    }
    s.pass(1100ms);
    REQUIRE(s.out.pings.size() == 1);
    CHECK(s.out.pings[0].answered == answers);
    CHECK(s.out.pings[0].name == "n9");
    CHECK(s.member(9) == nullptr);
}

TEST_CASE("the dead and the left are forgotten after a while, when a probe round ends") {
    Script s(only_probes());
    s.meet(4);
    s.dead(3, 1, 2);
    s.dead(4, 1, 4);
    const TimePoint start = s.now;
    while (s.now < start + 29s) {
        const auto [to, sequence] = next_probe(s);
        s.hear(Ack{sequence, {}});
        s.pass(100ms);
    }
    CHECK(s.member(3) != nullptr);
    while (s.now < start + 36s) {
        const auto [to, sequence] = next_probe(s);
        s.hear(Ack{sequence, {}});
        s.pass(100ms);
    }
    CHECK(s.member(3) == nullptr);
    CHECK(s.member(4) == nullptr);
    CHECK(s.swim().table().size() == 2);
}

TEST_CASE("a request for an exchange is answered with our state as it was, then merged") {
    Script s(quiet());
    s.alive(2);
    PushPull remote;
    remote.join = true;
    remote.nodes = {{"n9", endpoint(9).ip(), 7946, "meta", 3, 0, vsn}};
    remote.user_state = "theirs";
    s.swim().receive_stream(s.now, {4, true}, endpoint(9), remote, s.out);
    REQUIRE(s.out.replies.size() == 1);
    StreamDecoder decoder;
    REQUIRE(decoder.feed(s.out.replies[0].bytes) == StreamDecoder::Progress::Done);
    const auto* reply = std::get_if<PushPull>(&decoder.message());
    REQUIRE(reply != nullptr);
    CHECK(reply->join);
    CHECK(reply->user_state == "user state");
    CHECK(reply->nodes.size() == 2);
    CHECK(s.state(9) == State::Alive);
    REQUIRE(s.out.user_states.size() == 1);
    CHECK(s.out.user_states[0].payload == "theirs");
    CHECK_FALSE(s.out.user_states[0].ours);
}

TEST_CASE("an entry about ourselves in an answer is refuted: so a restarted member comes back") {
    Script s(quiet());
    const auto state = GENERATE(0, 1, 2, 3);
    const StreamId id = s.swim().exchange(s.now, endpoint(2), /*join=*/true, s.out);
    REQUIRE(s.out.opens.size() == 1);
    PushPull remote;
    remote.join = true;
    remote.nodes = {{"n2", endpoint(2).ip(), 7946, "meta", 1, 0, vsn},
                    {"n1", endpoint(1).ip(), 7946, "former life", 8, state, vsn}};
    s.swim().receive_stream(s.now, id, endpoint(2), remote, s.out);
    CHECK(s.swim().self().incarnation == 9);
    REQUIRE(s.out.exchanges.size() == 1);
    CHECK(s.out.exchanges[0].error.empty());
}

TEST_CASE("a join that reaches only ourselves has failed") {
    Script s(quiet());
    const StreamId id = s.swim().exchange(s.now, endpoint(1), /*join=*/true, s.out);
    PushPull remote;
    remote.nodes = {{"n1", endpoint(1).ip(), 7946, "meta", 1, 0, vsn}};
    s.swim().receive_stream(s.now, id, endpoint(1), remote, s.out);
    REQUIRE(s.out.exchanges.size() == 1);
    CHECK(s.out.exchanges[0].error == "only this agent itself answers there");
}

TEST_CASE("a failed, refused or nonsensical answer ends an exchange with its reason") {
    Script s(quiet());
    const StreamId id = s.swim().exchange(s.now, endpoint(2), /*join=*/true, s.out);
    const auto check_ended = [&](const std::string& reason) {
        REQUIRE(s.out.exchanges.size() == 1);
        CHECK(s.out.exchanges[0].error == reason);
    };
    SECTION("failure") {
        s.swim().stream_failed(s.now, id, "connection refused", s.out);
        check_ended("connection refused");
    }
    SECTION("remote error") {
        s.swim().receive_stream(s.now, id, endpoint(2), RemoteError{"remote state is encrypted"},
                                s.out);
        check_ended("remote error: remote state is encrypted");
    }
    SECTION("nonsense") {
        s.swim().receive_stream(s.now, id, endpoint(2), Ping{1, "n1", {}}, s.out);
        check_ended("the peer answered with a message that is no answer");
    }
}

TEST_CASE("exchanges are periodic, and start over only when the last has ended") {
    Config config = quiet();
    config.push_pull_interval = 30s;
    Script s(config);
    s.alive(2);
    s.pass(31s);
    REQUIRE(s.out.opens.size() == 1);
    CHECK(s.out.opens[0].to == endpoint(2));
    s.pass(300s);
    CHECK(s.out.opens.size() == 1);
    s.swim().stream_failed(s.now, s.out.opens[0].id, "timed out", s.out);
    s.pass(29s);
    CHECK(s.out.opens.size() == 1);
    s.pass(2s);
    CHECK(s.out.opens.size() == 2);
}

TEST_CASE("S6 a stalled agent reads the refutations in its socket before its suspicions expire") {
    Script s(only_probes());
    s.meet(6);
    s.suspect(2, 1, 3);
    s.suspect(2, 1, 4);
    s.suspect(2, 1, 5);
    const unsigned before = s.swim().health();
    // Paused for ten seconds: the suspicion would have run out after four.
    s.now += 10s;
    s.swim().tick(s.now, s.out);
    CHECK(s.state(2) == State::Suspect);
    CHECK(s.swim().stalls() == 1);
    CHECK(s.swim().health() == before + 1);
    s.alive(2, 2);
    CHECK(s.state(2) == State::Alive);
}

TEST_CASE("a stalled agent accuses nobody for one interval, and then does again") {
    Script s(only_probes());
    s.meet(6);
    next_probe(s);
    s.events();
    s.now += 10s;
    s.swim().tick(s.now, s.out);
    CHECK(s.events().empty());
    s.pass(900ms);
    CHECK(s.events().empty());
    s.pass(10s);
    CHECK_FALSE(s.events().empty());
}

TEST_CASE("an agent that always stalls still detects") {
    Script s(only_probes());
    s.meet(2);
    for (int i = 0; i < 100 && s.state(2) == State::Alive; ++i) {
        s.now = std::max(s.now, s.swim().next_deadline()) + 400ms;
        s.swim().tick(s.now, s.out);
    }
    CHECK(s.state(2) == State::Suspect);
}

TEST_CASE("a changed address is announced after the old one was said to have left") {
    Config config = only_gossip();
    Script s(config);
    s.meet(3);
    s.pass(10s);
    s.sent();
    s.swim().move(s.now, endpoint(50), s.out);
    s.pass(2s);
    std::vector<std::string> said;
    for (const Sent& one : s.sent()) {
        if (const auto* dead = std::get_if<Dead>(&one.message)) {
            CHECK(dead->from == dead->node);
            said.emplace_back("left");
        } else if (const auto* alive = std::get_if<Alive>(&one.message)) {
            CHECK(Endpoint::from_bytes(alive->ip, alive->port) == endpoint(50));
            CHECK(alive->incarnation == 2);
            said.emplace_back("alive");
        }
    }
    REQUIRE(said.size() >= 4);
    CHECK(std::is_sorted(said.rbegin(), said.rend()));
    CHECK(s.state(1) == State::Alive);
    CHECK(s.swim().self().endpoint == endpoint(50));
    // And it refutes again.
    s.suspect(1, 2, 2);
    CHECK(s.swim().self().incarnation == 3);
}

TEST_CASE("new metadata is announced with the next incarnation") {
    Script s(quiet());
    s.swim().update(s.now, "new", 11, s.out);
    CHECK(s.swim().self().incarnation == 2);
    CHECK(s.swim().self().meta == "new");
    CHECK(s.events().back().kind == WireEvent::Kind::Update);
}

TEST_CASE("packets that do not decode change nothing and are counted") {
    Script s(quiet());
    s.meet(3);
    s.events();
    s.swim().receive(s.now, endpoint(2), Bytes("\xfe garbage"), s.out);
    s.swim().receive(s.now, endpoint(2), Bytes("\x04\x81\xa4Node"), s.out);
    s.swim().receive(s.now, endpoint(2), Bytes(), s.out);
    CHECK(s.events().empty());
    CHECK(s.swim().table().size() == 3);
    CHECK(s.swim().faults(Fault::UnknownType) == 1);
    CHECK(s.swim().faults(Fault::Body) == 1);
}
