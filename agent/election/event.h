// What an election tells those outside the deciding code: writes for its file, and changes of who
// leads. Plain values, so that whoever hands them on need not know the election.
#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/election/ids.h"
#include "swim/bytes.h"

namespace muster::election {

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

// Whether a token is the newest: only a leader with a valid lease can say so.
enum class TokenVerdict : std::uint8_t { Newest, Old, Unknown };

// A client that leads by this node's leadership, in its own naming.
using HolderId = std::uint64_t;

}  // namespace muster::election
