// Weather for a simulated cluster: everything that goes wrong at once, drawn from the seed.
//
// A storm acts on a world, and then calms down: all faults of the network end, stopped processes go
// on; who is dead stays dead. What must hold during it is checked elsewhere
// (agent/sim/invariants.h); what must be true after it is the aftermath's (tests/sim/aftermath.h).
//
// The ranges are TigerBeetle's for its own simulator, as far as they mean something here: delays of
// 0 to 30 ms at least and up to 100 ms in the mean, up to 30 % lost and 50 % duplicated, links
// clogged for up to 5 s, partitions of three shapes in one direction or both, crashes, restarts,
// pauses. Each seed has its own mix, and some faults are off altogether: one that is always there
// hides what happens without it.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "agent/sim/world.h"

namespace muster::sim {

struct Weather {
    std::size_t hosts = 6;
    Duration length = std::chrono::minutes(3);
    // Members leave, are made to leave, and move to other addresses: then a cluster can lose sight
    // of a member for good, and only an operator brings it back.
    bool leaves = false;
    // Members send events, ask queries and change keys.
    bool talk = false;
};

class Storm {
public:
    // REQUIRES: the world is empty, and outlives this.
    Storm(World& world, Weather weather);
    Storm(const Storm&) = delete;
    Storm& operator=(const Storm&) = delete;

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
        std::uint64_t weight;
        Action action;
    };

    void choose(unsigned weight, Action action, bool always = false);
    void act();
    void kill();
    void boot();
    void leave();
    void force_leave();
    void stop_or_go();
    void part();
    void block();
    void clog();
    void heal();
    void change_link();
    void change_tags();
    void slow_down();
    void talk();

    std::vector<HostId> hosts(const std::function<bool(HostId)>& wanted) const;
    std::optional<HostId> pick(const std::function<bool(HostId)>& wanted);
    bool knows(HostId observer, HostId subject) const;

    World& world_;
    Weather weather_;
    Random random_;
    std::vector<Choice> choices_;
    std::vector<std::pair<HostId, HostId>> clogged_;
    unsigned turn_ = 0;
};

}  // namespace muster::sim
