// How much of the past is kept, and when the view is written down whole. Pure.
//
//     a checkpoint every max(1,000, members) changes: the work of "the view as it was" is bounded
//     by one checkpoint and so many changes after it
//
// What is too old, or too much, goes from the old end; the view at the cut is written down first,
// so that every moment after it can be answered.
#pragma once

#include <cstdint>
#include <optional>

#include "swim/time.h"

namespace muster::history {

struct Retention {
    Duration keep = std::chrono::hours(24 * 30);  // changes older than this go
    std::uint64_t max_size = 64ULL << 20U;        // bytes of the journal; beyond, the oldest go
};

// What a journal holds: changes (oldest - 1, newest]; oldest > newest: none.
struct Extent {
    std::uint64_t oldest = 1;
    std::uint64_t newest = 0;
    std::uint64_t size = 0;  // bytes
};

bool is_checkpoint_due(std::uint64_t changes_since, std::uint64_t members);

// The last change that goes; none: all stay. `expired`: the last one that is older than
// Retention::keep, 0: none is. At most 20,000 go at a time.
std::optional<std::uint64_t> cut(const Extent& extent, std::uint64_t expired,
                                 const Retention& retention);

}  // namespace muster::history
