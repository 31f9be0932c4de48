// What must hold of every node at every step of a simulated run, whatever the faults.
//
// Watches a world: after each input of a node it compares what that node reports now with what it
// reported before, and with the events that it gave out in between. It changes nothing. A broken
// rule is kept as a sentence; a broken invariant inside a node aborts in Node::check().
//
// The rules (docs/detection.md, "Invariants, precisely"):
//   - the view and the events say the same: each event starts where the last one ended, and only
//     alive <-> leaving changes without one; indexes rise
//   - incarnations never go back, except after a departure long enough ago to be reaped, or
//     together with a new address
//   - a member that has left returns only with a higher incarnation, a new address, or reaped
//   - a running node reports itself alive, or leaving
//   - queues are bounded
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

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
    struct Report {
        cluster::Status status = cluster::Status::None;
        std::uint32_t incarnation = 0;
        Endpoint endpoint;
        TimePoint departed{};  // when it was last seen to go; the beginning: never
    };
    using View = std::map<Bytes, Report, std::less<>>;
    struct Observer {
        Life life = 0;
        std::uint64_t index = 0;
        View view;
    };

    void check(HostId host, const Effects& effects);
    void check_events(HostId host, Observer& observer, const Effects& effects);
    void check_view(HostId host, Observer& observer);
    void check_change(HostId host, const MemberView& now, const Report& before);
    void check_bounds(HostId host);
    void complain(HostId host, BytesView about, const std::string& what);

    World& world_;
    std::vector<Observer> observers_;
    std::vector<MemberView> members_;
    std::vector<std::string> broken_;
    std::uint64_t steps_ = 0;
};

}  // namespace muster::sim
