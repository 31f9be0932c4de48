// What a node knows of a leader that is not by its own vote or lease: from voters' answers
// (docs/election.md, "Who knows what").
//
// The greatest (term, leader) of one cluster id counts; terms of two clusters are never compared.
// The user event muster:new-leader only makes it ask: anyone can send that, and replays come in any
// order (F17).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/election/messages.h"
#include "swim/time.h"

namespace muster::election {

class Knowledge {
public:
    struct Known {
        ClusterId cluster = no_cluster;
        Term term = 0;
        Bytes leader;                           // empty: the voters that answered know of none
        TimePoint at = TimePoint::min();        // at which the leader is known to have been heard
        TimePoint answered = TimePoint::min();  // when a voter last answered at all
        std::vector<Bytes> voters;
        std::vector<Bytes> answering;
    };

    // A voter's answer to a question of ours.
    void answered(TimePoint now, ClusterId cluster, const LeaderAnswer& answer);
    // A cluster that is not ours was seen: its voters' mark or messages.
    void seen(ClusterId cluster, Term term, BytesView leader, TimePoint now);
    void forget_before(TimePoint moment);

    // Of `wanted`, or of the only cluster there is; none when there are two.
    const Known* of(std::optional<ClusterId> wanted) const;
    // Those of other clusters than `ours`.
    std::vector<Known> others(ClusterId ours) const;

private:
    static constexpr std::size_t max_clusters = 8;
    Known* at(ClusterId cluster);

    std::map<ClusterId, Known> clusters_;
};

}  // namespace muster::election
