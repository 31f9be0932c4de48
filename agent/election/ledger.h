// The voter's disk, as the deciding code sees it: which state is known to be on it, and which is on
// its way. One write at a time.
//
// A write that failed is never retried: the kernel may have dropped the page, and a second fsync
// would report success. From then on nothing is stored any more until the process is restarted.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "agent/election/output.h"
#include "agent/election/state.h"

namespace muster::election {

class Ledger {
public:
    // `counter`: of the slot that was read, 0 for none. `stored`: what it held.
    Ledger(State stored, std::uint64_t counter) : stored_(std::move(stored)), counter_(counter) {}

    bool busy() const { return in_flight_.has_value(); }
    bool failed() const { return failed_; }
    const State& stored() const { return stored_; }
    // Whether everything in `state` has been stored.
    bool holds(const State& state) const { return !busy() && stored_ == state; }

    // REQUIRES: !busy() && !failed()
    Write write(const State& state);
    // True if that ended the write that is running.
    bool stored(std::uint64_t ticket);
    bool fail(std::uint64_t ticket);

private:
    State stored_;
    std::optional<State> in_flight_;
    std::uint64_t counter_;  // of the last write begun; its ticket, too
    bool failed_ = false;
};

}  // namespace muster::election
