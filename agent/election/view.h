// What gossip says about the members that carry the muster mark: hints, never votes. Who is there
// to found with, who is a spare, where a voter's zone is, who would lead by the bully rule.
//
// A value that its owner keeps up to date; nothing in here decides a quorum.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/election/ids.h"
#include "swim/bytes.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::election {

// The reserved tag `muster` of every musterd: "1", then for candidates its election id, its
// cluster, how many it expects and its priority.
struct Mark {
    bool candidate = false;
    VoterId id = no_voter;
    ClusterId cluster = no_cluster;
    std::uint8_t expect = 0;
    std::uint8_t priority = 100;
    bool operator==(const Mark&) const = default;
};
// "1", or "1v0123456789abcdef c.. n3 p100" without spaces: at most 50 bytes.
Bytes encode(const Mark& mark);
std::optional<Mark> decode_mark(BytesView text);

struct Seen {
    Bytes name;
    Mark mark;
    bool alive = true;  // alive or suspect
    bool leaving = false;
    bool held_out = false;
    bool forced_out = false;  // a person has made it leave
    Bytes zone;
    bool operator==(const Seen&) const = default;
};

class View {
public:
    // True if anything changed.
    bool saw(const Seen& member);
    bool gone(BytesView name);

    const Seen* find(BytesView name) const;
    const std::map<Bytes, Seen, std::less<>>& members() const { return members_; }
    // Whether anyone, in any state, belongs to a cluster of voters: then this is no matter of views
    // (F20).
    bool any_voters() const;
    // The bully rule: highest priority, then lowest name; of members alive, staying, not held out.
    const Seen* bully() const;

    // The clusters that marks of members alive name, and how many do.
    const std::map<ClusterId, std::size_t>& clusters() const { return clusters_; }

private:
    void count(const Seen& member);
    void discount(const Seen& member);

    std::map<Bytes, Seen, std::less<>> members_;
    std::map<ClusterId, std::size_t> clusters_;
};

}  // namespace muster::election
