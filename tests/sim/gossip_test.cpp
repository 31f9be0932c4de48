// How news spreads: at once, within its budget, and in spite of everything.
#include <map>

#include "swim/codec.h"
#include "swim/formulas.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

// How long until `share` of the others know the tags that n0 sets now.
Duration spread(Sim& sim, std::size_t count, const Bytes& value) {
    const TimePoint begin = sim.now();
    sim.set_tags(0, {{"turn", value}});
    const std::uint32_t incarnation = sim.node(0).incarnation();
    sim.run_until(
        [&] {
            std::size_t know = 0;
            for (HostId host = 1; host < sim.size(); ++host) {
                know += one_if(sim.sees(host, 0).incarnation == incarnation);
            }
            return know >= count;
        },
        10s);
    return sim.now() - begin;
}

TEST_CASE("news reaches most members long before the next tick of gossip, and all soon after") {
    const bool at_once = GENERATE(true, false);
    CAPTURE(at_once);
    Options options = lan();
    options.node.swim.broadcast_at_once = at_once;
    options.node.swim.push_pull_interval = 0s;
    Duration most{};
    Duration all{};
    const auto run = seeds(5);
    for (const std::uint64_t seed : run) {
        Sim sim{seed, options};
        sim.start(20);
        most += spread(sim, 14, "a") / static_cast<Duration::rep>(run.size());
        sim.run_for(10s);
        all += spread(sim, 19, "b") / static_cast<Duration::rep>(run.size());
    }
    CAPTURE(most.count(), all.count());
    if (at_once) {
        CHECK(most < 50ms);
        CHECK(all < 500ms);
    } else {
        CHECK(most > 100ms);
    }
}

TEST_CASE("no member sends a piece of news more often than its limit") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const std::size_t n = GENERATE(std::size_t{5}, std::size_t{9}, std::size_t{20});
    CAPTURE(n);
    Options options = lan();
    options.node.swim.push_pull_interval = 0s;
    Sim sim{seed, options};
    sim.start(n);
    std::map<HostId, unsigned> sent;
    sim.tap([&](const Passage& passage) {
        sent[passage.from] += carries<swim::Alive>(passage.packet, [&](const swim::Alive& alive) {
            return alive.node == sim.name(0) && alive.incarnation == 2;
        });
    });
    sim.set_tags(0, {{"turn", "a"}});
    sim.run_for(20s);
    const unsigned limit = swim::retransmit_limit(sim.config(0).swim.retransmit_mult, n);
    for (HostId host = 0; host < n; ++host) {
        CAPTURE(host);
        CHECK(sent[host] == (sim.sees(host, 0).incarnation == 2 ? limit : 0));
    }
}

TEST_CASE("S1 a receiver that loses everything for a moment learns by gossip all the same") {
    // All copies in the first moments, and this would hold for none of the seeds.
    std::size_t learned = 0;
    const auto run = seeds(40);
    for (const std::uint64_t seed : run) {
        Options options = lan();
        options.node.swim.push_pull_interval = 0s;
        Sim sim{seed, options};
        sim.start(9);
        sim.set_socket_buffer(8, 0);
        sim.set_tags(0, {{"turn", "a"}});
        sim.pause(8);
        sim.run_for(10ms);
        sim.resume(8);
        sim.run_for(2s);
        learned += one_if(sim.sees(8, 0).incarnation == 2);
    }
    CAPTURE(learned, run.size());
    CHECK(learned * 10 >= run.size() * 8);
}

TEST_CASE("S1 a receiver that is stopped for 200 ms does not miss all copies") {
    std::size_t learned = 0;
    const auto run = seeds(20);
    for (const std::uint64_t seed : run) {
        Options options = lan();
        options.node.swim.push_pull_interval = 0s;
        Sim sim{seed, options};
        sim.start(9);
        sim.set_tags(0, {{"turn", "a"}});
        sim.pause(8);
        sim.run_for(200ms);
        sim.resume(8);
        sim.run_for(1s);
        learned += one_if(sim.sees(8, 0).incarnation == 2);
    }
    CAPTURE(learned, run.size());
    CHECK(learned * 10 >= run.size() * 9);
}

