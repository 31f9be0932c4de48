// What of the Serf layer outlives a process: the clocks, and the members as last reported. Plain
// values; agent/memory.h says what becomes of them.
#pragma once

#include <cstdint>

#include "agent/cluster/lamport.h"
#include "agent/cluster/status.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/message.h"
#include "swim/time.h"

namespace muster::cluster {

// Of each clock the last time that was used up: what is stamped with it, or earlier, is no news
// (docs/protocol/serf.md section 12).
struct Clocks {
    LamportTime member = 0;
    LamportTime event = 0;
    LamportTime query = 0;
    bool operator==(const Clocks&) const = default;
};

struct Remembered {
    Bytes name;
    Endpoint endpoint;
    Bytes meta;  // the encoded tags
    swim::Versions versions;
    Status status = Status::None;
    LamportTime status_ltime = 0;
    std::uint32_t incarnation = 0;
    TimePoint since;  // of the status, by the clock of whoever reads this
    bool operator==(const Remembered&) const = default;
};

}  // namespace muster::cluster
