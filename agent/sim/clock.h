// A host's own clock in the simulated world: a node is told this, never the world's time. Each
// starts elsewhere, runs at a rate of its own, and may leap forward; it never goes back, as the
// election clock never does.
//
// Exact: whole numbers alone, so that every machine and every build agrees. A plain value.
#pragma once

#include <cstdint>

#include "swim/assert.h"
#include "swim/time.h"

namespace muster::sim {

// How much faster than the world's time a clock runs, in parts per billion; negative: slower. A
// quartz is off by some 50,000, a bad one under heat by 500,000.
using DriftPpb = std::int64_t;
inline constexpr DriftPpb drift_max = 100'000'000;  // a tenth

class Clock {
public:
    Clock() = default;
    explicit Clock(Duration ahead) : local_(TimePoint() + ahead) {}

    // What it shows at a moment of the world that is not before the last change:
    //
    //     shown then + floor((moment - then) * (1 + drift))
    TimePoint local(TimePoint world) const {
        return local_ + Duration(floor_scaled((world - world_).count(), rate(), billion));
    }

    // The first moment of the world at which it shows `local` or more; of what it showed before
    // the last change, that change.
    TimePoint world(TimePoint local) const {
        if (local == never) {
            return never;
        }
        if (local <= local_) {
            return world_;
        }
        return world_ + Duration(-floor_scaled(-(local - local_).count(), billion, rate()));
    }

    DriftPpb drift() const { return drift_; }
    // From `now` on. REQUIRES: at most drift_max either way.
    void set_drift(TimePoint now, DriftPpb drift) {
        MUSTER_ASSERT(drift >= -drift_max && drift <= drift_max);
        hold(now);
        drift_ = drift;
    }
    // REQUIRES: by >= 0
    void leap(TimePoint now, Duration by) {
        MUSTER_ASSERT(by >= Duration::zero());
        hold(now);
        local_ += by;
    }

private:
    static constexpr std::int64_t billion = 1'000'000'000;

    std::int64_t rate() const { return billion + drift_; }

    // floor(value * numerator / denominator). REQUIRES: denominator > 0
    static std::int64_t floor_scaled(std::int64_t value, std::int64_t numerator,
                                     std::int64_t denominator) {
        __extension__ using Wide = __int128;
        const Wide product = static_cast<Wide>(value) * numerator;
        const Wide quotient = product / denominator;
        return static_cast<std::int64_t>(product % denominator < 0 ? quotient - 1 : quotient);
    }

    void hold(TimePoint now) {
        local_ = local(now);
        world_ = now;
    }

    TimePoint world_{};  // of the last change
    TimePoint local_{};  // what it showed then
    DriftPpb drift_ = 0;
};

}  // namespace muster::sim
