// One running suspicion: who accuses, who confirms, and when it turns into a declaration of death.
//
// The more members confirm independently, the sooner it expires; with nobody to confirm it lasts
// the minimum (docs/protocol/memberlist.md section 8.5; Lifeguard section IV-B).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::swim {

class Suspicion {
public:
    struct Limits {
        unsigned confirmations =
            0;  // k: how many shorten it to `min`; 0: it lasts `min` from the start
        Duration min{};
        Duration max{};
    };

    Suspicion(TimePoint start, Limits limits, BytesView accuser);

    // An accusation by `from`. True if it is news: a confirmation that shortened the timer, and is
    // passed on.
    bool confirm(BytesView from);

    TimePoint deadline() const { return std::max(expires_, not_before_); }
    TimePoint start() const { return start_; }
    // The first accuser, then who confirmed, in order.
    const std::vector<Bytes>& accusers() const { return accusers_; }

    // We were not looking for a while: keeps the suspicion alive until `earliest` at least, so that
    // a refutation that waits in our own socket is read first. Once in its life; further calls
    // change nothing.
    void postpone(TimePoint earliest);

private:
    TimePoint expiry() const;

    TimePoint start_;
    Limits limits_;
    std::vector<Bytes> accusers_;
    TimePoint expires_;  // asked for at every input of the node, so kept
    TimePoint not_before_{};
    bool postponed_ = false;
};

}  // namespace muster::swim
