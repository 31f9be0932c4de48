// Single rules of the protocol, each in a world where only it decides: faults planted in the code
// (tests/mutants) have shown that nothing else notices when one of them is broken.
#include <map>

#include "agent/cluster/messages.h"
#include "swim/codec.h"
#include "swim/formulas.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

// The tags of a member, as large as they get.
cluster::Tags large_tags(std::uint64_t seed) {
    Random random(seed);
    Bytes value;
    for (int i = 0; i < 400; ++i) {
        value += static_cast<char>('a' + random.below(26));
    }
    return {{"t", value}};
}

// ---- packets ----

TEST_CASE("no packet is larger than its budget, however much there is to tell") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Options options = lan();
    options.node.swim.compression = false;
    Sim sim{seed, options};
    sim.start(40);
    std::size_t largest = 0;
    sim.tap([&](const Passage& passage) { largest = std::max(largest, passage.packet.size()); });
    for (HostId host = 0; host < 40; ++host) {
        sim.set_tags(host, {{"turn", Bytes(host % 7, 'x')}});
    }
    sim.run_for(10s);
    // The checksum that goes around it is not counted (memberlist.md section 9.2).
    constexpr std::size_t checksum = 5;
    CHECK(largest <= sim.config(0).swim.packet_budget + checksum);
    // It was worth looking: some packets were full.
    CHECK(largest + 120 > sim.config(0).swim.packet_budget);
}

TEST_CASE("fresh news leaves before what was told already, though the queue is full") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.compression = false;
    options.node.swim.push_pull_interval = 0s;
    Sim sim{seed, options};
    sim.start(12);
    for (HostId host = 0; host < 12; ++host) {
        sim.set_tags(host, large_tags(seed + host));
    }
    // By then each was sent at least once.
    sim.run_for(800ms);
    REQUIRE(sim.node(0).stats().member_queue > 6);
    std::vector<bool> fresh;  // of each packet with news
    sim.tap([&](const Passage& passage) {
        if (passage.from == 0 && carries<swim::Alive>(passage.packet)) {
            fresh.push_back(carries<swim::Alive>(passage.packet, [&](const swim::Alive& alive) {
                return alive.node == sim.name(0) && alive.incarnation == 3;
            }));
        }
    });
    sim.set_tags(0, large_tags(seed + 100));
    sim.run_for(1s);
    REQUIRE(fresh.size() > 2);
    // News of others may have come in the same moment.
    CHECK((fresh[0] || fresh[1]));
}

TEST_CASE("an intent is told as often as any other news") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.push_pull_interval = 0s;
    Sim sim{seed, options};
    sim.start(6);
    std::size_t told = 0;
    sim.tap([&](const Passage& passage) {
        told += one_if(passage.from == 5 && carries<swim::User>(passage.packet));
    });
    sim.leave(5);
    sim.run_for(10s);
    CHECK(told == swim::retransmit_limit(sim.config(5).swim.retransmit_mult, 6));
}

TEST_CASE("an intent that all know is passed on no more") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.push_pull_interval = 0s;
    Sim sim{seed, options};
    sim.start(6);
    sim.run_for(30s);
    std::size_t told = 0;
    sim.tap([&](const Passage& passage) { told += one_if(carries<swim::User>(passage.packet)); });
    sim.run_for(1min);
    CHECK(told == 0);
}

TEST_CASE("who is dead for longer than the time for it hears no gossip") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Sim sim{seed};
    sim.start(20);
    const Duration hears = sim.config(0).swim.gossip_to_the_dead_time;
    std::size_t told = 0;
    std::size_t too_late = 0;
    sim.tap([&](const Passage& passage) {
        const bool probe = carries<swim::Ping>(passage.packet);
        if (passage.to != HostId{19} || probe || !gossips(passage.packet)) {
            return;
        }
        const TimePoint failed = sim.first(passage.from, 19, Status::Failed);
        told += one_if(passage.at > failed);
        too_late += one_if(failed != never && passage.at - failed > hears);
    });
    sim.kill(19);
    for (int turn = 0; turn < 160; ++turn) {
        sim.set_tags(0, {{"turn", std::to_string(turn)}});
        sim.run_for(500ms);
    }
    CHECK(told > 0);
    CHECK(too_late == 0);
}

// ---- probes ----

