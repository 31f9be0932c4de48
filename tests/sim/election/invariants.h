// What must hold at every step of an election, whatever happens (docs/election.md, "Invariants"),
// checked by number against true time, which no voter can see.
//
//   I1  one id becomes leader of a term          I5  tokens given to holders rise in true time
//   I2  committed records descend from another   I7  no answer leaves before its write
//   I3  a voter's durable state never goes back  I8  one cluster comes of one founding
//   I4  no two tenures may act at one instant
//
// I6 (a heard leader is not disturbed) and I9 (a leader within a stated time) are the storms' own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/election/world.h"

namespace muster::election::sim {

class Invariants {
public:
    // Watches the world from now on. REQUIRES: the world outlives it.
    explicit Invariants(World& world);

    // "I4 at 1234.567 ms: ..."; each number once.
    const std::vector<std::string>& broken() const { return broken_; }
    // Beyond the drift bound, or with frozen clocks, two may act at once; all else still holds.
    void allow_overlap() { overlap_allowed_ = true; }

    std::uint64_t steps() const { return steps_; }
    std::uint64_t tenures() const { return tenures_; }
    std::uint64_t commits() const { return commits_; }

private:
    struct Known {  // of one voter id
        State memory;
        State acknowledged;
        unsigned life = 0;
    };
    struct History {  // of one cluster
        std::map<Term, VoterId> leaders;
        std::map<Key, Key> parents;
        std::map<Key, Record> committed;
        Term greatest_token = 0;
        HostId token_host = 0;
    };

    void look(HostId host);
    void look_at_leader(HostId host, const Election& election);
    void look_at_commit(History& history, const Record& record);
    void look_at_state(HostId host, const Election& election);
    void look_for_overlap();
    void look_at_message(HostId host, const Message& message);
    void look_at_holder(HostId host, const Runner& runner);
    void complain(const char* number, const std::string& what);

    World& world_;
    bool overlap_allowed_ = false;
    std::uint64_t steps_ = 0;
    std::uint64_t tenures_ = 0;
    std::uint64_t commits_ = 0;
    std::map<VoterId, Known> known_;
    std::map<ClusterId, History> clusters_;
    // The promises that were asked, by host, leader, term and seq.
    std::map<std::tuple<HostId, VoterId, Term, std::uint64_t>, std::uint32_t> asked_;
    std::vector<Key> keys_;  // by host: its record's before the last step
    std::vector<std::string> broken_;
};

std::string words(Key key);

}  // namespace muster::election::sim
