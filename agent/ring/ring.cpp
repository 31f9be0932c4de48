#include "agent/ring/ring.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/ring/hash.h"
#include "agent/ring/rendezvous.h"

namespace muster::ring {
namespace {

bool has_points(const MemberSet& set) {
    return set.function().algorithm == Algorithm::Vnodes;
}

std::optional<Error> refuse(const MemberSet& set) {
    const std::size_t members = set.members().size();
    if (members > max_members) {
        return Error{"the ring would have " + std::to_string(members) + " members, more than " +
                     std::to_string(max_members) + ": give it a filter"};
    }
    const std::uint64_t points = count_points(set);
    if (points > max_points) {
        return Error{"the ring would have " + std::to_string(points) + " points, more than " +
                     std::to_string(max_points) +
                     ": give its members lower weights, or it fewer "
                     "vnodes on every host"};
    }
    return std::nullopt;
}

}  // namespace

Ring::Ring(SharedMembers set, Points points) : set_(std::move(set)), points_(std::move(points)) {
    std::map<BytesView, std::uint32_t> numbers;
    zones_.reserve(set_->members().size());
    for (const Member& member : set_->members()) {
        // A zone of which nobody owns anything is never met on a walk.
        const auto next = static_cast<std::uint32_t>(numbers.size());
        zones_.push_back(member.weight == 0 ? 0 : numbers.emplace(member.zone, next).first->second);
        field_.members += member.weight > 0 ? 1U : 0U;
    }
    field_.distinct_zones = numbers.size();
}

Result<SharedRing> Ring::build(SharedMembers set) {
    if (auto error = refuse(*set)) {
        return *std::move(error);
    }
    Points points = has_points(*set) ? Points(*set) : Points();
    return SharedRing(new Ring(std::move(set), std::move(points)));
}

Result<SharedRing> Ring::build(SharedMembers set, const Ring& before) {
    if (!has_points(*set) || !has_points(before.set())) {
        return build(std::move(set));
    }
    if (auto error = refuse(*set)) {
        return *std::move(error);
    }
    Points points = before.points_.changed(before.set(), *set);
    return SharedRing(new Ring(std::move(set), std::move(points)));
}

std::uint32_t Ring::owner(BytesView key) const {
    const std::uint64_t hash = xxh3_64(key);
    if (!has_points(*set_)) {
        return highest(*set_, hash);
    }
    return points_.size() == 0 ? nobody : points_.rank(points_.first_at(position_of(hash)));
}

void Ring::owners(BytesView key, Wanted wanted, std::vector<std::uint32_t>& out) const {
    Field field = field_;
    field.zones = &zones_;
    Choice choice(field, wanted, out);
    const std::uint64_t hash = xxh3_64(key);
    if (!has_points(*set_)) {
        for (const std::uint32_t rank : ranking(*set_, hash)) {
            choice.offer(rank);
        }
        return;
    }
    if (choice.complete()) {
        return;
    }
    for (std::size_t i = points_.first_at(position_of(hash)); !choice.complete();) {
        choice.offer(points_.rank(i));
        i = i + 1 == points_.size() ? 0 : i + 1;
    }
}

std::vector<std::uint64_t> Ring::shares() const {
    std::vector<std::uint64_t> shares(set_->members().size());
    if (!has_points(*set_)) {
        for (std::size_t rank = 0; rank < shares.size() && set_->total_weight() > 0; ++rank) {
            shares[rank] = circle * set_->members()[rank].weight / set_->total_weight();
        }
        return shares;
    }
    // A point owns the positions after the one before it, up to its own; those after the last are
    // the first one's.
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
        shares[points_.rank(i)] += points_.position(i) + 1 - next;
        next = points_.position(i) + 1;
    }
    if (points_.size() > 0) {
        shares[points_.rank(0)] += circle - next;
    }
    return shares;
}

std::size_t Ring::memory() const {
    return sizeof(Ring) + set_->memory() + points_.memory() + zones_.capacity() * sizeof(zones_[0]);
}

}  // namespace muster::ring
