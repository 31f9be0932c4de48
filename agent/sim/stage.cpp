#include "agent/sim/stage.h"

#include <algorithm>

#include "agent/sim/bounds.h"
#include "swim/assert.h"

namespace muster::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t seeds_max = 3;
constexpr Duration between_starts = milliseconds(20);
constexpr Duration agreement_look_interval = milliseconds(100);

Options options_of(const Rehearsal& wanted) {
    Options options;
    options.seed = wanted.seed;
    options.node = wanted.node;
    options.label = wanted.label;
    options.link = wanted.link;
    options.keep_events = false;
    return options;
}

// All hosts are there before anything counts them.
World& with_hosts(World& world, std::size_t count) {
    while (world.size() < count) {
        world.add();
    }
    return world;
}

}  // namespace

Stage::Stage(const Rehearsal& wanted, const Progress& progress)
    : wanted_(wanted),
      progress_(progress),
      world_(options_of(wanted)),
      invariants_(world_),
      tally_(with_hosts(world_, wanted.nodes), suspicion_max(wanted.node.swim, wanted.nodes)),
      random_(wanted.seed ^ 0x5CE7A710U) {
    MUSTER_ASSERT(wanted.nodes >= min_nodes && wanted.nodes <= max_nodes);
    report_.nodes = wanted.nodes;
    report_.seed = wanted.seed;
}

Duration Stage::patience() const {
    return suspicion_max(wanted_.node.swim, size()) + 10 * wanted_.node.swim.probe_interval;
}

std::string Stage::text(Duration duration) {
    return std::to_string(std::chrono::duration_cast<seconds>(duration).count()) + " s";
}

void Stage::assemble() {
    say(std::to_string(size()) + " members start and join");
    Hosts seeds;
    for (HostId host = 0; host < std::min(seeds_max, size()); ++host) {
        seeds.push_back(host);
    }
    for (HostId host = 0; host < size(); ++host) {
        world_.set_seeds(host, seeds);
        world_.boot(host);
        world_.run_for(between_starts);
    }
    const TimePoint all_started = world_.now();
    report_.agreed =
        agree_within(convergence_bound(wanted_.node.swim, wanted_.node.cluster, size(), {}));
    report_.assembled = world_.now() - all_started;
    say(report_.agreed ? "all agree" : "not all agree: " + world_.divergence());
    // What was told of the joins is still being repeated.
    world_.run_for(seconds(15));
}

bool Stage::agree_within(Duration bound) {
    const TimePoint end = world_.now() + bound;
    while (!world_.converged()) {
        if (world_.now() >= end) {
            return false;
        }
        world_.run_for(agreement_look_interval);
    }
    return true;
}

void Stage::wait_for_agreement() {
    say("all faults have ended");
    report_.converged = agree_within(report_.bound);
    report_.convergence = world_.now() - ended_;
    report_.divergence = report_.converged ? "" : world_.divergence();
    say(report_.converged ? "all agree" : "not all agree: " + report_.divergence);
}

Report Stage::report(std::string_view scenario) const {
    Report report = report_;
    report.scenario = scenario;
    report.detection = tally_.detections();
    report.first_detection = tally_.first_detections();
    report.unreported = tally_.unreported();
    report.false_positives = tally_.false_positives();
    report.late = tally_.late();
    report.of_impaired = tally_.of_impaired();
    report.traffic = tally_.traffic();
    report.measured = world_.now() - measured_from_;
    report.simulated = world_.elapsed();
    report.events = world_.steps();
    report.transcript = world_.transcript().hash();
    report.broken = invariants_.broken();
    return report;
}

Hosts Stage::draw(std::size_t count) {
    Hosts all;
    for (HostId host = 0; host < size(); ++host) {
        if (world_.running(host)) {
            all.push_back(host);
        }
    }
    random_.shuffle(all);
    all.resize(std::min(count, all.size()));
    return all;
}

void Stage::fault(const std::string& what) {
    if (!measuring_) {
        measuring_ = true;
        measured_from_ = world_.now();
        tally_.begin();
    }
    report_.faults.push_back(what);
    say(what);
}

void Stage::fault_ends(Duration outage) {
    ended_ = world_.now();
    report_.bound = convergence_bound(wanted_.node.swim, wanted_.node.cluster, size(), outage);
}

void Stage::kill(const Hosts& hosts) {
    fault(std::to_string(hosts.size()) +
          (hosts.size() == 1 ? " member is killed" : " members are killed at once"));
    for (const HostId host : hosts) {
        tally_.gone(host);
        world_.kill(host);
    }
}

void Stage::stutter(HostId host, Duration stops, Duration goes, Duration length) {
    const TimePoint end = world_.now() + length;
    world_.after(random_.below(stops + goes), [=, this] { turn(host, stops, goes, end); });
}

void Stage::turn(HostId host, Duration stops, Duration goes, TimePoint end) {
    if (!world_.running(host) || world_.now() >= end) {
        return;
    }
    world_.pause(host);
    world_.after(stops, [=, this] {
        world_.resume(host);
        world_.after(goes, [=, this] { turn(host, stops, goes, end); });
    });
}

}  // namespace muster::sim
