// The voter's disk, as the deciding code sees it: which state is known to be on it, and which is on
// its way. One write at a time.
//
// A write that failed is never retried: the kernel may have dropped the page, and a second fsync
// would report success. From then on nothing is stored any more until the process is restarted.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "agent/election/digest.h"
#include "agent/election/output.h"
#include "agent/election/state.h"

namespace muster::election {

class Ledger {
public:
    explicit Ledger(const Found& found)
        : stored_(found.slot ? found.slot->state : State{}),
          counter_(found.slot ? found.slot->counter : 0),
          worse_(found.worse),
          safe_(found.slot && found.twice) {}

    bool busy() const { return in_flight_.has_value(); }
    bool failed() const { return failed_; }
    const State& stored() const { return stored_; }
    // Whether everything in `state` has been stored.
    bool holds(const State& state) const { return safe_ && !busy() && stored_ == state; }

    void digest(Digest& digest) const {
        digest.add(stored_);
        digest.add(std::uint64_t{busy()} + 2 * std::uint64_t{failed_} + 4 * std::uint64_t{safe_});
        if (in_flight_) {
            digest.add(*in_flight_);
        }
    }

    // REQUIRES: !busy() && !failed()
    Write write(const State& state);
    // True if that ended the write that is running.
    bool stored(std::uint64_t ticket);
    bool fail(std::uint64_t ticket);

private:
    State stored_;
    std::optional<State> in_flight_;
    std::uint64_t counter_;  // of the last write begun; its ticket, too
    std::size_t worse_;      // of the slots that were found
    bool safe_;              // both slots hold `stored_`
    bool failed_ = false;
};

}  // namespace muster::election
