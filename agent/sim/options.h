// What a world is made with, and the small records that it answers with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "agent/node.h"
#include "agent/sim/event_queue.h"
#include "agent/sim/network.h"
#include "swim/bytes.h"
#include "swim/keyring.h"
#include "swim/seal.h"

namespace muster::sim {

struct Options {
    std::uint64_t seed = 1;
    NodeConfig node;  // of every host; its name, address and seed are the world's
    Link link;
    Bytes label;
    swim::Keyring keyring;                   // of every host, until set_keys(); empty: plain
    swim::Verify verify;                     // of every host, until set_verify()
    std::size_t socket_buffer = 208 * 1024;  // as Linux has it; each datagram costs its overhead
    Duration resolver_delay = std::chrono::milliseconds(20);
    bool disks = false;       // processes remember their earlier lives
    bool keep_text = false;   // of the transcript
    bool keep_events = true;  // of each node: what events() answers
};

// A datagram as it is handed to the network.
struct Passage {
    TimePoint at;
    HostId from = 0;
    std::optional<HostId> to;  // none: no host owns the address
    BytesView packet;          // as the node made it
    BytesView datagram;        // as it travels: sealed
};

// What one member is to another.
struct Seen {
    cluster::Status status = cluster::Status::None;
    bool suspect = false;
    std::uint32_t incarnation = 0;
    Endpoint endpoint;
};

}  // namespace muster::sim
