// When fewer than half of the remembered members are there, and when at least half are again: the
// mark of an agent that is cut off, or of a cluster that is.
//
//     missing: 2 * alive < known          back: 2 * alive >= known
//
// Nothing is judged before an agent that was started has had time to find the others. Pure.
#pragma once

#include <optional>

#include "agent/api/turnout.h"
#include "swim/time.h"

namespace muster {

class Missing {
public:
    // From this moment on it is judged.
    void judge_from(TimePoint settled) { settled_ = settled; }
    // How it is now. What is to be told, if it crosses the half by it.
    std::optional<api::Turnout> look(TimePoint now, const api::Turnout& turnout);
    // Since when fewer than half are there; none: at least half are, or it is not judged yet.
    const std::optional<TimePoint>& since() const { return since_; }

private:
    TimePoint settled_ = never;
    std::optional<TimePoint> since_;
};

}  // namespace muster
