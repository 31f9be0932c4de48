// The points of a vnode ring: where on the circle each member stands, sorted, and found in a few
// nanoseconds (docs/ring.md, "Virtual nodes").
//
// A point is one number of 64 bits: 48 of its position, 16 of its member's rank. Ranks follow
// names, so that the plain order of these numbers is the order by (position, name) that the
// function asks for. An index over the top bits of the position leads to some 8 to 16 points, of
// which the right one is found by looking at each. That makes 3.8 kB a member at 448 points.
//
// Invariant: sorted; the index agrees with it. Immutable once built. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/ring/member_set.h"

namespace muster::ring {

inline constexpr unsigned position_bits = 48;
inline constexpr std::uint64_t circle = std::uint64_t{1} << position_bits;  // positions on it

// The position of what hashes to this.
constexpr std::uint64_t position_of(std::uint64_t hash) {
    return hash >> (64 - position_bits);
}

class Points {
public:
    Points() = default;  // none
    // REQUIRES: the set is of vnodes, and within max_members and max_points
    explicit Points(const MemberSet& set);

    // The points of `after`, made from those of `before`, which are these: by merging in what is
    // new and leaving out what is gone. The same as Points(after), and faster when few members
    // differ.
    Points changed(const MemberSet& before, const MemberSet& after) const;

    std::size_t size() const { return points_.size(); }
    std::uint64_t position(std::size_t i) const { return points_[i] >> rank_bits; }
    std::uint32_t rank(std::size_t i) const {
        return static_cast<std::uint32_t>(points_[i] & rank_mask);
    }

    // The first point at or after `position`, going round. REQUIRES: size() > 0
    std::size_t first_at(std::uint64_t position) const {
        const std::uint64_t wanted = position << rank_bits;
        std::size_t i = index_[position >> index_shift_];
        while (i < points_.size() && points_[i] < wanted) {
            ++i;
        }
        return i < points_.size() ? i : 0;
    }

    std::size_t memory() const;  // bytes
    void check() const;          // asserts the invariant; for tests

private:
    static constexpr unsigned rank_bits = 64 - position_bits;
    static constexpr std::uint64_t rank_mask = (std::uint64_t{1} << rank_bits) - 1;

    std::size_t stretch_of(std::uint64_t point) const {
        return static_cast<std::size_t>(point >> rank_bits >> index_shift_);
    }
    void scatter(const std::vector<std::uint64_t>& unsorted);
    void index();
    void size_index(std::size_t points);

    std::vector<std::uint64_t> points_;
    // The first point of each stretch of positions that share their top bits.
    std::vector<std::uint32_t> index_ = std::vector<std::uint32_t>(1);
    unsigned index_shift_ = position_bits;
};

// How many points the set has: more than max_points are not built.
std::uint64_t count_points(const MemberSet& set);

}  // namespace muster::ring
