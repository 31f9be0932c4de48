// What a node knows of a leader that is not by its own vote or lease: from voters' answers
// (docs/election.md, "Who knows what").
//
// The greatest (term, leader) of one cluster id counts; terms of two clusters are never compared.
// The user event muster:new-leader only makes it ask: anyone can send that, and replays come in any
// order (F17).
#pragma once

#include <cstddef>
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
        bool marked = false;  // some member's mark names it
    };

    // A voter's answer to a question of ours.
    void answered(TimePoint now, ClusterId cluster, const LeaderAnswer& answer);
    // A message of a cluster that is not ours has come. True: it is new.
    bool seen(ClusterId cluster, Term term, BytesView leader, TimePoint now);
    // These clusters stand in the marks of members now. Those that are new.
    std::vector<ClusterId> marked(const std::map<ClusterId, std::size_t>& clusters);

    // Of `wanted`, or of the only cluster there is; none when there are two.
    const Known* of(std::optional<ClusterId> wanted) const;
    // Those of other clusters than `ours` that are there: marked, or heard in the last minute.
    std::vector<Known> others(ClusterId ours, TimePoint now) const;

private:
    static constexpr std::size_t max_clusters = 8;
    // Whoever is not there any more makes room for one that is new.
    Known* at(ClusterId cluster);

    std::map<ClusterId, Known> clusters_;
};

}  // namespace muster::election
