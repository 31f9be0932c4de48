// What must be true of a cluster after a storm: the liveness phase. All faults have ended; now it
// must agree within a bound, be quiet, and then do all that a cluster is for.
//
//     agreement   all running members report the same, within the bound, and go on doing so
//     quiet       nobody is suspected, nothing is queued, every member holds itself for healthy
//     slander     a member that is accused falsely refutes, and is declared dead by nobody
//     news        changed tags reach all
//     death       a killed member is reported failed by all: within the bound that the formulas
//                 give, and not before the least; nobody else is
//     return      its next life is a member again
//     leave       a member that leaves is left everywhere
//
// Each is judged on a calm network, so the bounds are those of docs/detection.md. A broken one is
// a sentence. It knows no test framework: scenarios and the storm runner use it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/sim/world.h"
#include "swim/random.h"

namespace muster::sim {

//     (2n - 1) T' + T' + suspicion max + dissemination    (docs/detection.md, "Invariants")
Duration completeness_bound(std::size_t n, const swim::Config& config);

class Aftermath {
public:
    // REQUIRES: the world outlives this; create it before the first boot.
    explicit Aftermath(World& world);
    Aftermath(const Aftermath&) = delete;
    Aftermath& operator=(const Aftermath&) = delete;

    // All of it, one after the other, up to the first that is broken.
    void judge();

    // The sentences. Empty: all held.
    const std::vector<std::string>& broken() const { return broken_; }
    // How long agreement took.
    Duration agreement() const { return agreement_; }

private:
    // What all members reported during a step.
    struct Reports {
        std::size_t suspicions = 0;
        std::size_t expected = 0;            // departures of the one that departs
        std::vector<std::string> surprises;  // of any other: "n1 about n3: failed"
    };

    void agree();
    void quiet();
    void slander();
    void news();
    void death_and_return();
    void leave();

    bool settle(const char* after, Duration bound);
    Hosts running() const;
    HostId pick();
    void observe(HostId observer, const Effects& effects);
    void nobody_departed(const char* during);
    void expect(bool holds, const std::string& sentence);

    World& world_;
    Random random_;
    Reports reports_;
    std::optional<HostId> expected_;  // whose departure is no surprise
    Duration agreement_{};
    std::vector<std::string> broken_;
};

}  // namespace muster::sim
