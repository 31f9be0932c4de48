// The reference's formulas over the size of the cluster, each exactly as it computes them
// (docs/protocol/memberlist.md sections 8.5, 9.1, 9.4; vectors formula/*).
//
// n is always the number of entries in the table: ourselves, and dead and left ones that are not
// reaped yet.
#pragma once

#include <cstddef>

#include "swim/time.h"

namespace muster::swim {

//     retransmit_mult * ceil(log10(n + 1))
unsigned retransmit_limit(unsigned retransmit_mult, std::size_t n);

//     suspicion_mult * trunc(1000 * max(1, log10(max(1, n)))) * probe_interval / 1000
Duration suspicion_timeout(unsigned suspicion_mult, std::size_t n, Duration probe_interval);

// How long after its start a suspicion with c of k expected confirmations expires (Lifeguard,
// section IV-B):
//
//     max(min, floor(1000 * (max_s - ln(c + 1) / ln(k + 1) * (max_s - min_s))) ms)
//
// REQUIRES: k >= 1
Duration suspicion_lifetime(unsigned c, unsigned k, Duration min, Duration max);

//     n <= 32: interval;   else (ceil(log2(n) - log2(32)) + 1) * interval
Duration push_pull_scale(Duration interval, std::size_t n);

}  // namespace muster::swim
