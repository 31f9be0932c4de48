// The only source of chance in code that decides: given by value, seeded, and the same on every
// machine and in every build, so that a seed replays a run exactly. (The standard distributions do
// not promise that.) Not for secrets.
#pragma once

#include <cstdint>
#include <utility>

#include "swim/time.h"

namespace muster {

// SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014,
// section 4.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    // Uniform in [0, bound), 0 when bound is 0.
    std::uint64_t below(std::uint64_t bound) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64U);
    }

    // Uniform in [0, bound).
    Duration below(Duration bound) {
        return Duration(
            static_cast<Duration::rep>(below(static_cast<std::uint64_t>(bound.count()))));
    }

    // True with probability p in [0, 1].
    bool chance(double p) { return static_cast<double>(next() >> 11U) * 0x1p-53 < p; }

    // A generator whose sequence is independent of this one's rest.
    Random split() { return Random(next()); }

    // Fisher-Yates, in place.
    template <class Range>
    void shuffle(Range& range) {
        for (std::size_t i = range.size(); i > 1; --i) {
            std::swap(range[i - 1], range[static_cast<std::size_t>(below(i))]);
        }
    }

private:
    std::uint64_t state_;
};

}  // namespace muster
