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
#include "agent/election/event.h"
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

// The user event muster:new-leader: it only makes others ask.
struct Announcement {
    ClusterId cluster = no_cluster;
    Term term = 0;
    Bytes leader;
};

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
