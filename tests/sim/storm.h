// Weather for a simulated cluster: everything that goes wrong at once, drawn from the seed.
//
// A storm acts on a world, and then calms down: all faults of the network end, stopped processes go
// on; who is dead stays dead. What must hold during it is checked elsewhere
// (agent/sim/invariants.h); what must be true after it is the test's.
#pragma once

#include <functional>
#include <vector>

#include "tests/sim/sim.h"

namespace muster::sim {

struct Weather {
    std::size_t hosts = 6;
    Duration length = 3min;
    // Members leave, are made to leave, and move to other addresses: then a cluster can lose sight
    // of a member for good, and only an operator brings it back.
    bool leaves = false;
};

class Storm {
public:
    Storm(Sim& sim, Weather weather);

    // Brings the hosts up, and lets the storm loose on them.
    void rage();
    // Ends all faults.
    void calm();
    // Joins to the first running host whoever no other knows at its address, and who knows nobody.
    // Answers how many needed it.
    std::size_t reunite();

private:
    using Action = void (Storm::*)();
    struct Choice {
        unsigned weight;
        Action action;
    };

    void act();
    void kill();
    void boot();
    void leave();
    void force_leave();
    void stop_or_go();
    void part();
    void block();
    void heal();
    void change_link();
    void change_tags();
    void slow_down();

    std::vector<HostId> hosts(const std::function<bool(HostId)>& wanted) const;
    std::optional<HostId> pick(const std::function<bool(HostId)>& wanted);
    bool knows(HostId observer, HostId subject) const;

    Sim& sim_;
    Weather weather_;
    Random random_;
    std::vector<Choice> choices_;
    unsigned turn_ = 0;
};

}  // namespace muster::sim
