#include "agent/history/retention.h"

#include <algorithm>

namespace muster::history {

namespace {

constexpr std::uint64_t checkpoint_every = 1000;
constexpr std::uint64_t most_at_once = 20000;
// Of those that are too much, so many go that it is not too much again at once.
constexpr std::uint64_t part_that_goes = 4;

}  // namespace

bool is_checkpoint_due(std::uint64_t changes_since, std::uint64_t members) {
    return changes_since >= std::max(checkpoint_every, members);
}

std::optional<std::uint64_t> cut(const Extent& extent, std::uint64_t expired,
                                 const Retention& retention) {
    if (extent.oldest > extent.newest)
        return std::nullopt;
    const std::uint64_t count = extent.newest - extent.oldest + 1;
    std::uint64_t last = expired;
    if (extent.size > retention.max_size)
        last = std::max(last, extent.oldest - 1 + count / part_that_goes);
    last = std::min({last, extent.newest, extent.oldest - 1 + most_at_once});
    if (last < extent.oldest)
        return std::nullopt;
    return last;
}

}  // namespace muster::history
