// Who is silent is found out, in time and not before; who is not, is left alone.
#include "swim/codec.h"
#include "swim/formulas.h"
#include "tests/sim/aftermath.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

constexpr Duration off = 0s;

// Every statement about members is lost on its way; probes are answered all the same, over streams
// if need be.
void lose_gossip(Sim& sim) {
    sim.filter([](const Passage& passage) { return gossips(passage.packet); });
}

void accuse(Sim& sim, HostId at, HostId accused, HostId by) {
    Bytes packet;
    swim::encode(swim::Suspect{sim.sees(at, accused).incarnation, sim.name(accused), sim.name(by)},
                 packet);
    sim.inject(at, sim.endpoint(by), packet);
}

TEST_CASE("a killed member is reported failed by all within the bound, and not before the least") {
    const auto seed = GENERATE(from_range(seeds(5)));
    const std::size_t n = GENERATE(std::size_t{2}, std::size_t{3}, std::size_t{5}, std::size_t{12});
    CAPTURE(n);
    Sim sim{seed};
    sim.start(n);
    const auto victim = static_cast<HostId>(n - 1);
    const swim::Config& config = sim.config(0).swim;
    const Duration least = swim::suspicion_timeout(config.suspicion_mult, n, config.probe_interval);
    const TimePoint killed = sim.now();
    sim.kill(victim);
    sim.run_for(least - 1ms);
    CHECK(sim.count(victim, Status::Failed) == 0);
    CHECK(sim.run_until([&] { return sim.all_see(victim, Status::Failed); },
                        completeness_bound(n, config) - least));
    INFO("after " << std::chrono::duration<double>(sim.now() - killed).count() << " s");
    CHECK(sim.count(Status::Failed) == n - 1);
}

TEST_CASE("a suspicion that nobody confirms runs for its longest, each confirmation shortens it") {
    // Five members: k = 2, from 24 s down to 4 s (memberlist.md section 8.5).
    const auto [accusers, lifetime] = GENERATE(table<HostId, Duration>({
        {1, 24s}, {2, 11381ms}, {3, 4s}, {4, 4s},  // beyond k: no further effect
    }));
    CAPTURE(accusers);
    Options options = lan();
    options.node.swim.push_pull_interval = off;
    Sim sim{7, options};
    sim.start(6);
    sim.kill(5);
    sim.run_for(4min);  // until five entries are left: n is what the tables hold
    lose_gossip(sim);
    for (HostId by = 1; by <= accusers; ++by) {
        accuse(sim, 0, 4, by == 4 ? 0 : by);
    }
    accuse(sim, 0, 4, 1);  // again by the first: no confirmation
    CHECK(sim.sees(0, 4).suspect);
    sim.run_for(lifetime - 1ms);
    CHECK(sim.sees(0, 4, Status::Alive));
    sim.run_for(2ms);
    CHECK(sim.sees(0, 4, Status::Failed));
}

TEST_CASE("in a cluster too small to confirm, a suspicion runs for its shortest") {
    Options options = lan();
    options.node.swim.push_pull_interval = off;
    Sim sim{7, options};
    sim.start(3);
    lose_gossip(sim);
    accuse(sim, 0, 2, 1);
    sim.run_for(4s - 1ms);
    CHECK(sim.sees(0, 2, Status::Alive));
    sim.run_for(2ms);
    CHECK(sim.sees(0, 2, Status::Failed));
}

TEST_CASE("a member that refutes in time is never declared dead") {
    const auto seed = GENERATE(from_range(seeds(5)));
    const std::uint32_t ahead = GENERATE(0U, 100U);  // of its incarnation: somebody lies
    CAPTURE(ahead);
    Sim sim{seed};
    sim.start(5);
    Random random(seed);
    for (int i = 0; i < 10; ++i) {
        const std::uint32_t accused = sim.node(4).incarnation() + ahead;
        Bytes packet;
        const auto by = static_cast<HostId>(random.below(4));
        swim::encode(swim::Suspect{accused, sim.name(4), sim.name(by)}, packet);
        const auto at = static_cast<HostId>(random.below(4));
        sim.inject(at, sim.endpoint(by), packet);
        CHECK(sim.sees(at, 4).suspect);
        // 24 s without a confirmation, of which there is none.
        CHECK(sim.run_until([&] { return !sim.sees(at, 4).suspect; }, 23s));
        CHECK(sim.node(4).incarnation() == accused + 1);
        sim.settle(repair);
    }
    CHECK(sim.count(Status::Failed) == 0);
    sim.settle(repair);
}

