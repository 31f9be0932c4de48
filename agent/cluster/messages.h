// Serf's gossip messages as values and as bytes: a type byte and a msgpack record
// (docs/protocol/serf.md sections 1, 2 and 6).
//
// Written exactly as the reference writes them, read as leniently as it reads them. Decoded
// messages are views into the bytes they came from (or into the scratch space), and die with them.
// Only form is checked here; what a message means is decided in cluster.h.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/cluster/lamport.h"
#include "swim/bytes.h"
#include "swim/codec.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::cluster {

enum class MessageType : std::uint8_t {
    Leave = 0,
    Join = 1,
    PushPull = 2,  // only as the user state of a push/pull exchange
    UserEvent = 3,
    Query = 4,
    QueryResponse = 5,
    ConflictResponse = 6,  // only inside a query response
    KeyRequest = 7,        // only inside a query
    KeyResponse = 8,       // only inside a query response
    Relay = 9,
};

// `node` leaves. With prune it is to be erased as well (absent before release 0.8.4).
struct Leave {
    LamportTime ltime = 0;
    BytesView node;
    bool prune = false;
};

// `node` has joined: a new life of it, or the refutation of a leave.
struct Join {
    LamportTime ltime = 0;
    BytesView node;
};

// A member that the sender holds out, and for how long yet: ours, and skipped by Serf.
struct HeldTime {
    BytesView name;
    Duration left{};
};

// What two agents tell each other of their clocks, members and recent events.
struct PushPull {
    struct StatusTime {
        BytesView name;
        LamportTime ltime = 0;
    };
    struct Event {
        BytesView name;
        BytesView payload;
    };
    // One used slot of the sender's ring of recent events: all that happened at one time.
    struct Slot {
        std::size_t position = 0;  // in the ring; without meaning to the receiver
        LamportTime ltime = 0;
        std::vector<Event> events;
    };

    LamportTime ltime = 0;
    LamportTime event_ltime = 0;
    LamportTime query_ltime = 0;
    std::vector<StatusTime> status_ltimes;  // decoded: sorted by name, each name once
    std::vector<BytesView> left_members;
    std::vector<HeldTime> held;  // not written if it is empty
    std::size_t slots = 0;       // in the ring, used or not
    std::vector<Slot> events;    // the used ones, by position
};

// Limits on what is decoded, so that a small message cannot claim much memory.
inline constexpr std::size_t max_status_times = 262144;
inline constexpr std::size_t max_event_slots = 65536;
inline constexpr std::size_t max_events = 65536;  // in all slots together

// Each appends one complete message, type byte included.
void encode(const Leave& leave, Bytes& out);
void encode(const Join& join, Bytes& out);
void encode(const PushPull& state, Bytes& out);

// Each decodes one complete message, type byte first; bytes after its record are ignored. Errors
// name the message and the field, what was expected and what was found.
Result<Leave> decode_leave(BytesView message);
Result<Join> decode_join(BytesView message);
Result<PushPull> decode_push_pull(BytesView message, swim::Scratch& scratch);

}  // namespace muster::cluster
