// What a scenario has at hand: a cluster in a world, and the words for what happens to it. It puts
// the cluster together, keeps the tally, and makes the report.
#pragma once

#include <string>
#include <vector>

#include "agent/sim/invariants.h"
#include "agent/sim/scenarios.h"
#include "agent/sim/tally.h"
#include "agent/sim/world.h"

namespace muster::sim {

class Stage {
public:
    Stage(const Rehearsal& wanted, const Progress& progress);

    World& world() { return world_; }
    Tally& tally() { return tally_; }
    std::size_t size() const { return world_.size(); }
    const NodeConfig& config() const { return wanted_.node; }
    // How long the longest suspicion lasts, and a few probes.
    Duration patience() const;
    static std::string text(Duration duration);

    // ---- before and after the scenario ----

    // Starts all members; they join and come to agree.
    void assemble();
    // Until all agree, or the bound has passed.
    void wait_for_agreement();
    Report report(std::string_view scenario) const;

    // ---- what a scenario does ----

    // So many different members, drawn at random. The seeds are among them like others.
    Hosts draw(std::size_t count);
    // Says what is done. The first one begins what is measured.
    void fault(const std::string& what);
    // All faults are over, which held for `outage`: convergence is timed from here.
    void fault_ends(Duration outage);
    void kill(const Hosts& hosts);
    // Stops and goes, again and again until `length` is over, then goes.
    void stutter(HostId host, Duration stops, Duration goes, Duration length);

private:
    void say(const std::string& what) { progress_(world_.elapsed(), what); }
    bool agree_within(Duration bound);
    void turn(HostId host, Duration stops, Duration goes, TimePoint end);

    const Rehearsal wanted_;
    const Progress progress_;
    World world_;
    Invariants invariants_;
    Tally tally_;
    Random random_;
    Report report_;
    TimePoint measured_from_;
    bool measuring_ = false;
    TimePoint ended_;
};

}  // namespace muster::sim
