// The knobs of what Serf adds (docs/protocol/serf.md section 13), and of the retry and join rules
// that are ours (docs/detection.md).
#pragma once

#include <chrono>
#include <cstddef>

#include "swim/time.h"

namespace muster::cluster {

// No limit of user events may be higher: they travel in one packet.
inline constexpr std::size_t user_event_size_ceiling = 9216;

struct Config {
    Duration broadcast_timeout = std::chrono::seconds(5);  // at least 1 s
    Duration leave_propagate_delay = std::chrono::seconds(1);
    Duration reap_interval = std::chrono::seconds(15);
    Duration recent_intent_timeout = std::chrono::minutes(5);
    Duration reconnect_timeout = std::chrono::hours(24);  // failed members are reported for so long
    Duration tombstone_timeout = std::chrono::hours(24);  // left members are reported for so long
    // A member that was said to leave and is still on the wire after so long stays: alive again.
    Duration leaving_timeout = std::chrono::minutes(1);
    Duration forget_after =
        std::chrono::hours(24 * 30);  // failed members are tried again for so long
    bool rejoin_after_leave = false;  // a start looks for the members that were left gracefully
    Duration retry_first = std::chrono::seconds(2);  // doubling
    Duration retry_max = std::chrono::hours(1);
    // Seeds are looked up again after retry_first, doubling up to this, times the members alive, at
    // most retry_max.
    Duration seed_retry_max = std::chrono::seconds(30);
    std::size_t event_buffer = 512;
    std::size_t query_buffer = 512;
    std::size_t queue_max = 4096;

    // User events and queries (sections 7 and 8). Sizes are of whole messages, in bytes.
    std::size_t user_event_size_limit = 512;                   // at most user_event_size_ceiling
    Duration user_coalesce_period = std::chrono::seconds(3);   // zero: each is told at once
    Duration user_quiescent_period = std::chrono::seconds(1);  // zero: likewise
    std::size_t query_size_limit = 1024;
    std::size_t query_response_size_limit = 1024;
    // A query's time = gossip_interval * query_timeout_mult * ceil(log10(members + 1)).
    unsigned query_timeout_mult = 16;
    Duration gossip_interval = std::chrono::milliseconds(200);  // SWIM's: the node sets it
    bool name_conflict_resolution = true;  // end if the others hold our name to be another's

    // Ours, so that a flood of names stays bounded.
    std::size_t max_members = 65536;  // beyond, the longest failed or left is erased for a new one
    std::size_t max_remembered = 16384;        // failed members that are tried again
    std::size_t max_intents_size = 4U << 20U;  // bytes, about: intents about unknown members
    std::size_t max_queries = 1024;  // open ones of ours; and heard ones that may be answered
};

}  // namespace muster::cluster