TEST_CASE("a refutation that an accuser missed is told to it when it accuses again") {
    const auto seed = GENERATE(from_range(seeds(5)));
    const bool correct = GENERATE(true, false);
    CAPTURE(correct);
    Options options = lan();
    options.node.swim.correct_stale = correct;
    options.node.swim.push_pull_interval = off;
    Sim sim{seed, options};
    sim.start(5);
    // n0 hears nothing about members while n4 refutes.
    sim.filter(
        [](const Passage& passage) { return passage.to == HostId{0} && gossips(passage.packet); });
    accuse(sim, 0, 4, 1);
    REQUIRE(sim.run_until([&] { return sim.node(4).incarnation() == 2; }, 10s));
    sim.run_for(5s);
    REQUIRE(sim.sees(0, 4).suspect);
    sim.filter({});
    sim.run_for(20s);
    CHECK((sim.first(0, 4, Status::Failed) == never) == correct);
}

// The rates, over 100 seeds: see below.
TEST_CASE("who was not looking when a suspicion ended still hears the refutation first") {
    const auto seed = GENERATE(from_range(seeds(5)));
    const bool sleeps = GENERATE(true, false);
    CAPTURE(sleeps);
    Sim sim{seed};
    sim.start(5);
    sim.run_for(5s + Random(seed).below(Duration(1s)));
    // Its longest is 24 s. The answer to the accusation is lost, or still on its way.
    accuse(sim, 0, 4, 1);
    REQUIRE(sim.sees(0, 4).suspect);
    if (sleeps) {
        sim.suspend(0);
        sim.run_for(30s);
        sim.wake_up(0);
    } else {
        sim.leap(0, 30s);
    }
    CHECK(sim.sees(0, 4, Status::Alive));
    // One probe interval of looking is enough.
    CHECK(sim.run_until([&] { return !sim.sees(0, 4).suspect; }, 1s));
    CHECK(sim.sees(0, 4, Status::Alive));
    sim.settle(repair);
    CHECK(sim.count(4, Status::Failed) == 0);
}

TEST_CASE("a healthy member is not declared failed for lost packets") {
    const auto [n, loss, tolerated] = GENERATE(table<std::size_t, double, std::size_t>({
        {5, 0.1, 0},
        {20, 0.1, 0},
        {5, 0.2, 0},
        {12, 0.2, 1},
        {5, 0.3, 1},
        {20, 0.3, 1},
    }));
    CAPTURE(n, loss);
    const auto run = seeds(2);
    std::size_t failed = 0;
    std::size_t suspected = 0;
    for (const std::uint64_t seed : run) {
        Sim sim{seed};
        sim.start(n);
        sim.set_loss(loss);
        sim.run_for(5min);
        for (HostId host = 0; host < n; ++host) {
            suspected += sim.count(host, MemberEvent::Kind::Suspect);
        }
        failed += sim.count(Status::Failed);
        sim.set_loss(0);
        sim.settle(repair);
    }
    CAPTURE(suspected, run.size());
    CHECK(failed <= tolerated * run.size());
}

TEST_CASE("a pair that cannot talk one way is saved by relays") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool relays = GENERATE(true, false);
    CAPTURE(relays);
    Options options = lan();
    options.node.swim.indirect_checks = relays ? 3 : 0;
    Sim sim{seed, options};
    sim.start(5);
    sim.block(0, 1, Traffic::Both);
    sim.run_for(2min);
    const std::size_t suspicions =
        sim.count(0, MemberEvent::Kind::Suspect) + sim.count(1, MemberEvent::Kind::Suspect);
    CHECK((suspicions == 0) == relays);
}

TEST_CASE("a host whose datagrams alone are blocked is saved by stream pings") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool stream_pings = GENERATE(true, false);
    CAPTURE(stream_pings);
    Options options = lan();
    options.node.swim.stream_pings = stream_pings;
    Sim sim{seed, options};
    sim.start(2);
    sim.block(0, 1, Traffic::Datagrams);
    sim.block(1, 0, Traffic::Datagrams);
    sim.run_for(2min);
    CHECK((sim.count(1, MemberEvent::Kind::Suspect) == 0) == stream_pings);
    CHECK((sim.count(Status::Failed) == 0) == stream_pings);
}

