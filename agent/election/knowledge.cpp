#include "agent/election/knowledge.h"

#include <algorithm>
#include <utility>

namespace muster::election {

Knowledge::Known* Knowledge::at(ClusterId cluster) {
    const auto known = clusters_.find(cluster);
    if (known != clusters_.end()) {
        return &known->second;
    }
    if (cluster == no_cluster) {
        return nullptr;
    }
    if (clusters_.size() >= max_clusters) {
        std::erase_if(clusters_, [](const auto& each) { return !each.second.marked; });
    }
    if (clusters_.size() >= max_clusters) {
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

bool Knowledge::seen(ClusterId cluster, Term term, BytesView leader, TimePoint now) {
    const bool is_new = clusters_.count(cluster) == 0;
    Known* known = at(cluster);
    if (known == nullptr) {
        return false;
    }
    known->answered = now;
    if (term > known->term) {
        known->term = term;
        known->leader = leader;
        known->at = now;
    }
    return is_new;
}

std::vector<ClusterId> Knowledge::marked(const std::map<ClusterId, std::size_t>& clusters) {
    std::vector<ClusterId> found;
    for (auto& [cluster, known] : clusters_) {
        const bool was_marked = std::exchange(known.marked, clusters.count(cluster) != 0);
        if (was_marked && !known.marked) {
            known.answered = TimePoint::min();
        }
    }
    for (const auto& [cluster, count] : clusters) {
        const bool is_new = clusters_.count(cluster) == 0;
        if (Known* known = at(cluster); known != nullptr && is_new) {
            known->marked = true;
            found.push_back(cluster);
        }
    }
    return found;
}

const Knowledge::Known* Knowledge::of(std::optional<ClusterId> wanted) const {
    if (wanted) {
        const auto known = clusters_.find(*wanted);
        return known == clusters_.end() ? nullptr : &known->second;
    }
    return clusters_.size() == 1 ? &clusters_.begin()->second : nullptr;
}

std::vector<Knowledge::Known> Knowledge::others(ClusterId ours, TimePoint now) const {
    std::vector<Known> all;
    for (const auto& [cluster, known] : clusters_) {
        const bool heard =
            known.answered != TimePoint::min() && now - known.answered < std::chrono::minutes(1);
        if (cluster != ours && (known.marked || heard)) {
            all.push_back(known);
        }
    }
    return all;
}

}  // namespace muster::election
