// A Lamport clock: orders what members say without a common time (docs/protocol/serf.md section 5).
//
// Not a wall clock: it moves only when something is said or heard. It never goes back, and where
// the reference would wrap around to 0 it stays at its end.
#pragma once

#include <cstdint>
#include <limits>

namespace muster::cluster {

using LamportTime = std::uint64_t;

// No honest clock gets here. A stamp of this value cannot be superseded, so it is never accepted.
inline constexpr LamportTime lamport_end = std::numeric_limits<LamportTime>::max();

constexpr LamportTime after(LamportTime time) {
    return time == lamport_end ? time : time + 1;
}

class LamportClock {
public:
    LamportTime time() const { return time_; }

    // Answers the new time.
    LamportTime increment() { return time_ = after(time_); }

    // `seen` was heard. Equality advances: a stamp that was heard is used up.
    void witness(LamportTime seen) {
        if (seen >= time_) {
            time_ = after(seen);
        }
    }

private:
    LamportTime time_ = 0;
};

}  // namespace muster::cluster
