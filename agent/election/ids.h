// The names of things that an election counts: voters by id, clusters, terms, and the key that
// orders records.
//
// A voter id is made with a data directory's election state and dies with it: the same node name
// with another id is another voter, which never gave the promises and votes of the first.
#pragma once

#include <cstdint>

namespace muster::election {

enum class VoterId : std::uint64_t {};
inline constexpr VoterId no_voter{0};

enum class ClusterId : std::uint64_t {};
inline constexpr ClusterId no_cluster{0};

// Also the fencing token, within one cluster id. 0: none.
using Term = std::uint64_t;

// Orders records: the term of the leader that wrote it, then its index.
struct Key {
    Term term = 0;
    std::uint64_t index = 0;
    bool operator==(const Key&) const = default;
    friend bool operator<(const Key& a, const Key& b) {
        return a.term != b.term ? a.term < b.term : a.index < b.index;
    }
    friend bool operator>(const Key& a, const Key& b) { return b < a; }
    friend bool operator<=(const Key& a, const Key& b) { return !(b < a); }
    friend bool operator>=(const Key& a, const Key& b) { return !(a < b); }
};

}  // namespace muster::election
