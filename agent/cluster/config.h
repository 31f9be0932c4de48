// The knobs of what Serf adds (docs/protocol/serf.md section 13), and of the retry and join rules
// that are ours (docs/detection.md).
#pragma once

#include <cstddef>

#include "swim/time.h"

namespace muster::cluster {

struct Config {
    Duration broadcast_timeout = std::chrono::seconds(5);  // at least 1 s
    Duration leave_propagate_delay = std::chrono::seconds(1);
    Duration reap_interval = std::chrono::seconds(15);
    Duration recent_intent_timeout = std::chrono::minutes(5);
    Duration reconnect_timeout = std::chrono::hours(24);  // failed members are reported for so long
    Duration tombstone_timeout = std::chrono::hours(24);  // left members are reported for so long
    Duration forget_after =
        std::chrono::hours(24 * 30);                 // failed members are tried again for so long
    Duration retry_first = std::chrono::seconds(2);  // doubling
    Duration retry_max = std::chrono::hours(1);
    std::size_t event_buffer = 512;
    std::size_t queue_max = 4096;
};

}  // namespace muster::cluster
