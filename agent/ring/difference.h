// What moves between two rings: which share of all keys, from whom to whom (docs/ring.md, "What a
// change moves").
//
// Between two vnode rings it is exact: both lists of points are walked, nothing is sampled. Where
// rendezvous is involved no list exists, and it is what is to be expected of a good hash.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/ring/ring.h"

namespace muster::ring {

struct Move {
    std::uint32_t from = nobody;  // a rank in the ring before; nobody if that is empty
    std::uint32_t to = nobody;    // a rank in the ring after; nobody if that is empty
    std::uint64_t share = 0;      // of `circle`

    bool operator==(const Move&) const = default;
};

struct Difference {
    std::uint64_t moved = 0;  // of `circle`: what has another owner after
    bool exact = true;
    // By share descending, then from, then to; each pair once. Left out, with `listed` false, when
    // there are more than was asked for.
    std::vector<Move> moves;
    bool listed = true;
};

inline constexpr std::size_t max_moves = 1U << 20;  // 16 MiB

Difference difference(const Ring& before, const Ring& after, std::size_t most_moves = max_moves);
// Only Difference::moved, without the list: for the event of each change.
std::uint64_t moved_share(const Ring& before, const Ring& after);

}  // namespace muster::ring
