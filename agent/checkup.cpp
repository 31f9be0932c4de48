#include "agent/checkup.h"

#include <algorithm>
#include <utility>

namespace muster {

namespace {

constexpr Duration tolerance = std::chrono::seconds(1);
constexpr int slew_part = 12;

}  // namespace

void Checkup::look(TimePoint now, std::int64_t wall_ns, const Counters& counters) {
    next_ = now + pace;
    if (now >= epoch_ends_) {
        // At the very first look there is nothing before: lately is since the start.
        if (epoch_ends_ != TimePoint{})
            before_ = std::exchange(mark_, counters);
        epoch_ends_ = now + epoch;
    }
    const std::int64_t offset = wall_ns - now.time_since_epoch().count();
    if (offset_) {
        const Duration change(offset - *offset_);
        const Duration allowed = tolerance + (now - looked_) / slew_part;
        if (change > allowed || change < -allowed)
            step_ = Step{now, change};
    }
    offset_ = offset;
    looked_ = now;
}

void Checkup::note(TimePoint now, const NameConflict& conflict) {
    const auto same = std::find_if(conflicts_.begin(), conflicts_.end(), [&](const Conflict& each) {
        return each.claim.name == conflict.name;
    });
    if (same != conflicts_.end()) {
        *same = {now, conflict};
        return;
    }
    if (conflicts_.size() >= most_conflicts)
        conflicts_.erase(
            std::min_element(conflicts_.begin(), conflicts_.end(),
                             [](const Conflict& a, const Conflict& b) { return a.at < b.at; }));
    conflicts_.push_back({now, conflict});
}

Counters Checkup::recent(const Counters& now) const {
    return {now.probes - before_.probes,           now.probes_failed - before_.probes_failed,
            now.refutations - before_.refutations, now.stalls - before_.stalls,
            now.log_dropped - before_.log_dropped, now.journal_lost - before_.journal_lost};
}

std::optional<Checkup::Step> Checkup::step(TimePoint now) const {
    return step_ && now - step_->at <= memory ? step_ : std::nullopt;
}

std::vector<Checkup::Conflict> Checkup::conflicts(TimePoint now) const {
    std::vector<Conflict> recent;
    std::copy_if(conflicts_.begin(), conflicts_.end(), std::back_inserter(recent),
                 [&](const Conflict& each) { return now - each.at <= memory; });
    return recent;
}

}  // namespace muster
