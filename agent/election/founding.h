// How a cluster of voters comes to be, once, and how it is founded again from what is left of it
// (docs/election.md, "Founding" and "Recovery").
//
// All of S must have locked themselves to one attempt before its founder decides. A majority is not
// enough: of five hosts that expect three, two threes would each have one (F2). The founder's write
// of the record is the decision; before it, it may cancel, and after it, never.
//
// Keeps what an attempt has come to; the lock itself is in the durable state. Sends nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/election/config.h"
#include "agent/election/messages.h"
#include "agent/election/state.h"
#include "agent/election/view.h"
#include "swim/random.h"

namespace muster::election {

class Founding {
public:
    // A recovered cluster's first term is so far above all that were seen that its first write
    // fences an old side which is not dead (F23).
    static constexpr Term recovery_step = Term{1} << 20U;

    // ---- the founder ----

    // The members to found with: all of a configured list, or the lowest names of at least `expect`
    // candidates that expect the same. Empty: not (yet) to be founded, not by this node.
    static std::vector<Voter> quorum_to_found(const Config& config, const State& state,
                                              const View& view);
    // Looks at the view again; founding is due when it has been complete for 3 s.
    void look(TimePoint now, const Config& config, const State& state, const View& view,
              bool joined);
    // An attempt began; the founder's own part is counted from its `state`.
    void begin(TimePoint now, const State& state);
    // REQUIRES: this node's lock is of the attempt.
    void locked(BytesView name, Term term_floor, const std::optional<Record>& record);
    // Whether everybody in the plan has locked.
    bool complete(const Record& plan) const;
    bool has_locked(BytesView name) const { return locked_.count(Bytes(name)) != 0; }
    // What is then decided.
    Record decide(const Lock& lock) const;
    // It is off; the next attempt after U[0, 3 s] * 2^k.
    void cancelled(TimePoint now, Random& random);

    // Decided: everybody is told until they have it.
    void decided(TimePoint now, const Record& plan, BytesView self);
    void told(BytesView name) { untold_.erase(Bytes(name)); }
    const std::set<Bytes, std::less<>>& untold() const { return untold_; }

    // ---- time ----

    TimePoint due() const { return due_; }  // of an attempt
    TimePoint give_up_at() const { return give_up_at_; }
    TimePoint repeat_at() const { return repeat_at_; }  // of messages, the founder's or a member's
    void repeat_after(TimePoint at) { repeat_at_ = at; }
    void settled() { give_up_at_ = repeat_at_ = never; }

    // ---- a member ----

    // Why this node does not lock itself to the attempt; empty if it does. `alone`: it hears no
    // leader, is bound by no promise, and reaches no majority.
    static std::string refusal(const Config& config, const State& state, const LockRequest& asked,
                               bool alone);

private:
    TimePoint complete_since_ = never;
    TimePoint not_before_ = TimePoint::min();
    TimePoint due_ = never;
    TimePoint give_up_at_ = never;
    TimePoint repeat_at_ = never;
    unsigned cancellations_ = 0;
    std::set<Bytes, std::less<>> locked_;
    Term floor_ = 0;
    std::optional<Record> greatest_;
    std::set<Bytes, std::less<>> untold_;
};

}  // namespace muster::election
