// How late the loop's turns came after the moment for which the timer was armed: an agent that is
// short of CPU, or was stopped, sees it here. A histogram with fixed buckets, and the worst of the
// last minutes. Pure; counting costs a few comparisons.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "swim/time.h"

namespace muster {

class LoopLag {
public:
    // Upper bounds of the buckets; the last bucket has none.
    static constexpr std::array<Duration, 12> bounds{
        std::chrono::milliseconds(1),    std::chrono::milliseconds(2),
        std::chrono::milliseconds(5),    std::chrono::milliseconds(10),
        std::chrono::milliseconds(20),   std::chrono::milliseconds(50),
        std::chrono::milliseconds(100),  std::chrono::milliseconds(200),
        std::chrono::milliseconds(500),  std::chrono::milliseconds(1000),
        std::chrono::milliseconds(2000), std::chrono::milliseconds(5000)};
    // So long the worst is remembered.
    static constexpr Duration memory = std::chrono::minutes(10);

    // A turn that was due at `due` came now. One that came for another reason, before, is on time.
    void note(TimePoint now, TimePoint due);

    // Turns by bucket, each with those up to its bound that are in no bucket before it.
    std::span<const std::uint64_t> counts() const { return counts_; }
    std::uint64_t turns() const { return turns_; }
    Duration sum() const { return sum_; }
    // The worst of about the last ten minutes.
    Duration worst(TimePoint now) const { return now - worst_at_ <= memory ? worst_ : Duration{}; }

private:
    std::array<std::uint64_t, bounds.size() + 1> counts_{};
    std::uint64_t turns_ = 0;
    Duration sum_{};
    Duration worst_{};
    TimePoint worst_at_{};
};

}  // namespace muster
