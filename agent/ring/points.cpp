#include "agent/ring/points.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "agent/ring/hash.h"
#include "swim/assert.h"

namespace muster::ring {
namespace {

using Packed = std::vector<std::uint64_t>;

// Appends the points j in [first, last) of a member.
void append_points(BytesView name, std::uint32_t rank, std::uint32_t first, std::uint32_t last,
                   Packed& out) {
    HashSeries hash;
    hash.begin(name);
    for (std::uint32_t j = first; j < last; ++j) {
        out.push_back(position_of(hash(j)) << (64 - position_bits) | rank);
    }
}

// What differs between two sets, as points: those to leave out have their old ranks, those to merge
// in their new ones. Both sorted, and ended by a number that is no point.
struct Changes {
    Packed gone;
    Packed fresh;
    Packed new_rank;  // by old rank; 0 where it is gone
};
constexpr std::uint64_t no_point = ~std::uint64_t{0};  // its rank would be max_members

// A member whose weight falls loses its last points, one whose weight rises has new ones after
// them.
void compare_member(const Member& member, std::uint32_t vnodes, std::uint32_t old_rank,
                    std::uint32_t new_rank, std::uint32_t old_weight, Changes& changes) {
    const std::uint32_t before = vnodes * old_weight;
    const std::uint32_t after = vnodes * member.weight;
    append_points(member.name, old_rank, std::min(before, after), before, changes.gone);
    append_points(member.name, new_rank, std::min(before, after), after, changes.fresh);
}

Changes compare(const MemberSet& before, const MemberSet& after) {
    Changes changes;
    const std::vector<Member>& old_members = before.members();
    const std::vector<Member>& new_members = after.members();
    const std::uint32_t vnodes = after.function().vnodes;
    changes.new_rank.resize(old_members.size());
    std::uint32_t o = 0;
    std::uint32_t n = 0;
    while (o < old_members.size() || n < new_members.size()) {
        const bool ended = o == old_members.size();
        const int order = ended ? 1
                          : n == new_members.size()
                              ? -1
                              : old_members[o].name.compare(new_members[n].name);
        if (order < 0) {
            append_points(old_members[o].name, o, 0, vnodes * old_members[o].weight, changes.gone);
            ++o;
        } else if (order > 0) {
            append_points(new_members[n].name, n, 0, vnodes * new_members[n].weight, changes.fresh);
            ++n;
        } else {
            compare_member(new_members[n], vnodes, o, n, old_members[o].weight, changes);
            changes.new_rank[o++] = n++;
        }
    }
    for (Packed* list : {&changes.gone, &changes.fresh}) {
        std::sort(list->begin(), list->end());
        list->push_back(no_point);
    }
    return changes;
}

}  // namespace

std::uint64_t count_points(const MemberSet& set) {
    return set.function().vnodes * set.total_weight();
}

Points::Points(const MemberSet& set) {
    MUSTER_ASSERT(set.members().size() <= max_members && count_points(set) <= max_points);
    Packed unsorted;
    unsorted.reserve(count_points(set));
    std::uint32_t rank = 0;
    for (const Member& member : set.members()) {
        append_points(member.name, rank++, 0, set.function().vnodes * member.weight, unsorted);
    }
    scatter(unsorted);
}

// Positions are spread evenly by the hash: thrown into the stretches of the index they are almost
// sorted, and each stretch is short.
void Points::scatter(const Packed& unsorted) {
    size_index(unsorted.size());
    for (const std::uint64_t point : unsorted) {
        ++index_[stretch_of(point)];
    }
    std::uint32_t start = 0;
    for (std::uint32_t& first : index_) {
        start += std::exchange(first, start);
    }
    points_.resize(unsorted.size());
    for (const std::uint64_t point : unsorted) {
        points_[index_[stretch_of(point)]++] = point;
    }
    // Each entry has moved on to the start of the next stretch.
    start = 0;
    for (std::uint32_t& first : index_) {
        const std::uint32_t end = std::exchange(first, start);
        std::sort(points_.begin() + start, points_.begin() + end);
        start = end;
    }
}

Points Points::changed(const MemberSet& before, const MemberSet& after) const {
    MUSTER_ASSERT(after.members().size() <= max_members && count_points(after) <= max_points);
    if (before.function() != after.function()) {
        return Points(after);
    }
    const Changes changes = compare(before, after);
    // Merging looks at every point: with many changes a build from nothing is as fast.
    if (changes.gone.size() + changes.fresh.size() > points_.size() / 2) {
        return Points(after);
    }
    Points made;
    made.points_.resize(points_.size() - (changes.gone.size() - 1) + (changes.fresh.size() - 1));
    auto out = made.points_.begin();
    auto gone = changes.gone.begin();
    auto fresh = changes.fresh.begin();
    const std::uint64_t* const new_rank = changes.new_rank.data();
    // New ranks rise with the old ones: what stays is in order among itself.
    for (const std::uint64_t point : points_) {
        if (point == *gone) {
            ++gone;
            continue;
        }
        const std::uint64_t renumbered = (point & ~rank_mask) | new_rank[point & rank_mask];
        while (*fresh < renumbered) {
            *out++ = *fresh++;
        }
        *out++ = renumbered;
    }
    std::copy(fresh, changes.fresh.end() - 1, out);
    made.index();
    return made;
}

// A power of two, so that a stretch has 8 to 16 points.
void Points::size_index(std::size_t points) {
    const auto bits = static_cast<unsigned>(std::bit_width(points / 8 | 1U)) - 1;
    index_shift_ = position_bits - bits;
    index_.assign(std::size_t{1} << bits, 0);
}

void Points::index() {
    size_index(points_.size());
    std::size_t stretch = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
        for (const std::size_t last = stretch_of(points_[i]); stretch <= last; ++stretch) {
            index_[stretch] = static_cast<std::uint32_t>(i);
        }
    }
    for (; stretch < index_.size(); ++stretch) {
        index_[stretch] = static_cast<std::uint32_t>(points_.size());
    }
}

std::size_t Points::memory() const {
    return points_.capacity() * sizeof(points_[0]) + index_.capacity() * sizeof(index_[0]);
}

void Points::check() const {
    MUSTER_ASSERT(std::is_sorted(points_.begin(), points_.end()));
    Points again;
    again.points_ = points_;
    again.index();
    MUSTER_ASSERT(index_ == again.index_ && index_shift_ == again.index_shift_);
}

}  // namespace muster::ring
