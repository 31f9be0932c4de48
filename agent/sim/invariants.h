// What must hold of every node at every step of a simulated run, whatever the faults.
//
// Watches a world: after each input of a node it holds what that node reports now against what it
// reported before and the events that it gave out in between (agent/sim/ledger.h has the rules).
// It changes nothing. A broken rule is kept as a sentence; a broken invariant inside a node aborts
// in Node::check(). What is promised only under conditions stands in agent/sim/promises.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/sim/ledger.h"
#include "agent/sim/world.h"

namespace muster::sim {

class Invariants {
public:
    // REQUIRES: the world outlives no call of this; create it before the first boot.
    explicit Invariants(World& world);
    Invariants(const Invariants&) = delete;
    Invariants& operator=(const Invariants&) = delete;

    // At most a few sentences, the first ones. Empty: all held.
    const std::vector<std::string>& broken() const { return broken_; }
    std::uint64_t steps() const { return steps_; }

private:
    struct Observer {
        Life life = 0;
        Ledger ledger;
        std::uint64_t changes = 0;
    };

    void check(HostId host, const Effects& effects);
    void start_ledger(HostId host);
    void look(HostId host, Observer& observer, const Effects& effects);

    World& world_;
    std::vector<Observer> observers_;
    std::vector<MemberView> members_;
    std::vector<std::string> broken_;
    std::uint64_t steps_ = 0;
};

}  // namespace muster::sim
