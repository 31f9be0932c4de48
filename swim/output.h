// What the SWIM layer wants done: the one shape in which all of its parts answer.
//
// Every part appends to an Output that its caller owns; nothing is called back. Datagrams and
// streams leave the host as they are; events, user messages and user states go to the layer above
// (agent/node.h), which turns them into what people and programs see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/message.h"
#include "swim/time.h"

namespace muster::swim {

// Names a stream between the node and its agent. Streams that we open have ids from the node,
// streams that others open have ids from the agent; the two count in spaces of their own (see
// StreamId::inbound).
struct StreamId {
    std::uint64_t number = 0;
    bool inbound = false;
    // NOLINTNEXTLINE(modernize-use-nullptr): of its zero
    auto operator<=>(const StreamId&) const = default;
};

// One packet, complete but for label and encryption. Its bytes are Output::bytes[offset, offset +
// size).
struct Datagram {
    Endpoint to;
    std::size_t offset = 0;
    std::size_t size = 0;
};

// Connect to `to`, send the bytes, and hand in what comes back, or the failure, until the deadline.
// The answer to a request without one (a user message) is its successful sending.
struct StreamOpen {
    StreamId id;
    Endpoint to;
    Bytes bytes;
    TimePoint deadline;
    bool expects_reply = true;
};

// Send the bytes as the answer on an inbound stream, then close it. No bytes: just close it.
struct StreamReply {
    StreamId id;
    Bytes bytes;
};

// Why a member's state changed, as far as this agent can tell.
enum class CauseKind : std::uint8_t {
    Alive,         // it said so itself (its alive message was heard)
    Refuted,       // it answered a suspicion or a death notice with a higher incarnation
    ProbeFailed,   // our own probe found it silent
    Accused,       // `by` says that it is silent
    TimedOut,      // its suspicion ran out here; confirmations in `others`
    DeclaredDead,  // `by` says that it is dead
    Left,          // it said that it leaves
    PushPull,      // learned from `by`'s table (the peer that we exchanged with; empty if unknown)
    Updated,       // its tags changed
    Reaped,        // forgotten after gossip_to_the_dead_time
};
const char* to_string(
    CauseKind kind);  // "probe-failed", "accused", ...: the words of `muster history`

struct Cause {
    CauseKind kind = CauseKind::Alive;
    Bytes by;                   // the member who said so; empty: we ourselves, or unknown
    std::vector<Bytes> others;  // who confirmed
};

// A change of the wire table. `name`'s record is in the table when the event is read, except after
// Reaped.
struct WireEvent {
    enum class Kind : std::uint8_t {
        Join,       // became alive: new, or back from dead or left
        Leave,      // became dead or left
        Update,     // still alive, metadata changed
        Suspect,    // alive -> suspect
        Cleared,    // suspect -> alive
        Refreshed,  // still alive, a higher incarnation and nothing else: not told by another kind
        Conflict,   // somebody at `other` claims the name; nothing was changed
    };
    Kind kind;
    Bytes name;
    State from = State::Dead;  // before (Dead for a new member)
    State to = State::Dead;    // now
    std::uint32_t incarnation = 0;
    Cause cause;
    Endpoint other;
};

// A message of the layer above, as it came: by gossip, directly, or on a stream.
struct UserMessage {
    Bytes payload;
    Endpoint from;
};

// The peer's user state from a push/pull that was merged.
struct UserState {
    Bytes payload;
    bool join = false;  // the exchange was a join
    bool ours = false;  // and it was we who joined
    StreamId id;        // the exchange
};

// How an exchange that we started ended.
struct ExchangeResult {
    StreamId id;
    Endpoint peer;
    std::string error;       // empty: answered and merged
    std::size_t others = 0;  // members other than ourselves in the answer
};

// How long a direct probe's answer took, with the ack's payload (Serf's coordinates): both
// texts stand in Output::bytes, one after the other, so that a round trip costs no memory.
struct RoundTrip {
    Duration time{};
    std::size_t offset = 0;
    std::size_t name_size = 0;
    std::size_t payload_size = 0;
};

// How a ping by name that was asked for ended.
struct PingResult {
    Bytes name;
    Endpoint peer;
    bool answered = false;
};

// A peer's table was not merged: its versions and ours do not fit together.
struct Refusal {
    Endpoint peer;
    std::string error;
};

struct Output {
    Bytes bytes;  // of the datagrams and the round trips, one after the other
    std::vector<Datagram> datagrams;
    std::vector<StreamOpen> opens;
    std::vector<StreamReply> replies;
    std::vector<WireEvent> events;
    std::vector<UserMessage> user_messages;
    std::vector<UserState> user_states;
    std::vector<ExchangeResult> exchanges;
    std::vector<RoundTrip> round_trips;
    std::vector<PingResult> pings;
    std::vector<Refusal> refusals;
    // Somebody else answers to our name where we believed an earlier life of ours to have been.
    std::optional<Endpoint> lives_elsewhere;
    // All have been told of another address of ours; some may have taken the leave before it for
    // the end of us.
    bool arrived = false;
    std::vector<std::uint64_t>
        finished;  // tickets of broadcasts sent to their limit, replaced or dropped

    BytesView view(const Datagram& datagram) const {
        return BytesView(bytes).substr(datagram.offset, datagram.size);
    }
    BytesView name(const RoundTrip& trip) const {
        return BytesView(bytes).substr(trip.offset, trip.name_size);
    }
    BytesView payload(const RoundTrip& trip) const {
        return BytesView(bytes).substr(trip.offset + trip.name_size, trip.payload_size);
    }
    // Empties everything and keeps the memory.
    void clear();
};

}  // namespace muster::swim
