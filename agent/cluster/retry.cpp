#include "agent/cluster/retry.h"

namespace muster::cluster {

Duration retry_interval(RetryRange range, unsigned tries, std::size_t alive) {
    Duration interval = range.first;
    for (unsigned i = 0; i < tries && interval < range.max; ++i) {
        interval *= 2;
    }
    if (interval >= range.max) {
        return range.max;
    }
    const auto agents = static_cast<Duration::rep>(alive > 0 ? alive : 1);
    return interval > range.max / agents ? range.max : interval * agents;
}

std::uint16_t draw_early(Random& random) {
    return static_cast<std::uint16_t>(random.below(std::uint64_t{1} << 15U));
}

Duration spread(Duration interval, std::uint16_t early) {
    return interval - interval / 65536 * early;
}

}  // namespace muster::cluster
