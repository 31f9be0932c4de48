// One host's disk in the simulated world: what a process hands it to be kept, when it says that it
// is kept, and what a crash leaves of it.
//
// Records have a key, and replace each other under it. Each is written under a ticket and answered
// once, stored or failed, in the order in which they were handed in; the world hands the answers to
// Node::stored() and Node::store_failed(). Nothing in a node waits for a disk yet but what it gates
// itself.
//
// The end of a process leaves what was answered as stored, and of what was under way any beginning,
// chosen by chance: what was not answered may be there all the same. If its machine ends, too, a
// disk that lies has lost any end of what it answered since the last flush.
//
// Decides only what becomes of a record; the world keeps the time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "swim/bytes.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::sim {

// How a disk behaves. Counts from the next record that begins to be written.
struct DiskHealth {
    Duration delay_min = std::chrono::microseconds(200);
    Duration delay_mean = std::chrono::milliseconds(2);  // at least delay_min
    double failure = 0;                                  // of a record, answered as failed
    std::size_t capacity = SIZE_MAX;  // bytes of keys and values; beyond, a record fails
    bool stuck = false;               // nothing is answered any more
    bool lies = false;                // answers before it has written
};

struct DiskWrite {
    std::uint64_t ticket = 0;
    Bytes key;
    Bytes value;
};

class Disk {
public:
    using Records = std::map<Bytes, Bytes>;

    // When a call may have made the next answer due; none: there is none to wait for, or it is
    // being waited for already.
    using Due = std::optional<TimePoint>;

    [[nodiscard]] Due write(TimePoint now, DiskWrite&& record, Random& random);
    [[nodiscard]] Due set_health(TimePoint now, const DiskHealth& health, Random& random);
    const DiskHealth& health() const { return health_; }

    struct Answer {
        std::uint64_t ticket = 0;
        bool stored = false;
        Due next;
    };
    // The moment that was due has come. None if the disk got stuck meanwhile.
    std::optional<Answer> advance(TimePoint now, Random& random);

    // The process is gone: nothing under way is answered.
    void abandon(Random& random);
    // Its machine as well.
    void crash(Random& random);
    // What lies, too, has written everything that it has answered.
    void flush() { unsynced_.clear(); }

    // What a process finds that starts now.
    const Records& records() const { return records_; }
    std::size_t under_way() const { return queue_.size(); }

private:
    Due begin(TimePoint now, Random& random);
    bool fits(const DiskWrite& record) const;
    void put(DiskWrite&& record);

    DiskHealth health_;
    Records records_;
    std::deque<DiskWrite> queue_;  // the first one is being written, unless stuck
    bool writing_ = false;
    // Answered by a disk that lies: what stood under each key before, the oldest first.
    struct Before {
        Bytes key;
        std::optional<Bytes> value;
    };
    std::deque<Before> unsynced_;
};

}  // namespace muster::sim
