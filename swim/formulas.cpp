#include "swim/formulas.h"

#include <algorithm>
#include <cmath>

#include "swim/assert.h"

namespace muster::swim {

unsigned retransmit_limit(unsigned retransmit_mult, std::size_t n) {
    const double scale = std::ceil(std::log10(static_cast<double>(n + 1)));
    return retransmit_mult * static_cast<unsigned>(scale);
}

Duration suspicion_timeout(unsigned suspicion_mult, std::size_t n, Duration probe_interval) {
    const double scale = std::max(1.0, std::log10(std::max(1.0, static_cast<double>(n))));
    const auto thousandths = static_cast<Duration::rep>(scale * 1000);
    return Duration(suspicion_mult * thousandths * probe_interval.count() / 1000);
}

Duration suspicion_lifetime(unsigned c, unsigned k, Duration min, Duration max) {
    MUSTER_ASSERT(k >= 1);
    const double min_s = std::chrono::duration<double>(min).count();
    const double max_s = std::chrono::duration<double>(max).count();
    const double fraction =
        std::log(static_cast<double>(c) + 1) / std::log(static_cast<double>(k) + 1);
    const double most_ms = std::floor(1000 * (max_s - fraction * (max_s - min_s)));
    return std::max(min, Duration(std::chrono::milliseconds(static_cast<std::int64_t>(most_ms))));
}

Duration push_pull_scale(Duration interval, std::size_t n) {
    constexpr std::size_t threshold = 32;
    if (n <= threshold) {
        return interval;
    }
    const double multiplier =
        std::ceil(std::log2(static_cast<double>(n)) - std::log2(static_cast<double>(threshold))) +
        1;
    return interval * static_cast<Duration::rep>(multiplier);
}

}  // namespace muster::swim
