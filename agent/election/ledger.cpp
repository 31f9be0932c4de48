#include "agent/election/ledger.h"

#include "swim/assert.h"

namespace muster::election {

Write Ledger::write(const State& state) {
    MUSTER_ASSERT(!busy() && !failed_);
    in_flight_ = state;
    ++counter_;
    return {counter_, safe_ ? 0 : worse_, encode_slot(state, counter_)};
}

bool Ledger::stored(std::uint64_t ticket) {
    if (!busy() || ticket != counter_) {
        return false;
    }
    stored_ = std::move(*in_flight_);
    in_flight_.reset();
    safe_ = true;
    return true;
}

bool Ledger::fail(std::uint64_t ticket) {
    if (!busy() || ticket != counter_) {
        return false;
    }
    in_flight_.reset();
    failed_ = true;
    return true;
}

}  // namespace muster::election
