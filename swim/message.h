// memberlist's messages as values: what each field means, its range, and what its absence means.
// docs/protocol/memberlist.md section 3 is the specification.
//
// Decoded messages are views into the packet they came from (or into the decoder's scratch space)
// and die with it. Nothing here is checked beyond the field's type: an address may have any length,
// Vsn any number of bytes; the rules that use a field check it.
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

#include "swim/bytes.h"
#include "swim/endpoint.h"

namespace muster::swim {

enum class MessageType : std::uint8_t {
    Ping = 0,
    IndirectPing = 1,
    Ack = 2,
    Suspect = 3,
    Alive = 4,
    Dead = 5,
    PushPull = 6,  // streams only
    Compound = 7,  // wrapper
    User = 8,
    Compress = 9,  // wrapper
    Encrypt = 10,  // wrapper, streams only
    Nack = 11,
    Crc = 12,     // wrapper
    Error = 13,   // streams only
    Label = 244,  // wrapper, outermost
};

// The six version bytes of a member: which protocol versions it understands, and which it speaks
// (section 3.12). "Delegate" versions are Serf's.
struct Versions {
    std::uint8_t protocol_min = 0;
    std::uint8_t protocol_max = 0;
    std::uint8_t protocol_current = 0;
    std::uint8_t delegate_min = 0;
    std::uint8_t delegate_max = 0;
    std::uint8_t delegate_current = 0;

    // The bytes beyond the sixth are ignored; missing ones are 0.
    static Versions from_bytes(BytesView vsn);
    std::array<char, 6> to_bytes() const;
    // NOLINTNEXTLINE(modernize-use-nullptr): of its zero
    auto operator<=>(const Versions&) const = default;
};

// The versions by which a peer's features are told (section 3.12): used when protocol_max is at
// least this.
inline constexpr std::uint8_t version_with_stream_ping = 3;
inline constexpr std::uint8_t version_with_nack = 4;
inline constexpr std::uint8_t version_with_crc = 5;

// Who asks, so that answers find their way: empty or 0 when the sender left it out.
struct Source {
    BytesView ip;
    std::uint16_t port = 0;
    BytesView node;
};

struct Ping {
    std::uint32_t sequence = 0;
    BytesView node;  // whom it is meant for; empty: whoever receives it
    Source source;
};

struct IndirectPing {
    std::uint32_t sequence = 0;  // the requester's
    BytesView target_ip;
    std::uint16_t target_port = 0;  // 0: the receiver's own bind port
    BytesView node;
    bool nack = false;  // the requester wants to hear of a failure too
    Source source;
};

struct Ack {
    std::uint32_t sequence = 0;
    BytesView payload;
};

struct Nack {
    std::uint32_t sequence = 0;
};

struct Suspect {
    std::uint32_t incarnation = 0;
    BytesView node;
    BytesView from;
};

struct Alive {
    std::uint32_t incarnation = 0;
    BytesView node;
    BytesView ip;
    std::uint16_t port = 0;  // 0: the receiver's own bind port
    BytesView meta;
    BytesView vsn;
};

// A member is dead, or has left on purpose: that is said by from == node.
struct Dead {
    std::uint32_t incarnation = 0;
    BytesView node;
    BytesView from;
};

// Opaque to this layer; Serf's messages travel in it.
struct User {
    BytesView payload;
};

// What can stand in a packet, inside the wrappers.
using Message = std::variant<Ping, IndirectPing, Ack, Nack, Suspect, Alive, Dead, User>;

// The states of a member, with their numbers on the wire.
enum class State : std::uint8_t { Alive = 0, Suspect = 1, Dead = 2, Left = 3 };

// One member in a push/pull, as sent: state is not range-checked (others than 0..3 are to be
// ignored).
struct NodeState {
    BytesView name;
    BytesView ip;
    std::uint16_t port = 0;
    BytesView meta;
    std::uint32_t incarnation = 0;
    std::int64_t state = 0;
    BytesView vsn;
};

// The exchange of everything that two members know (section 3.9).
struct PushPull {
    bool join = false;
    std::vector<NodeState> nodes;
    BytesView user_state;
};

// The answer to a stream request whose outer layers could not be read (section 4.3).
struct RemoteError {
    BytesView text;
};

// What one side of a stream can say.
using StreamMessage = std::variant<Ping, Ack, PushPull, User, RemoteError>;

}  // namespace muster::swim
