#include "agent/sim/scenarios.h"

#include <algorithm>
#include <array>

#include "agent/sim/stage.h"

namespace muster::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As a service manager does after an update: some at a time, each leaves and starts again.
void rolling_restart(Stage& stage) {
    constexpr Duration downtime = seconds(2);
    constexpr std::size_t batches = 50;
    World& world = stage.world();
    Hosts all = stage.draw(stage.size());
    const std::size_t batch = std::max<std::size_t>(1, all.size() / batches);
    stage.fault("every member leaves and starts again 2 s later, " + std::to_string(batch) +
                " at a time");
    const cluster::Config& config = stage.config().cluster;
    const Duration patience =
        2 * config.broadcast_timeout + config.leave_propagate_delay + seconds(1);
    while (!all.empty()) {
        const std::size_t size = std::min(batch, all.size());
        const Hosts now(all.end() - static_cast<std::ptrdiff_t>(size), all.end());
        all.resize(all.size() - size);
        for (const HostId host : now) {
            stage.tally().gone(host);
            world.leave(host);
        }
        world.run_until(
            [&] {
                return std::all_of(now.begin(), now.end(),
                                   [&](HostId host) { return !world.running(host); });
            },
            patience);
        world.run_for(downtime);
        for (const HostId host : now) {
            stage.tally().back(host);
            world.restart(host);
        }
        world.run_for(downtime);
    }
    stage.fault_ends(Duration::zero());
}

// A switch between two rooms fails.
void partition(Stage& stage) {
    const Hosts all = stage.draw(stage.size());
    const auto third =
        all.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, all.size() / 3));
    const Hosts few(all.begin(), third);
    const Hosts many(third, all.end());
    const Duration length = std::max<Duration>(seconds(60), 2 * stage.patience());
    stage.fault("for " + Stage::text(length) + ", a partition of " + std::to_string(few.size()) +
                " and " + std::to_string(many.size()) + " members");
    stage.tally().part(few, many);
    stage.world().network().partition({few, many});
    stage.world().run_for(length);
    stage.tally().heal();
    stage.world().network().heal();
    stage.fault_ends(length);
}

// A network that drops much, and members that die meanwhile.
void lossy(Stage& stage) {
    constexpr double loss = 0.2;
    const Duration length = std::max<Duration>(seconds(120), 2 * stage.patience());
    stage.fault("every fifth datagram is lost for " + Stage::text(length));
    stage.world().network().link().loss = loss;
    stage.world().run_for(length / 4);
    stage.kill(stage.draw(std::max<std::size_t>(1, stage.size() / 100)));
    stage.world().run_for(length - length / 4);
    stage.world().network().link().loss = 0;
    stage.fault_ends(length);
}

// Members whose processors are taken by something else: they stand still most of the time, and take
// long for each datagram when they do not. (Lifeguard's experiment "Interval", section V, in which
// members block while their timers run; here the timers stand still as well, as under a quota.)
void overload(Stage& stage) {
    constexpr Duration work = milliseconds(20);
    constexpr Duration stops = seconds(2);
    constexpr Duration goes = milliseconds(300);
    const Duration length = std::max<Duration>(seconds(120), 2 * stage.patience());
    const std::size_t tenth = std::max<std::size_t>(1, stage.size() / 10);
    const Hosts drawn = stage.draw(tenth + std::max<std::size_t>(1, stage.size() / 100));
    const Hosts slow(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(tenth));
    const Hosts dying(drawn.begin() + static_cast<std::ptrdiff_t>(tenth), drawn.end());
    stage.fault("for " + Stage::text(length) +
                ", members that run for 0.3 s in every 2.3 s and take "
                "20 ms for a datagram: " +
                std::to_string(slow.size()));
    for (const HostId host : slow) {
        stage.tally().impaired(host, true);
        stage.world().set_work(host, work);
        stage.stutter(host, stops, goes, length);
    }
    stage.world().run_for(length / 4);
    stage.kill(dying);
    stage.world().run_for(length - length / 4);
    // Who stands still is let go within one more turn.
    stage.world().run_for(stops);
    for (const HostId host : slow) {
        stage.world().set_work(host, Duration::zero());
        stage.tally().impaired(host, false);
    }
    stage.fault_ends(length);
}

// A rack loses its power.
void mass_crash(Stage& stage) {
    stage.kill(stage.draw(std::max<std::size_t>(1, stage.size() / 5)));
    stage.fault_ends(Duration::zero());
}

constexpr std::array<Scenario, 5> all_scenarios{{
    {"rolling-restart", "every member leaves and starts again, some at a time", rolling_restart},
    {"partition", "a third of the members is parted from the rest, then not", partition},
    {"lossy", "every fifth datagram is lost, and some members die", lossy},
    {"overload", "a tenth of the members hardly gets to run, and some others die", overload},
    {"mass-crash", "a fifth of the members dies at once", mass_crash},
}};

}  // namespace

std::span<const Scenario> scenarios() {
    return all_scenarios;
}

const Scenario* find_scenario(std::string_view name) {
    const auto found =
        std::find_if(all_scenarios.begin(), all_scenarios.end(),
                     [&](const Scenario& scenario) { return scenario.name == name; });
    return found == all_scenarios.end() ? nullptr : &*found;
}

Report rehearse(const Scenario& scenario, const Rehearsal& wanted, const Progress& progress) {
    Stage stage(wanted, progress);
    stage.assemble();
    scenario.play(stage);
    stage.wait_for_agreement();
    return stage.report(scenario.name);
}

}  // namespace muster::sim
