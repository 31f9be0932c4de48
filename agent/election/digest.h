// What distinguishes one state of an election from another, as bytes: for those who explore all of
// them, and remember where they have been. Times count from `now`, and those long past as one.
//
// Not for storing, and never read back.
#pragma once

#include <algorithm>
#include <cstdint>

#include "agent/election/state.h"
#include "swim/time.h"

namespace muster::election {

class Digest {
public:
    explicit Digest(TimePoint now) : now_(now) {}

    void add(std::uint64_t number) {
        for (unsigned i = 0; i < 8; ++i) {
            bytes_.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> (8 * i))));
        }
    }
    void add(Key key) {
        add(key.term);
        add(key.index);
    }
    void add(VoterId id) { add(static_cast<std::uint64_t>(id)); }
    // A deadline: once passed, it matters no more when.
    void add_deadline(TimePoint at) {
        const Duration left = at <= now_ ? Duration::zero() : at - now_;
        add(static_cast<std::uint64_t>(left.count()));
    }
    // A moment in the past: what is older than `horizon` is as good as never.
    void add_moment(TimePoint at, Duration horizon) {
        const bool old = at == TimePoint::min() || now_ - at > horizon;
        add(old ? ~std::uint64_t{0} : static_cast<std::uint64_t>((now_ - at).count()));
    }
    void add(const Bytes& bytes) {
        add(bytes.size());
        bytes_ += bytes;
    }
    void add(const State& state) {
        add(state.id);
        add(state.term);
        add(state.voted_for);
        add(state.key());
        add(state.longest_promise_ms);
        add(state.record && state.record->in_flight() ? 1U : 0U);
        add(state.lock ? static_cast<std::uint64_t>(state.lock->attempt) : 0U);
    }

    const Bytes& bytes() const { return bytes_; }

private:
    TimePoint now_;
    Bytes bytes_;
};

}  // namespace muster::election
