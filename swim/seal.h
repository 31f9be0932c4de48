// The edge of the wire: what stands outside the packets and streams that the core reads and writes.
// Today the label header; encryption has its place here, between label and content
// (docs/protocol/memberlist.md sections 1.5, 1.6, 4.1, 4.2, 5).
//
// Pure functions: the agent calls them between its sockets and the node, the simulator between its
// links and its nodes.
#pragma once

#include <optional>

#include "swim/bytes.h"
#include "swim/packet.h"
#include "swim/result.h"

namespace muster::swim {

inline constexpr std::size_t max_label = 255;

struct Opened {
    BytesView content;  // what the label (and encryption) held
    std::optional<Fault> fault;
};

// Takes the label header off a datagram, or off the first bytes of a stream from its dialing side.
// The label found (empty: none) must equal `label`.
Opened open_packet(BytesView datagram, BytesView label);

// Appends the header for `label`; nothing when it is empty.
// REQUIRES: label.size() <= max_label
void write_label(BytesView label, Bytes& out);

// The dialing side's stream begins with a label header exactly when a label is configured. Answers
// how many bytes of `first` the header takes (0 for none), "more" when first is too short to tell,
// or a fault.
struct StreamLabel {
    bool more = false;
    std::size_t size = 0;
    std::optional<Fault> fault;
};
StreamLabel read_stream_label(BytesView first, BytesView label);

}  // namespace muster::swim
