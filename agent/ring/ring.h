// A consistent-hash ring: who owns a key, in one immutable object (docs/ring.md has the function,
// exactly, with vectors for other languages).
//
// A pure function of its member set. Two rings of equal fingerprints give equal answers, on any
// host, in any order of joins, however they were built. To be shared between threads once built: a
// ring of thousands of members is built off the thread that answers probes, and swapped in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "agent/ring/choice.h"
#include "agent/ring/member_set.h"
#include "agent/ring/points.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::ring {

class Ring {
public:
    // An error for a set beyond max_members or max_points: it says by how much, and what to do.
    static Result<std::shared_ptr<const Ring>> build(SharedMembers set);
    // The same ring, from the one before: faster when few members differ.
    static Result<std::shared_ptr<const Ring>> build(SharedMembers set, const Ring& before);

    const MemberSet& set() const { return *set_; }
    const SharedMembers& shared_set() const { return set_; }
    std::uint64_t fingerprint() const { return set_->fingerprint(); }

    // The rank of a key's owner; nobody if no member has a weight.
    std::uint32_t owner(BytesView key) const;
    // The ranks of its owners, the first first; fewer than wanted when the ring has fewer.
    void owners(BytesView key, Wanted wanted, std::vector<std::uint32_t>& out) const;
    // What each rank owns, of `circle`: with vnodes exactly, all together `circle`; with rendezvous
    // what is to be expected, weight / total weight, rounded down.
    std::vector<std::uint64_t> shares() const;

    const Points& points() const { return points_; }  // none with rendezvous
    std::size_t memory() const;                       // bytes, the set included

private:
    Ring(SharedMembers set, Points points);
    std::uint32_t best_score(std::uint64_t key) const;

    SharedMembers set_;
    Points points_;
    std::vector<std::uint32_t> zones_;  // of each rank
    Field field_;
};
using SharedRing = std::shared_ptr<const Ring>;

}  // namespace muster::ring
