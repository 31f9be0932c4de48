// The rehearsals, with few members: what each finds, and that one seed finds the same twice.
#include "agent/sim/scenarios.h"

#include <catch2/catch.hpp>

#include "agent/sim/bounds.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

Report run(std::string_view name, std::size_t nodes, std::uint64_t seed,
           std::vector<std::string>* said = nullptr) {
    const Scenario* scenario = find_scenario(name);
    REQUIRE(scenario != nullptr);
    Rehearsal wanted;
    wanted.nodes = nodes;
    wanted.seed = seed;
    return rehearse(*scenario, wanted, [&](Duration, const std::string& what) {
        if (said != nullptr) {
            said->push_back(what);
        }
    });
}

TEST_CASE("every scenario ends in agreement, with the gone reported and no invariant broken") {
    for (const Scenario& scenario : scenarios()) {
        const std::size_t nodes = GENERATE(std::size_t{3}, std::size_t{10});
        const Report report = run(scenario.name, nodes, 7);
        INFO(to_text(report));
        CHECK(report.scenario == scenario.name);
        CHECK(report.agreed);
        CHECK(report.converged);
        CHECK(report.convergence <= report.bound);
        CHECK(report.unreported == 0);
        CHECK(report.detection.count > 0);
        CHECK(report.detection.first <= report.detection.median);
        CHECK(report.detection.median <= report.detection.p99);
        CHECK(report.detection.p99 <= report.detection.last);
        CHECK(report.first_detection.first == report.detection.first);
        CHECK(report.traffic.packets.mean > 0);
        CHECK(report.traffic.packets.max >= report.traffic.packets.mean);
        CHECK(report.events > 100);
        CHECK_THAT(report.broken, Catch::Equals(std::vector<std::string>{}));
    }
}

TEST_CASE("one seed is one rehearsal, to the last digit, and another one is another") {
    const Report report = run("partition", 9, 3);
    CHECK(to_text(run("partition", 9, 3)) == to_text(report));
    CHECK(run("partition", 9, 4).transcript != report.transcript);
}

TEST_CASE("a mass crash of a fifth is reported by each survivor once, by nobody falsely") {
    const Report report = run("mass-crash", 15, 1);
    CHECK(report.detection.count == 3 * 12);
    CHECK(report.first_detection.count == 3);
    CHECK(report.false_positives == 0);
    CHECK(report.faults == std::vector<std::string>{"3 members are killed at once"});
    // No suspicion ends sooner than the shortest.
    CHECK(report.detection.first > 4s);
}

TEST_CASE("both sides of a partition report the other, and that is no false positive") {
    const Report report = run("partition", 9, 1);
    CHECK(report.detection.count == 2 * 3 * 6);
    CHECK(report.false_positives == 0);
}

TEST_CASE("a rolling restart is reported by those who stay, and by nobody as a failure") {
    const Report report = run("rolling-restart", 5, 1);
    CHECK(report.detection.count == 5 * 4);
    CHECK(report.false_positives == 0);
    CHECK(report.late == 0);
}

TEST_CASE("what happens is told as it happens") {
    std::vector<std::string> said;
    run("mass-crash", 5, 1, &said);
    CHECK(said == std::vector<std::string>{"5 members start and join", "all agree",
                                           "1 member is killed", "all faults have ended",
                                           "all agree"});
}

TEST_CASE("a configuration that cannot work is told from one that does") {
    Rehearsal wanted;
    wanted.nodes = 6;
    wanted.node.swim.probe_interval = 0s;
    const Report report = rehearse(*find_scenario("mass-crash"), wanted, [](auto, auto&) {});
    CHECK(report.agreed);
    CHECK_FALSE(report.converged);
    CHECK(report.unreported == 5);
    CHECK(report.detection.count == 0);
    CHECK(report.divergence.find("which does not run") != std::string::npos);
    CHECK(to_text(report).find("NOT within") != std::string::npos);
}

TEST_CASE("there is no scenario but those that are listed") {
    CHECK(find_scenario("nonsense") == nullptr);
    CHECK(find_scenario("") == nullptr);
    CHECK(scenarios().size() == 5);
}

// ---- the tally that they are counted with ----

TEST_CASE("a report is a detection, late, of an impaired member, or false") {
    Sim sim{1};
    sim.start(4);
    Tally tally(sim, 30s);
    SECTION("of one who is gone") {
        tally.gone(3);
        sim.kill(3);
        sim.run_for(60s);
        CHECK(tally.detections().count == 3);
        CHECK(tally.unreported() == 0);
        CHECK(tally.false_positives() + tally.late() + tally.of_impaired() == 0);
    }
    SECTION("of one who nobody said is gone") {
        sim.kill(3);
        sim.run_for(60s);
        CHECK(tally.false_positives() == 3);
        CHECK(tally.detections().count == 0);
    }
    SECTION("of one who is impaired") {
        tally.impaired(3, true);
        sim.kill(3);
        sim.run_for(60s);
        CHECK(tally.of_impaired() == 3);
    }
    SECTION("of one who is back") {
        tally.gone(3);
        sim.kill(3);
        tally.back(3);
        sim.run_for(29s);
        CHECK(tally.late() == 3);
    }
    SECTION("not reported, before anybody can know") {
        tally.gone(3);
        sim.kill(3);
        sim.run_for(1s);
        CHECK(tally.unreported() == 3);
    }
}

TEST_CASE("of many durations the first, the median, the 99th of a hundred and the last are told") {
    std::vector<Duration> durations;
    for (int i = 100; i >= 1; --i) {
        durations.emplace_back(std::chrono::milliseconds(i));
    }
    const Spread spread = spread_of(durations);
    CHECK(spread.count == 100);
    CHECK(spread.first == 1ms);
    CHECK(spread.median == 50ms);
    CHECK(spread.p99 == 99ms);
    CHECK(spread.last == 100ms);
    CHECK(spread_of({}).count == 0);
}

}  // namespace
}  // namespace muster::sim