TEST_CASE("S7 a refutation never waits for a disk ticket") {
    // The world answers no ticket at all, as a disk that is stuck.
    Sim sim{1};
    sim.start(5);
    std::optional<TimePoint> refuted;
    sim.tap([&](const Passage& passage) {
        if (!refuted && passage.from == 4 &&
            carries<swim::Alive>(passage.packet, [&](const swim::Alive& alive) {
                return alive.node == sim.name(4) && alive.incarnation == 2;
            })) {
            refuted = passage.at;
        }
    });
    Bytes packet;
    swim::encode(swim::Suspect{1, sim.name(4), sim.name(1)}, packet);
    const TimePoint accused = sim.now();
    sim.inject(4, sim.endpoint(1), packet);
    sim.settle(repair);
    REQUIRE(refuted.has_value());
    CHECK(*refuted - accused <= 1ms);
}

TEST_CASE("changed tags reach all, whatever they become") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(8);
    const RequestId request = sim.set_tags(3, {{"role", "web"}, {"zone", "a"}}).value();
    sim.settle(repair);
    CHECK(sim.run_until([&] { return sim.outcome(request) != nullptr; }, 6s));
    CHECK(sim.count(3, MemberEvent::Kind::Update) == 8);
    sim.set_tags(3, {});
    sim.settle(repair);
    CHECK(sim.count(3, MemberEvent::Kind::Update) == 16);
    // What does not fit is refused, and changes nothing.
    const std::uint32_t before = sim.node(3).incarnation();
    CHECK_FALSE(sim.set_tags(3, {{"k", Bytes(600, 'x')}}).has_value());
    CHECK(sim.node(3).incarnation() == before);
    CHECK(sim.node(3).tags().empty());
}

TEST_CASE("push/pull alone makes all members agree when all gossip is lost") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(8);
    sim.filter([](const Passage& passage) {
        return gossips(passage.packet) || carries<swim::User>(passage.packet);
    });
    sim.set_tags(0, {{"turn", "a"}});
    sim.set_tags(5, {{"turn", "b"}});
    sim.run_for(5s);
    CHECK_FALSE(sim.converged());
    sim.settle(repair);
    CHECK(sim.count(Status::Failed) == 0);
}

TEST_CASE("duplicated and reordered packets change nothing") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(8);
    sim.network().link().duplication = 0.5;
    sim.network().link().delay_mean = 30ms;
    for (const char* turn : {"1", "2", "3", "4", "5"}) {
        for (HostId host = 0; host < 8; ++host) {
            sim.set_tags(host, {{"turn", turn}});
        }
        sim.run_for(Random(seed).below(Duration(100ms)));
    }
    sim.settle(repair);
    sim.run_for(1min);
    for (HostId host = 0; host < 8; ++host) {
        CHECK(sim.node(host).incarnation() == 6);
        CHECK(sim.count(host, MemberEvent::Kind::Suspect) == 0);
    }
    CHECK(sim.count(Status::Failed) == 0);
}

TEST_CASE("streams that break in the middle only delay agreement") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(6);
    sim.network().link().breakage = 0.4;
    sim.filter([](const Passage& passage) { return gossips(passage.packet); });
    sim.set_tags(0, {{"turn", "a"}});
    sim.settle(15min);
}

TEST_CASE("a host that handles each message late is no reason to declare anybody failed") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(8);
    sim.set_work(7, 80ms);
    sim.run_for(3min);
    CHECK(sim.count(Status::Failed) == 0);
    sim.set_work(7, 0ms);
    sim.settle(repair);
}

}  // namespace
}  // namespace muster::sim
