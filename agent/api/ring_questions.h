// What the local API asks of the agent about its rings, as values (agent/api/backend.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/ring/adoption.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::ring {
class Ring;
using SharedRing = std::shared_ptr<const Ring>;
}  // namespace muster::ring

namespace muster::api {

// Work on rings, which may take long: done off the loop's thread.
struct RingJob {
    Bytes ring = {};                             // its name
    std::vector<ring::SharedMembers> sets = {};  // a ring is built of each, from the one before
    std::size_t keeps = 0;                       // which of them is kept for the next job
    bool is_quick = false;                       // it takes microseconds once the ring is there
    // Touches nothing of the loop's.
    std::function<void(const std::vector<ring::SharedRing>& rings)> work = {};
    // On the loop, after it. With an error `work` was not called.
    std::function<void(const std::string& error)> done = {};
};

// What a stream is told of a ring that has changed.
struct RingChange {
    Bytes ring;
    std::uint64_t before = 0;  // fingerprints
    std::uint64_t after = 0;
    std::size_t members = 0;      // after
    std::optional<double> moved;  // which part of all keys has another owner
};

struct DrainState {
    bool active = false;
    std::optional<TimePoint> until = {};  // of an active one; `never`: until it is told otherwise
};

}  // namespace muster::api
