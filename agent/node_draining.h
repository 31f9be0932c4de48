// Whether this agent is drained, and until when (docs/ring.md, "Drain"). A value and its deadline;
// what follows from it (the mark, the memory, the election) is its owner's. Pure; part of the node.
#pragma once

#include <optional>

#include "swim/time.h"

namespace muster {

class Draining {
public:
    // `until`: when it ends by itself; `never`: when somebody ends it. None: it is not drained.
    explicit Draining(std::optional<TimePoint> until) : until_(until) {}

    // True if it was not drained before, or is not from now on: the others are to be told.
    bool set(std::optional<TimePoint> until);
    // True if it ends now.
    bool tick(TimePoint now);
    TimePoint next_deadline() const { return until_.value_or(never); }

    bool active() const { return until_.has_value(); }
    const std::optional<TimePoint>& until() const { return until_; }

private:
    std::optional<TimePoint> until_;
};

}  // namespace muster
