// What the Serf layer wants done: the one shape in which it answers. Its owner (agent/node.h)
// hands the broadcasts to swim's queue, and the rest to whoever asked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/cluster/address_book.h"
#include "agent/cluster/application.h"
#include "agent/effects.h"
#include "swim/bytes.h"
#include "swim/packet.h"

namespace muster::cluster {

// Names a broadcast whose end is waited for.
using BroadcastId = std::uint64_t;
inline constexpr BroadcastId no_broadcast = 0;  // nobody waits

// The queue a broadcast goes to. A packet's free space is filled from the first with messages to
// send, in this order.
enum class Tier : std::uint8_t { Intent, Query, Event };

// One message for everybody, to be sent as often as swim's transmit limit says.
struct Broadcast {
    Tier tier = Tier::Intent;
    BroadcastId id = no_broadcast;  // else: report its end with Cluster::transmitted()
    Bytes message;
};

// One message for one member, as one packet: it may be lost.
struct Direct {
    Endpoint to;
    Bytes message;
};

struct Output {
    std::vector<Broadcast> broadcasts;
    std::vector<Direct> directs;
    std::vector<MemberEvent> events;
    std::vector<NameConflict> conflicts;
    std::vector<HeardEvent> user_events;
    std::vector<HeardQuery> queries;
    std::vector<QueryAnswer> answers;
    std::vector<KeyRequest> key_requests;
    std::vector<KeyReport> key_reports;
    std::vector<RequestDone> done;
    std::vector<Notice> notices;
    std::vector<swim::PacketFault> faults;  // messages that were refused: count and report them
    std::vector<Bytes> pruned;  // erased while alive: if they still are, report their Join again
    std::optional<Try>
        attempt;  // ping this member by name; Cluster::try_acked() or try_timed_out()
    bool resolve_seeds = false;  // look the seeds up, and join them
    bool leave_wire = false;     // leave on the SWIM layer; report its end with wire_left()
    bool left = false;           // the graceful leave is complete
    bool name_lost = false;      // the others hold our name to be another host's

    // Empties everything and keeps the memory.
    void clear();
};

}  // namespace muster::cluster
