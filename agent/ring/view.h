// Which members a ring uses, and since when: from what this agent reports of them now, and time
// (docs/ring.md, "Who is in the ring").
//
// What is eligible now is used when it has been the same for a while, so that a ring does not
// follow each stumble; at once where waiting helps nobody. One timer, and no history of a member:
// whatever agents saw before, once it is quiet they use the same.
//
// Invariant: what is in use differs from what is eligible only while next_deadline() is ahead, and
// for at most 5 * settle. Pure, single-threaded. Builds no points: those of a new member set are
// somebody else's work, off this thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "agent/ring/adoption.h"
#include "agent/ring/member_set.h"
#include "agent/ring/settings.h"
#include "swim/time.h"

namespace muster::ring {

// What a member is to a ring, as this agent reports it.
enum class Standing : std::uint8_t {
    Here,  // alive or suspect, neither leaving nor held out
    Left,  // leaving or left: it said so itself, or somebody did for it
    Gone,  // failed, held out, or unknown
};

// How long the agent's own start takes: it learns of members one after the other, and uses them at
// once.
inline constexpr Duration first_life = std::chrono::seconds(10);
inline constexpr int longest_unquiet = 5;  // times settle
// "At once" is not more often than this: thousands that come one by one are not thousands of sets.
inline constexpr Duration breath = std::chrono::milliseconds(50);

class View {
public:
    // Uses nobody. What is put before the first tick() is used at it. `born`: when this agent's
    // life began.
    View(RingSettings settings, TimePoint born);

    // ---- inputs; each may be followed by an adoption at the next tick() ----

    // What a member is now. Tags only matter when it is here.
    void put(TimePoint now, BytesView name, Standing standing, const cluster::Tags& tags,
             bool drained);
    // Our own first join is over, well or not: what it has brought is used.
    void joined();
    // Other settings, from a reload: all members are to be put again.
    void configure(TimePoint now, RingSettings settings);

    // Adopts what is due. To be called after each input, and when next_deadline() has come.
    void tick(TimePoint now, std::vector<Adoption>& adoptions);
    // When something is due: `never` if nothing is, in the past if it is due at the next tick().
    TimePoint next_deadline() const;

    // ---- questions ----

    const RingSettings& settings() const { return settings_; }
    const SharedMembers& in_use() const { return in_use_; }
    // The members eligible now, to be used at next_deadline() if they stay; null if they are those
    // in use. Walks all of them.
    SharedMembers pending() const;
    // When what is in use was adopted.
    TimePoint since() const { return since_; }
    std::size_t eligible() const { return eligible_.size(); }
    // Asserts the invariant. For tests; after a tick().
    void check(TimePoint now) const;

private:
    void changed(TimePoint now);
    // When all that is eligible is to be used; those that left are dropped before.
    TimePoint settled_at() const;
    void drop_left(TimePoint now, std::vector<Adoption>& adoptions);
    void adopt(TimePoint now, SharedMembers after, std::vector<Adoption>& adoptions);
    SharedMembers eligible_now() const;
    bool in_use_is_eligible() const;

    RingSettings settings_;
    TimePoint settled_from_;  // before, changes are used at once
    std::map<Bytes, Member, std::less<>> eligible_;
    std::set<Bytes, std::less<>> left_;  // to be dropped from what is in use
    SharedMembers in_use_;
    TimePoint since_;
    TimePoint first_change_ = never;  // of this unquiet time; never: it is quiet
    TimePoint last_change_ = never;
    bool at_once_ = true;
};

}  // namespace muster::ring