TEST_CASE("nacks keep the awareness of a prober low that only found a dead member") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool nacks = GENERATE(true, false);
    CAPTURE(nacks);
    Sim sim{seed};
    sim.start(5);
    if (!nacks) {
        sim.filter([](const Passage& passage) { return carries<swim::Nack>(passage.packet); });
    }
    sim.kill(4);
    unsigned worst = 0;
    sim.watch([&](HostId host, const Effects&) { worst = std::max(worst, sim.health(host)); });
    sim.run_for(30s);
    CHECK(sim.all_see(4, Status::Failed));
    if (nacks) {
        CHECK(worst == 0);
    } else {
        CHECK(worst >= 3);
    }
}

TEST_CASE("a host that hears little notices that it is sick, and its cluster does not suffer") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(8);
    sim.network().set_host_loss(7, /*in=*/0.8, /*out=*/0.0);
    unsigned worst = 0;
    unsigned others = 0;
    sim.watch([&](HostId host, const Effects&) {
        unsigned& score = host == 7 ? worst : others;
        score = std::max(score, sim.health(host));
    });
    sim.run_for(3min);
    CHECK(worst >= 3);
    CHECK(others < worst);
    for (HostId observer = 0; observer < 7; ++observer) {
        for (HostId subject = 0; subject < 7; ++subject) {
            CHECK(sim.first(observer, subject, Status::Failed) == never);
        }
    }
    sim.network().set_host_loss(7, 0, 0);
    sim.run_for(1min);
    CHECK(sim.health(7) == 0);
    // On the wire all agree by now. It took the others for failed while it heard little: whoever is
    // not reported alive is held out, for at most 10 min.
    for (HostId observer = 0; observer < 8; ++observer) {
        for (HostId subject = 0; subject < 8; ++subject) {
            const auto view = sim.node(observer).member("n" + std::to_string(subject));
            REQUIRE(view);
            CHECK((view->status == Status::Alive || view->held_until));
        }
    }
    sim.settle(11min);
}

// The packet of the buddy system: a ping, and the news that its receiver is suspected.
bool is_buddy(const Sim& sim, const Passage& passage, HostId accused) {
    swim::PacketReader reader;
    reader.open(passage.packet);
    if (reader.messages().size() != 2) {
        return false;
    }
    const auto* ping = std::get_if<swim::Ping>(&reader.messages()[0]);
    const auto* suspect = std::get_if<swim::Suspect>(&reader.messages()[1]);
    return ping != nullptr && ping->node == sim.name(accused) && suspect != nullptr &&
           suspect->node == sim.name(accused) && suspect->from == sim.name(passage.from);
}

TEST_CASE("a suspected member learns of it with the very probe") {
    Options options = lan();
    options.node.swim.push_pull_interval = off;
    options.node.swim.accuse_first = false;
    Sim sim{3, options};
    sim.start(5);
    // Only such packets bring the news; n4 does not get to refute.
    sim.filter([&](const Passage& passage) {
        return gossips(passage.packet) && !is_buddy(sim, passage, 4);
    });
    std::size_t told = 0;
    sim.tap([&](const Passage& passage) {
        told += one_if(passage.from == 0 && passage.to == HostId{4} && is_buddy(sim, passage, 4));
    });
    accuse(sim, 0, 4, 1);
    sim.run_for(12s);
    CHECK(told >= 1);
    CHECK(sim.node(4).incarnation() == 2);
    CHECK(sim.node(4).stats().refutations >= 1);
}

TEST_CASE("an accusation is sent to the accused first") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed};
    sim.start(6);
    sim.cut_off(5);
    std::vector<std::vector<HostId>> told(6);  // by accuser: to whom its own accusation went
    sim.tap([&](const Passage& passage) {
        const bool own = carries<swim::Suspect>(passage.packet, [&](const swim::Suspect& suspect) {
            return suspect.node == sim.name(5) && suspect.from == sim.name(passage.from);
        });
        if (own && passage.to) {
            told[passage.from].push_back(*passage.to);
        }
    });
    sim.run_until([&] { return sim.count(5, MemberEvent::Kind::Suspect) >= 5; }, 20s);
    std::size_t accusers = 0;
    for (HostId host = 0; host < 5; ++host) {
        for (const Observed& seen : sim.events(host)) {
            if (seen.event.kind == MemberEvent::Kind::Suspect && seen.event.name == sim.name(5) &&
                seen.event.cause.kind == swim::CauseKind::ProbeFailed) {
                ++accusers;
                CAPTURE(host);
                REQUIRE_FALSE(told[host].empty());
                CHECK(told[host].front() == 5);
            }
        }
    }
    CHECK(accusers >= 1);
}

}  // namespace
}  // namespace muster::sim
