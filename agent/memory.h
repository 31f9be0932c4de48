// What an agent remembers across restarts, and what a start makes of it. Values and rules: where
// they are kept is agent/store/'s.
//
//     known members     all of them, with their last state: who was alive is looked for at once,
//                       who had failed is tried again, who had left is only shown
//     clocks            so that no event and no query is delivered again
//     our own life      its name, address, incarnation, whether it ended with a leave
//     live tags         set while it ran, where the configuration says nothing
//
// It is a help, not a truth: with none, an agent starts as a new one, and everything in it may be
// half a second old. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/cluster/config.h"
#include "agent/cluster/coordinate.h"
#include "agent/cluster/mark.h"
#include "agent/cluster/remembered.h"
#include "agent/cluster/tags.h"
#include "swim/bytes.h"
#include "swim/config.h"
#include "swim/endpoint.h"

namespace muster {

struct Memory {
    Bytes name;          // what we were called; empty: nothing is remembered
    Endpoint advertise;  // in the exact form in which it was announced
    std::uint32_t incarnation = 0;
    bool left = false;  // that life ended with a graceful leave, or was about to
    cluster::Clocks clocks;
    std::optional<cluster::Coordinate> coordinate;
    cluster::Tags live_tags;
    std::optional<TimePoint> drained_until;    // `never`: until told otherwise; none: not drained
    std::vector<cluster::Remembered> members;  // without ourselves

    bool empty() const { return name.empty(); }
};

// What is to be written: all of a Memory but the members, and of these only those that changed.
struct MemoryChange {
    bool whole = false;            // `now.members` are all: whoever else is stored is forgotten
    Memory now;                    // of the members those that are new or have changed
    std::vector<Bytes> forgotten;  // members
    std::int64_t wall_offset = 0;  // wall time in ns = TimePoint + this, when it was taken
};

// Writes a change into a Memory, as a store does into its file; members in the order of their
// names.
void apply(const MemoryChange& change, Memory& memory);

// ---- our own life ----

// Who we are to ourselves of before.
enum class Return : std::uint8_t {
    New,      // nothing is remembered
    Same,     // the same name at the same address
    Moved,    // the same name at another address: the others must be told so that they believe it
    Renamed,  // another name: the old one has left, unless this is a copy of its disk
};
Return judge_return(const Memory& memory, BytesView name, const Endpoint& advertise);

// The life before, as swim takes it: we begin above its incarnation, so that no statement of then
// wins over us (docs/protocol/memberlist.md section 7.7). None if the name was another.
std::optional<swim::FormerLife> former_life(const Memory& memory, BytesView name);

// Whether a start looks for the members of before by itself: not after a graceful leave, unless
// there are seeds or `rejoin_after_leave` says so.
bool rejoins(const Memory& memory, bool has_seeds, bool rejoin_after_leave);

// ---- members ----

struct Recalled {
    std::vector<cluster::Remembered> members;
    std::vector<Bytes> forgotten;
};
// The members that are still worth remembering: not ourselves, and not who failed or left for
// longer than such members are reported and tried again. Who was there when we went is so `since`
// now: nothing was seen of it meanwhile; so are those whose time lies in a future that the wall
// clock made up. The most recent are kept if they are too many.
Recalled recall(TimePoint now, const Memory& memory, BytesView self, const cluster::Config& config);
// Who was there when we went: to be looked for first.
bool was_present(cluster::Status status);

// ---- tags ----

// Of `current` tags what the configuration does not say.
cluster::Tags live_tags(const cluster::Tags& configured, const cluster::Tags& current);
// What a start announces: the live tags, and on top of them the configured ones. The configured
// ones alone if both together are too large. `mark`: what needs room beside them.
cluster::Tags tags_at_start(const cluster::Tags& configured, const cluster::Tags& live,
                            BytesView mark = cluster::plain_mark);

}  // namespace muster
