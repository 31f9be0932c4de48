// What one node has said so far, held against what it says now: its events, its list of members,
// its counts. What a client of the API would be told, step by step.
//
// Knows no world: it is shown the node's words, and keeps a complaint for each that does not fit.
// The rules (docs/detection.md, "Invariants, precisely"):
//   - the view and the events say the same: each event starts where the last one ended, and only
//     alive <-> leaving changes without one; indexes rise. One that our join's partner holds out is
//     failed from the first on, without an event, as its failure was before our time
//   - incarnations never go back, except after a departure long enough ago to be reaped, or
//     together with a new address. A departure is when a member is first seen failed or left; what
//     the wire does with one that is held out is not in the view
//   - a member that has left returns only with a higher incarnation, a new address, or reaped
//   - a running node reports itself, once, alive or leaving
//   - the counts are those of the list
//   - a user event is told once
//   - queues are bounded, and tables hold no more than there are names
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/node.h"

namespace muster::sim {

class Ledger {
public:
    struct Terms {
        Duration reaped_after{};    // a departure so long ago may be forgotten
        std::size_t queue_max = 0;  // of intents, events and queries
    };
    struct Complaint {
        Bytes about;  // a member; empty: the node itself
        std::string what;
    };

    explicit Ledger(Terms terms) : terms_(terms) {}

    // How many names there are in the world.
    void set_names(std::size_t names) { names_ = names; }

    // The events of one input, and the view's index after it.
    void hear(TimePoint now, std::span<const MemberEvent> events, std::uint64_t index);
    void hear(std::span<const cluster::HeardEvent> events);
    // One member as listed. `stays`: the node runs, and is not leaving.
    void look(TimePoint now, const MemberView& member, bool stays);
    // The whole list, and what is counted beside it.
    void look(TimePoint now, std::span<const MemberView> members, const NodeStats& stats,
              bool stays);
    void look(const NodeStats& stats);

    std::uint64_t index() const { return index_; }
    // What did not fit since the last call.
    std::vector<Complaint> take() { return std::exchange(complaints_, {}); }

private:
    struct Report {
        cluster::Status status = cluster::Status::None;
        std::uint32_t incarnation = 0;
        Endpoint endpoint;
        TimePoint departed{};  // when it was last seen to go; the beginning: never
    };

    void hear(TimePoint now, const MemberEvent& event);
    bool reaped(TimePoint now, const Report& report) const;
    void complain(BytesView about, std::string what);

    Terms terms_;
    std::size_t names_ = 0;
    std::uint64_t index_ = 0;
    std::map<Bytes, Report, std::less<>> view_;
    std::set<std::tuple<cluster::LamportTime, Bytes, Bytes>> told_;  // user events
    std::vector<Complaint> complaints_;
};

}  // namespace muster::sim