TEST_CASE("every member probes every other within two rounds of its list") {
    const auto seed = GENERATE(from_range(seeds(2)));
    const HostId n = GENERATE(2U, 3U, 8U);
    CAPTURE(n);
    Sim sim{seed};
    sim.start(n);
    const Duration bound = (2 * n - 1) * sim.config(0).swim.probe_interval;
    std::map<std::pair<HostId, HostId>, TimePoint> last;
    Duration longest{};
    for (HostId from = 0; from < n; ++from) {
        for (HostId to = 0; to < n; ++to) {
            last[{from, to}] = sim.now();
        }
    }
    sim.tap([&](const Passage& passage) {
        if (passage.to && carries<swim::Ping>(passage.packet)) {
            TimePoint& before = last[{passage.from, *passage.to}];
            longest = std::max(longest, passage.at - before);
            before = passage.at;
        }
    });
    sim.run_for(5min);
    for (const auto& [pair, at] : last) {
        if (pair.first != pair.second) {
            longest = std::max(longest, sim.now() - at);
        }
    }
    CHECK(longest <= bound);
}

TEST_CASE("a sick prober waits longer for its answers, and so finds a slow member alive") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.stream_pings = false;
    Sim sim{seed, options};
    sim.start(2);
    // An answer comes after 1.5 intervals: too late for who is healthy, in time for who is not.
    sim.network().link(1, 0).delay_min = 1500ms;
    sim.network().link(1, 0).delay_mean = 1500ms;
    const NodeStats before = sim.node(0).stats();
    sim.run_for(5min);
    const NodeStats after = sim.node(0).stats();
    const std::uint64_t failed = after.probes_failed - before.probes_failed;
    CHECK(failed > 0);
    CHECK(failed * 3 <= (after.probes - before.probes) * 2);
    CHECK(sim.count(1, Status::Failed) == 0);
}

TEST_CASE("a relay's nack is no verdict: an ack that comes after it still counts") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.stream_pings = false;
    Sim sim{seed, options};
    sim.start(4);
    sim.block(0, 1, Traffic::Datagrams);
    // The way by a relay takes 430 ms: its nack, after 400 ms, is first.
    for (const HostId relay : {2U, 3U}) {
        for (Link* link : {&sim.network().link(relay, 1), &sim.network().link(1, relay)}) {
            link->delay_min = 215ms;
            link->delay_mean = 215ms;
        }
    }
    std::size_t nacks = 0;
    sim.tap([&](const Passage& passage) { nacks += carries<swim::Nack>(passage.packet); });
    sim.run_for(2min);
    CHECK(nacks > 0);
    CHECK(sim.count(1, MemberEvent::Kind::Suspect) == 0);
}

TEST_CASE("a relay that waits for an ack of its own passes on those of others") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.stream_pings = false;
    options.node.swim.indirect_checks = 1;
    Sim sim{seed, options};
    sim.start(4);
    sim.block(1, 2, Traffic::Datagrams);
    sim.block(2, 1, Traffic::Datagrams);
    for (Link* link : {&sim.network().link(0, 3), &sim.network().link(3, 0)}) {
        link->delay_min = 200ms;
        link->delay_mean = 200ms;
    }
    sim.run_for(5min);
    for (HostId host = 0; host < 4; ++host) {
        CHECK(sim.count(host, MemberEvent::Kind::Suspect) == 0);
    }
}

TEST_CASE("a relay passes an answer on once, however often it comes") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.stream_pings = false;
    Sim sim{seed, options};
    sim.start(3);
    sim.block(0, 1, Traffic::Datagrams);
    sim.network().link(1, 2).duplication = 1;
    std::map<std::uint32_t, std::size_t> answers;  // by the number that n0 asked with
    sim.tap([&](const Passage& passage) {
        swim::PacketReader reader;
        reader.open(passage.packet);
        for (const swim::Message& message : reader.messages()) {
            const auto* request = std::get_if<swim::IndirectPing>(&message);
            const auto* ack = std::get_if<swim::Ack>(&message);
            if (passage.from == 0 && request != nullptr) {
                answers.emplace(request->sequence, 0);
            }
            if (passage.from == 2 && passage.to == HostId{0} && ack != nullptr) {
                if (const auto asked = answers.find(ack->sequence); asked != answers.end()) {
                    ++asked->second;
                }
            }
        }
    });
    sim.run_for(2min);
    REQUIRE(answers.size() > 10);
    for (const auto& [sequence, count] : answers) {
        CAPTURE(sequence);
        CHECK(count <= 1);
    }
}

