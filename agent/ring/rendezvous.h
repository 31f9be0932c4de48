// Weighted rendezvous in integers: a member of weight w draws w tickets for each key, and the
// highest ticket of all owns it (docs/ring.md, "Rendezvous"). No logarithm and no float, so that it
// is the same in any language.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/ring/member_set.h"

namespace muster::ring {

// The rank with the highest score; nobody if no member has a weight. `key` is the key's hash.
std::uint32_t highest(const MemberSet& set, std::uint64_t key);
// The ranks of all that have a weight, by (score descending, name).
std::vector<std::uint32_t> ranking(const MemberSet& set, std::uint64_t key);

}  // namespace muster::ring
