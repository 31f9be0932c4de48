#include "swim/suspicion.h"

#include <algorithm>

#include "swim/formulas.h"

namespace muster::swim {

Suspicion::Suspicion(TimePoint start, Limits limits, BytesView accuser)
    : start_(start), limits_(limits), accusers_{Bytes(accuser)}, expires_(expiry()) {}

bool Suspicion::confirm(BytesView from) {
    if (accusers_.size() > limits_.confirmations ||
        std::find(accusers_.begin(), accusers_.end(), from) != accusers_.end()) {
        return false;
    }
    accusers_.emplace_back(from);
    expires_ = expiry();
    return true;
}

TimePoint Suspicion::expiry() const {
    const Duration lifetime =
        limits_.confirmations == 0
            ? limits_.min
            : suspicion_lifetime(static_cast<unsigned>(accusers_.size() - 1), limits_.confirmations,
                                 limits_.min, limits_.max);
    return start_ + lifetime;
}

void Suspicion::postpone(TimePoint earliest) {
    if (!postponed_) {
        postponed_ = true;
        not_before_ = earliest;
    }
}

}  // namespace muster::swim
