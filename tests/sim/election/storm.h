// Weather for elections: everything that goes wrong at once, drawn from a seed.
//
// Ranges are TigerBeetle's: loss up to 30 %, duplication up to 50 %, clogged links, symmetric and
// one-way splits, crashes, pauses longer than the lease, slow, stuck and failing disks, clock rates
// up to the bound. Half of all elections and proposals meet a fault within a round trip: there it
// hurts, and a storm that is not aimed finds nothing (docs/election.md, "Tests").
#pragma once

#include "tests/sim/election/invariants.h"

namespace muster::election::sim {

struct Weather {
    std::size_t voters = 3;
    std::size_t spares = 0;
    Duration length = 60s;
    WorldOptions world;
    bool instant = false;  // no delay, no time to write: the drift is all that is left to hurt
    bool transfers = true;
    bool changes = false;       // of the voter set
    bool wipes = false;         // lost data directories
    bool beyond_drift = false;  // clocks beyond the bound, too
};

// A weather of every kind, by seed; and one in which the set of voters changes all the while.
Weather weather(std::uint64_t seed);
Weather changing_weather(std::uint64_t seed);

class Storm {
public:
    explicit Storm(Weather weather);

    // Lets the storm loose.
    void rage();
    // Ends all faults; everybody runs, on a disk that works.
    void calm();
    // After calm(): whether a leader is there within the bound of I9.
    bool leader_in_time();

    World& world() { return world_; }
    Invariants& invariants() { return invariants_; }
    std::uint64_t changes_done() const { return changes_done_; }
    // How often the most-used `--once` key was granted.
    unsigned most_runs_of_one_key() const;
    std::size_t keys_run() const { return once_ran_.size(); }

private:
    using Action = void (Storm::*)();
    struct Choice {
        unsigned weight;
        Action action;
    };
    void act();
    void aim(HostId host);

    void crash();
    void boot();
    void pause_or_resume();
    void split();
    void cut_one_way();
    void clog();
    void heal();
    void change_network();
    void change_disk();
    void change_clock();
    void give_up();
    void change_voters();
    void wipe();
    void use_once();
    const Record* greatest_record() const;
    bool can_lose_a_disk() const;

    std::optional<HostId> pick(const std::function<bool(HostId)>& wanted);

    Weather weather_;
    World world_;
    Invariants invariants_;
    Random random_;
    std::vector<Choice> choices_;
    bool raging_ = false;
    std::map<HostId, Key> seen_;
    std::uint64_t changes_done_ = 0;
    RequestId next_request_ = 1;
    std::map<RequestId, std::uint64_t> once_asked_;
    std::map<std::uint64_t, unsigned> once_ran_;
};

// The seeds that a test runs with: `ordinarily` of them; MUSTER_SIM_SEEDS=N says how many instead,
// MUSTER_SIM_SEED=N which one alone.
std::vector<std::uint64_t> seeds(unsigned ordinarily);
// The command that runs one seed of one test again.
std::string replay(std::uint64_t seed, const std::string& test);

}  // namespace muster::election::sim
