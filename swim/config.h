// Every knob of the SWIM layer, with the reference's defaults for its three profiles
// (docs/protocol/memberlist.md section 10).
#pragma once

#include <cstdint>
#include <optional>

#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/message.h"
#include "swim/time.h"

namespace muster::swim {

// An earlier life of ours under the same name, as far as it is remembered.
struct FormerLife {
    Endpoint endpoint;              // in the exact form that was announced
    std::uint32_t incarnation = 0;  // the highest that it is known to have had
    bool left = false;              // it has said that it leaves
    bool operator==(const FormerLife&) const = default;
};

struct Config {
    // Our own name. Non-empty bytes, fixed for the life of the process.
    Bytes name;
    // The address that others are told, in the exact form that is announced.
    Endpoint advertise;
    // The port that we are bound to: what a port of 0 in a message means.
    std::uint16_t bind_port = 7946;
    // We begin above its incarnation. At another address than now, the others must be told before
    // they believe us (swim/relocation.h).
    std::optional<FormerLife> former;
    // Versions announced: Serf's agent by default (docs/protocol/serf.md section 4.1).
    Versions versions{1, 5, 2, 2, 5, 5};

    Duration tcp_timeout = std::chrono::seconds(10);
    unsigned indirect_checks = 3;  // relays asked when a direct probe fails
    unsigned retransmit_mult = 4;  // limit(n) = retransmit_mult * ceil(log10(n + 1))
    unsigned suspicion_mult = 4;   // min = suspicion_mult * max(1, log10(n)) * probe_interval
    unsigned suspicion_max_timeout_mult = 6;  // max = suspicion_max_timeout_mult * min
    Duration push_pull_interval = std::chrono::seconds(30);  // 0: off
    Duration probe_timeout =
        std::chrono::milliseconds(500);  // until relays are asked; not scaled by health
    Duration probe_interval = std::chrono::seconds(1);  // 0: off; multiplied by awareness + 1
    bool stream_pings = true;
    unsigned awareness_max = 8;  // the score stays in [0, awareness_max - 1]
    unsigned gossip_nodes = 3;
    Duration gossip_interval = std::chrono::milliseconds(200);  // 0: off
    Duration gossip_to_the_dead_time = std::chrono::seconds(30);
    bool compression = true;
    std::size_t packet_budget = 1400;  // UDPBufferSize: a budget for packing, not a hard limit
    std::size_t packet_overhead = 0;   // label header and encryption, taken off the budget
    Duration dead_node_reclaim_time =
        Duration::zero();  // 0: a dead member's address is never taken over
    std::size_t max_members =
        65536;  // ours: entries beyond are refused, so a flood of names stays bounded

    // detection.md's additions, each with its reference behaviour when switched off.
    bool broadcast_at_once = true;
    bool accuse_first = true;
    bool notice_own_stall = true;
    // Who is behind is told directly: an accuser of an incarnation that we have refuted, and a
    // member that has come back and does not know that we hold it for gone.
    bool correct_stale = true;
};

enum class Profile : std::uint8_t { Lan, Wan, Local };

// The reference's timing for a profile; everything else as in Config's defaults.
Config profile_config(Profile profile);

}  // namespace muster::swim
