// What the election wants done: the one shape in which it answers.
//
// Messages may leave at once: what depends on a write is kept inside the election until that write
// was reported as stored, so nobody else can let it out too early.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "agent/election/ids.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"

namespace muster::election {

// One user message for one member, as a datagram.
struct Outgoing {
    VoterId to = no_voter;
    Bytes to_name;
    std::optional<Endpoint> address;  // where its last election message came from; else by the view
    Bytes bytes;
};

// Write `slot` into both slots, one after the other and synchronously, then report the ticket.
struct Write {
    std::uint64_t ticket = 0;
    std::size_t first = 0;  // the slot to begin with: 0 or 1
    Bytes slot;
};

struct Event {
    enum class Kind : std::uint8_t {
        LeaderAcquired,  // this node leads
        LeaderLost,      // this node led
        NewLeader,       // somebody leads, in a term that was not known to have a leader
        QuorumLost,      // fewer than a majority of the voters answer this one
        QuorumRegained,
    };
    Kind kind;
    ClusterId cluster = no_cluster;
    Term term = 0;
    Bytes leader;
};
const char* to_string(Event::Kind kind);  // "leader-acquired", ...

// The user event muster:new-leader: it only makes others ask.
struct Announcement {
    ClusterId cluster = no_cluster;
    Term term = 0;
    Bytes leader;
};

// A client that leads by this node's leadership, in its own naming.
using HolderId = std::uint64_t;

struct Output {
    std::vector<Outgoing> messages;
    std::optional<Write> write;  // at most one is ever running
    std::vector<Event> events;
    std::optional<Announcement> announce;
    std::vector<HolderId>
        release;  // tell them that they must end; Election::released() when they have
    std::vector<RequestDone> done;
    std::vector<Notice> notices;
    unsigned refused = 0;  // messages that changed nothing: malformed, or not meant for this life

    // Empties everything and keeps the memory.
    void clear();
};

}  // namespace muster::election
