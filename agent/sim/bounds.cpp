#include "agent/sim/bounds.h"

#include <algorithm>

#include "agent/cluster/holds.h"
#include "swim/formulas.h"

namespace muster::sim {

Duration suspicion_max(const swim::Config& config, std::size_t n) {
    return swim::suspicion_timeout(config.suspicion_mult, n, config.probe_interval) *
           static_cast<Duration::rep>(std::max(1U, config.suspicion_max_timeout_mult));
}

Duration completeness_bound(const swim::Config& config, std::size_t n) {
    if (config.probe_interval <= Duration::zero()) {
        return Duration::max();
    }
    const auto periods = static_cast<Duration::rep>(2 * std::max<std::size_t>(n, 1) - 1);
    return config.probe_interval * periods * static_cast<Duration::rep>(config.awareness_max) +
           suspicion_max(config, n) + 2 * config.probe_interval;
}

Duration convergence_bound(const swim::Config& config, const cluster::Config& cluster,
                           std::size_t n, Duration outage) {
    return 30 * config.probe_interval + suspicion_max(config, n) +
           4 * swim::push_pull_scale(config.push_pull_interval, n) + cluster.leaving_timeout +
           outage + 2 * cluster.seed_retry_max + cluster::longest_hold;
}

}  // namespace muster::sim