// ---- suspicions ----

TEST_CASE("who declares a member dead first has had its accusation confirmed by others") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed};
    sim.start(12);
    sim.kill(11);
    REQUIRE(sim.run_until([&] { return sim.count(11, Status::Failed) > 0; }, 60s));
    for (HostId host = 0; host < 11; ++host) {
        for (const Observed& seen : sim.events(host)) {
            if (seen.event.to == Status::Failed) {
                CHECK(seen.event.cause.kind == swim::CauseKind::TimedOut);
                CHECK(seen.event.cause.others.size() == 2);
            }
        }
    }
}

TEST_CASE("a suspicion reaches others by push/pull, when gossip fails") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool dead = GENERATE(false, true);
    CAPTURE(dead);
    Sim sim{seed};
    sim.start(5);
    sim.filter([](const Passage& passage) { return gossips(passage.packet); });
    for (HostId host = 0; host < 4; ++host) {
        sim.block(4, host, Traffic::Streams);
        sim.block(host, 4, Traffic::Streams);
    }
    Bytes packet;
    if (dead) {
        swim::encode(swim::Dead{1, sim.name(4), sim.name(1)}, packet);
    } else {
        swim::encode(swim::Suspect{1, sim.name(4), sim.name(1)}, packet);
    }
    sim.inject(0, sim.endpoint(1), packet);
    REQUIRE(sim.sees(0, 4).suspect != dead);
    const auto reported = [&](HostId host, MemberEvent::Kind kind) {
        for (const Observed& seen : sim.events(host)) {
            if (seen.event.name == sim.name(4) && seen.event.kind == kind &&
                seen.event.cause.kind == swim::CauseKind::PushPull) {
                return true;
            }
        }
        return false;
    };
    // Never more than that: another's opinion gives the accused its time to refute.
    CHECK(sim.run_until(
        [&] {
            return reported(1, MemberEvent::Kind::Suspect) ||
                   reported(2, MemberEvent::Kind::Suspect) ||
                   reported(3, MemberEvent::Kind::Suspect);
        },
        23s + 30s));
    for (HostId host = 1; host < 4; ++host) {
        CHECK(sim.first(host, 4, Status::Failed) == never);
    }
}

TEST_CASE("a leave on the wire reaches by push/pull who missed it, without any probe") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    options.node.swim.probe_interval = 0s;
    Sim sim{seed, options};
    sim.start(5);
    // All gossip is lost, but what the leaver tells n0.
    sim.filter([](const Passage& passage) {
        const bool told = passage.from == 4 && passage.to == HostId{0};
        return !told && (gossips(passage.packet) || carries<swim::User>(passage.packet));
    });
    sim.leave(4);
    REQUIRE(sim.run_until([&] { return sim.sees(0, 4, Status::Left); }, 15s));
    CHECK(sim.run_until([&] { return sim.all_see(4, Status::Left); }, repair));
    CHECK(sim.count(4, Status::Failed) == 0);
}

// ---- intents ----

Bytes leave_intent(cluster::LamportTime ltime, BytesView name) {
    Bytes message;
    cluster::encode(cluster::Leave{ltime, name, /*prune=*/false}, message);
    Bytes packet;
    swim::encode(swim::User{message}, packet);
    return packet;
}

TEST_CASE("an intent that comes before its member counts when the member comes") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(2);
    const HostId late = sim.add();
    sim.inject(0, sim.endpoint(1), leave_intent(20, sim.name(late)));
    sim.boot(late);
    sim.join(late, {0});
    REQUIRE(sim.run_until([&] { return !sim.sees(0, late, Status::None); }, 5s));
    CHECK(sim.sees(0, late, Status::Leaving));
    // It hears of it, and says that it stays.
    sim.settle(repair);
}

TEST_CASE("who is said to leave is believed at once when it says that it stays") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Options options = lan();
    // Its own word alone makes it alive again.
    options.node.cluster.leaving_timeout = 24h;
    Sim sim{seed, options};
    sim.start(5);
    for (int i = 0; i < 5; ++i) {
        sim.force_leave(0, sim.name(4), /*prune=*/false);
        REQUIRE(sim.sees(0, 4, Status::Leaving));
        sim.settle(repair);
    }
    CHECK(sim.count(4, Status::Left) == 0);
}

}  // namespace
}  // namespace muster::sim
