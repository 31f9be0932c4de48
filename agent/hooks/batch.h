// Deliveries that are gathered for a while and then given together: which of them make one call.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "agent/history/change.h"
#include "swim/bytes.h"

namespace muster::hooks {

struct Gathered {
    std::uint64_t seq = 0;
    history::Kind kind{};
    Bytes name;  // of the member, or of the user event
};

// One call: changes of one kind.
struct Together {
    history::Kind kind{};
    std::vector<Gathered> items;
};

// All of them, in as few calls as keep the order of each name: each goes into the first call of its
// kind that no call with its name comes after.
std::vector<Together> calls_in_order(const std::vector<Gathered>& gathered);

// As Serf's coalescer does it: of each member the last, unless that is of the kind that was last
// told of it (updates are always told), one call a kind, in the order of the first. `told` is what
// was last told of each; what is left out goes to `left_out`. (docs/protocol/serf.md section 7.4;
// its repeated updates are not copied.)
std::vector<Together> calls_as_serf(const std::vector<Gathered>& gathered,
                                    std::map<Bytes, history::Kind>& told,
                                    std::vector<std::uint64_t>& left_out);

}  // namespace muster::hooks
