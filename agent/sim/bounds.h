// How long a cluster may take at most, by the formulas: what invariants and scenarios hold it to.
//
// n is the number of members that anybody may know of, the dead included.
#pragma once

#include <cstddef>

#include "agent/cluster/config.h"
#include "swim/config.h"
#include "swim/time.h"

namespace muster::sim {

// The longest that a suspicion lasts, with nobody to confirm it:
//
//     suspicion_max_timeout_mult * suspicion_timeout(n)
Duration suspicion_max(const swim::Config& config, std::size_t n);

// How long one member, alone and at its worst health, may hold a dead one for alive after the last
// news of it: a whole round, and the rest of the one before (SWIM 2002 section 4.3: 2n - 1
// periods), each period as long as its health score makes it, then the suspicion
// (docs/detection.md, "Invariants, precisely"):
//
//     (2 n - 1) * probe_interval * awareness_max + suspicion_max(n) + 2 * probe_interval
//
// It holds whatever the network does, as long as the member runs. `never` with probes off.
Duration completeness_bound(const swim::Config& config, std::size_t n);

// How long all members together may take until they agree, once all faults have ended that went on
// for `outage`:
//
//     30 * probe_interval + suspicion_max(n)    the dead are found: of n members each is probed by
//                                               somebody in a period with 1 - 1/e, so 30 periods
//                                               miss it with e^-30
//   + 4 * push_pull_scale(n)                    what gossip missed is repaired, by four exchanges
//   + leaving_timeout                           who was wrongly said to leave is believed again
//   + outage + 2 * seed_retry_max               the parts find each other: tries double, so the
//   next
//                                               one comes within as long as they have been apart
//   + longest_hold                              who flapped is held out until it was well for so
//                                               long (agent/cluster/holds.h)
//
// Not a certainty: chance may need longer, but hardly does.
Duration convergence_bound(const swim::Config& config, const cluster::Config& cluster,
                           std::size_t n, Duration outage);

}  // namespace muster::sim
