#include "agent/election/handover.h"

#include <algorithm>

namespace muster::election {

void Handover::begin_term() {
    holders_.clear();
    names_.clear();
    departure_.reset();
}

bool Handover::hold(HolderId holder, BytesView name, TimePoint lease_end) {
    const auto known = holders_.find(holder);
    if (known != holders_.end()) {
        if (known->second.name != name) {
            return false;
        }
        known->second.end = std::max(known->second.end, lease_end);
        return true;
    }
    if (names_.size() >= max_names || names_.find(name) != names_.end()) {
        return false;
    }
    names_.emplace(name);
    holders_[holder] = {Bytes(name), lease_end};
    return true;
}

void Handover::released(HolderId holder) {
    holders_.erase(holder);
}

bool Handover::anybody(TimePoint now) const {
    return std::any_of(holders_.begin(), holders_.end(),
                       [now](const auto& each) { return now < each.second.end; });
}

bool Handover::holding(HolderId holder, TimePoint now) const {
    const auto known = holders_.find(holder);
    return known != holders_.end() && now < known->second.end;
}

std::vector<HolderId> Handover::holders() const {
    std::vector<HolderId> all;
    for (const auto& [id, holder] : holders_) {
        all.push_back(id);
    }
    return all;
}

TimePoint Handover::ends() const {
    TimePoint last = TimePoint::min();
    for (const auto& [id, holder] : holders_) {
        last = std::max(last, holder.end);
    }
    return last;
}

}  // namespace muster::election
