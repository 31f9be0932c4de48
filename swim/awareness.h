// Lifeguard's local health multiplier: a member that gets few answers, or has to refute, concludes
// that it may be the sick one, and waits longer before it accuses (docs/protocol/memberlist.md
// section 8.4; Dadgar, Phillips, Currey, "Lifeguard", section IV-A).
#pragma once

#include <algorithm>

#include "swim/time.h"

namespace muster::swim {

class Awareness {
public:
    // The score stays in [0, max - 1]. REQUIRES: max >= 1
    explicit Awareness(unsigned max) : max_(static_cast<int>(max)) {}

    void apply(int delta) { score_ = std::clamp(score_ + delta, 0, max_ - 1); }
    unsigned score() const { return static_cast<unsigned>(score_); }
    Duration scale(Duration interval) const { return interval * (score_ + 1); }

private:
    int max_;
    int score_ = 0;
};

}  // namespace muster::swim
