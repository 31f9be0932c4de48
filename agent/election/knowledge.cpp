#include "agent/election/knowledge.h"

#include <algorithm>

namespace muster::election {

Knowledge::Known* Knowledge::at(ClusterId cluster) {
    const auto known = clusters_.find(cluster);
    if (known != clusters_.end()) {
        return &known->second;
    }
    if (cluster == no_cluster || clusters_.size() >= max_clusters) {
        return nullptr;
    }
    Known& first = clusters_[cluster];
    first.cluster = cluster;
    return &first;
}

void Knowledge::answered(TimePoint now, ClusterId cluster, const LeaderAnswer& answer) {
    Known* known = at(cluster);
    if (known == nullptr) {
        return;
    }
    known->answered = now;
    known->voters = answer.voters;
    if (answer.leader == no_voter || answer.leader_term < known->term) {
        return;
    }
    const TimePoint heard = now - std::chrono::milliseconds(answer.age_ms);
    known->at = answer.leader_term > known->term ? heard : std::max(known->at, heard);
    known->term = answer.leader_term;
    known->leader = answer.leader_name;
    known->answering = answer.answering;
}

void Knowledge::seen(ClusterId cluster, Term term, BytesView leader, TimePoint now) {
    if (Known* known = at(cluster); known != nullptr) {
        known->answered = now;
        if (term > known->term) {
            known->term = term;
            known->leader = leader;
            known->at = now;
        }
    }
}

void Knowledge::forget_before(TimePoint moment) {
    std::erase_if(clusters_, [moment](const auto& each) { return each.second.answered < moment; });
}

const Knowledge::Known* Knowledge::of(std::optional<ClusterId> wanted) const {
    if (wanted) {
        const auto known = clusters_.find(*wanted);
        return known == clusters_.end() ? nullptr : &known->second;
    }
    return clusters_.size() == 1 ? &clusters_.begin()->second : nullptr;
}

std::vector<Knowledge::Known> Knowledge::others(ClusterId ours) const {
    std::vector<Known> all;
    for (const auto& [cluster, known] : clusters_) {
        if (cluster != ours) {
            all.push_back(known);
        }
    }
    return all;
}

}  // namespace muster::election
