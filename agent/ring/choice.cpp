#include "agent/ring/choice.h"

#include <algorithm>

namespace muster::ring {

Choice::Choice(const Field& field, Wanted wanted, std::vector<std::uint32_t>& chosen)
    : field_(&field),
      chosen_(&chosen),
      seen_(field.zones->size()),
      taken_(field.zones->size()),
      wanted_(std::min(wanted.owners, field.members)),
      zones_left_(wanted.distinct_zones ? field.distinct_zones : 0) {
    chosen.clear();
}

void Choice::offer(std::uint32_t rank) {
    if (complete() || seen_[rank]) {
        return;
    }
    seen_[rank] = true;
    if (zones_left_ == 0) {
        chosen_->push_back(rank);
        return;
    }
    const std::uint32_t zone = (*field_->zones)[rank];
    if (taken_[zone]) {
        passed_over_.push_back(rank);
        return;
    }
    taken_[zone] = true;
    chosen_->push_back(rank);
    if (--zones_left_ == 0) {
        for (const std::uint32_t next : passed_over_) {
            if (!complete()) {
                chosen_->push_back(next);
            }
        }
    }
}

}  // namespace muster::ring
