// What happens to a machine beyond its process, and how a cluster takes it: clocks, sleep, disks,
// links that come and go.
#include "agent/sim/invariants.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

constexpr DriftPpb far_off = 20'000'000;  // 2 %, far beyond any quartz

TEST_CASE("members whose clocks run at different rates get on, and find the dead in time") {
    for (const std::uint64_t seed : seeds(3)) {
        Sim sim{seed};
        sim.start(5);
        sim.set_drift(0, far_off);
        sim.set_drift(1, -far_off);
        sim.set_drift(2, drift_max);
        sim.set_drift(3, -drift_max);
        sim.run_for(5min);
        CHECK_THAT(sim.divergence(), Catch::Equals(""));
        CHECK(sim.count(Status::Failed) == 0);
        sim.kill(4);
        sim.run_for(60s);
        CHECK(sim.all_see(4, Status::Failed));
    }
}

TEST_CASE("a clock that runs faster makes its member probe more often, by just as much") {
    Sim sim{1};
    sim.start(3);
    sim.set_drift(1, drift_max);
    const auto probes = [&](HostId host) { return sim.node(host).stats().probes; };
    const std::uint64_t before[] = {probes(0), probes(1)};
    sim.run_for(1000s);
    CHECK(probes(0) - before[0] >= 999);
    CHECK(probes(0) - before[0] <= 1001);
    CHECK(probes(1) - before[1] >= 1099);
    CHECK(probes(1) - before[1] <= 1101);
}

TEST_CASE("a clock that leaps makes its member accuse nobody") {
    for (const std::uint64_t seed : seeds(5)) {
        Sim sim{seed};
        Invariants invariants(sim);
        sim.start(5);
        for (const Duration by : {Duration(3s), Duration(1min), Duration(1h)}) {
            sim.leap(2, by);
            sim.run_for(30s);
            CHECK_THAT(sim.divergence(), Catch::Equals(""));
        }
        CHECK(sim.count(Status::Failed) == 0);
        CHECK_THAT(invariants.broken(), Catch::Equals(std::vector<std::string>{}));
    }
}

TEST_CASE("a machine that sleeps is reported failed, and is back when it wakes") {
    for (const std::uint64_t seed : seeds(5)) {
        Sim sim{seed};
        sim.start(5);
        sim.suspend(3);
        sim.run_for(60s);
        CHECK(sim.all_see(3, Status::Failed));
        sim.wake_up(3);
        sim.settle(repair);
        // It accused nobody for the time that it slept.
        for (HostId other = 0; other < sim.size(); ++other) {
            CHECK(sim.count(other, Status::Failed) == (other == 3 ? 4U : 0U));
        }
    }
}

TEST_CASE("what is sent to a machine that sleeps is lost; a stopped process would have read it") {
    Sim sim{1};
    sim.start(2);
    sim.suspend(1);
    const std::uint64_t received = sim.traffic(1).datagrams_received;
    const std::uint64_t dropped = sim.traffic(0).dropped_by_network;
    sim.run_for(3s);
    CHECK(sim.traffic(0).dropped_by_network > dropped);
    sim.wake_up(1);
    CHECK(sim.traffic(1).datagrams_received == received);
}

TEST_CASE("a link that comes and goes makes nobody fail, since others are asked to probe") {
    for (const std::uint64_t seed : seeds(5)) {
        Sim sim{seed};
        sim.start(6);
        sim.flip_link(0, 1, {.shut = 3s, .open = 2s, .length = 3min});
        sim.flip_link(1, 0, {.shut = 2s, .open = 5s, .length = 3min});
        sim.run_for(4min);
        CHECK(sim.count(Status::Failed) == 0);
        CHECK_THAT(sim.divergence(), Catch::Equals(""));
    }
}

TEST_CASE("a link that flips is shut for just the time that it is set to, and open in the end") {
    Sim sim{1};
    sim.add();
    sim.add();
    sim.flip_link(0, 1, {.shut = 2s, .open = 1s, .length = 7s});
    std::string history;
    for (int second = 0; second < 10; ++second) {
        sim.run_for(500ms);
        history += sim.network().stream_open(0, 1) ? 'o' : '-';
        sim.run_for(500ms);
        CHECK(sim.network().stream_open(1, 0));
    }
    CHECK(history == "--o--o-ooo");
}

TEST_CASE("a host whose ingress comes and goes is back whenever it is long enough open") {
    Sim sim{3};
    sim.start(6);
    sim.flip_host(2, /*in=*/true, /*out=*/false, {.shut = 20s, .open = 20s, .length = 140s});
    sim.run_for(15s);
    CHECK_FALSE(sim.network().stream_open(0, 2));
    CHECK(sim.network().stream_open(2, 0));
    sim.run_for(140s);
    sim.settle(repair);
    CHECK(sim.count(2, Status::Failed) > 0);
    for (HostId other = 0; other < sim.size(); ++other) {
        if (other != 2) {
            CHECK_THAT(sim.divergence(), Catch::Equals(""));
        }
    }
}

TEST_CASE("a member hears of its records when they are stored, and not while it is stopped") {
    Options options = lan();
    options.keep_text = true;
    Sim sim{1, options};
    sim.start(2);
    sim.set_disk(1, {.delay_min = 1s, .delay_mean = 1s});
    const auto said = [&](const std::string& words) {
        return sim.transcript().text().find("#1 " + words) != std::string::npos;
    };
    sim.store(1, {7, "vote", "n0"});
    sim.run_for(999ms);
    CHECK_FALSE(said("has stored 7"));
    sim.run_for(2ms);
    CHECK(said("has stored 7"));
    sim.store(1, {8, "vote", "n1"});
    sim.pause(1);
    sim.run_for(3s);
    CHECK(sim.disk(1).records().at("vote") == "n1");
    CHECK_FALSE(said("has stored 8"));
    sim.resume(1);
    CHECK(said("has stored 8"));
    sim.set_disk(1, {.failure = 1.0});
    sim.store(1, {9, "vote", "n2"});
    sim.run_for(1s);
    CHECK(said("could not store 9"));
}

TEST_CASE("a crash takes what is under way, and the next life hears nothing of it") {
    Options options = lan();
    options.keep_text = true;
    Sim sim{1, options};
    sim.start(2);
    sim.store(1, {1, "a", "1"});
    sim.run_for(1s);
    sim.set_disk(1, {.stuck = true});
    sim.store(1, {2, "b", "2"});
    sim.crash(1);
    CHECK(sim.disk(1).records().at("a") == "1");
    sim.set_disk(1, {});
    sim.restart(1);
    sim.run_for(10s);
    CHECK(sim.transcript().text().find("has stored 1") != std::string::npos);
    CHECK(sim.transcript().text().find("stored 2") == std::string::npos);
    sim.store(1, {3, "c", "3"});
    sim.run_for(1s);
    CHECK(sim.disk(1).records().at("c") == "3");
}

TEST_CASE("a member with a stuck disk refutes like any other") {
    Sim sim{1};
    sim.start(4);
    sim.set_disk(2, {.stuck = true});
    sim.store(2, {1, "vote", "n0"});
    sim.network().block_host(2, /*in=*/true, /*out=*/true);
    sim.run_for(4s);
    sim.heal();
    sim.run_for(60s);
    CHECK(sim.count(Status::Failed) == 0);
    CHECK_THAT(sim.divergence(), Catch::Equals(""));
}

}  // namespace
}  // namespace muster::sim
