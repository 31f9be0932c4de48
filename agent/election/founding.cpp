#include "agent/election/founding.h"

#include <algorithm>

namespace muster::election {

namespace {

constexpr Duration complete_for = std::chrono::seconds(3);
constexpr Duration patience = std::chrono::seconds(3);
constexpr unsigned most_doublings = 6;

std::vector<Bytes> names_of(const std::vector<Voter>& voters) {
    std::vector<Bytes> names;
    names.reserve(voters.size());
    for (const Voter& voter : voters) {
        names.push_back(voter.name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<Bytes> sorted(std::vector<Bytes> names) {
    std::sort(names.begin(), names.end());
    return names;
}

bool agrees(const Config& config, const Record& plan) {
    if (!config.list.empty()) {
        return names_of(plan.voters) == sorted(config.list);
    }
    return config.expect != 0 && plan.voters.size() == config.expect;
}

}  // namespace

std::vector<Voter> Founding::quorum_to_found(const Config& config, const State& state,
                                             const View& view) {
    const std::size_t wanted = config.list.empty() ? config.expect : config.list.size();
    if (!config.candidate || state.record || state.lock || config.cluster || wanted == 0) {
        return {};
    }
    std::vector<Voter> found{{config.name, state.id, config.priority}};
    for (const auto& [name, member] : view.members()) {
        const Mark& mark = member.mark;
        if (!mark.candidate || name == config.name) {
            continue;
        }
        if (mark.cluster != no_cluster) {
            return {};  // there is a cluster to join
        }
        const bool listed = config.list.empty() || std::find(config.list.begin(), config.list.end(),
                                                             name) != config.list.end();
        if (listed && mark.expect != config.expect) {
            return {};  // no agreement on how many are to come
        }
        if (member.alive && !member.leaving && listed) {
            found.push_back({name, mark.id, mark.priority});
        }
    }
    std::sort(found.begin(), found.end(),
              [](const Voter& a, const Voter& b) { return a.name < b.name; });
    if (found.size() < wanted || found.front().name != config.name) {
        return {};
    }
    found.resize(wanted);
    return found;
}

void Founding::look(TimePoint now, const Config& config, const State& state, const View& view,
                    bool joined) {
    if (!joined || quorum_to_found(config, state, view).empty()) {
        complete_since_ = never;
        due_ = never;
        return;
    }
    if (complete_since_ == never) {
        complete_since_ = now;
    }
    due_ = std::max(complete_since_ + complete_for, not_before_);
}

void Founding::begin(TimePoint now, const State& state) {
    due_ = never;
    give_up_at_ = now + patience;
    locked_.clear();
    floor_ = 0;
    greatest_.reset();
    locked(state.name, std::max(state.term, state.term_floor), state.record);
}

void Founding::locked(BytesView name, Term term_floor, const std::optional<Record>& record) {
    locked_.emplace(name);
    floor_ = std::max(floor_, term_floor);
    if (record && (!greatest_ || record->key > greatest_->key)) {
        greatest_ = record;
    }
}

bool Founding::complete(const Record& plan) const {
    return std::all_of(plan.voters.begin(), plan.voters.end(),
                       [this](const Voter& each) { return has_locked(each.name); });
}

Record Founding::decide(const Lock& lock) const {
    if (!lock.recover || !greatest_) {
        Record record = lock.plan;
        record.key = {floor_ + 1, 1};
        return record;
    }
    Record record = *greatest_;
    const Term seen = std::max(floor_, greatest_->key.term);
    record.key = {seen + recovery_step, greatest_->key.index + 1};
    record.voters = lock.plan.voters;
    record.target = lock.plan.target;
    record.added.reset();
    record.removed.reset();
    record.lease_ms = greatest_->asked_lease_ms();
    record.lease_before = 0;
    return record;
}

void Founding::cancelled(TimePoint now, Random& random) {
    settled();
    const unsigned doublings = std::min(cancellations_++, most_doublings);
    not_before_ = now + random.below(Duration(patience * (1U << doublings)));
    complete_since_ = never;
}

void Founding::decided(TimePoint now, const Record& plan, BytesView self) {
    give_up_at_ = never;
    repeat_at_ = now;
    for (const Voter& voter : plan.voters) {
        if (voter.name != self) {
            untold_.insert(voter.name);
        }
    }
}

std::string Founding::refusal(const Config& config, const State& state, const LockRequest& asked,
                              bool alone) {
    if (state.lock && state.lock->attempt != asked.attempt) {
        return "it takes part in another attempt, of " + state.lock->founder_name;
    }
    const Voter* self = asked.plan.voter_named(config.name);
    if (self == nullptr) {
        return "it is not named";
    }
    if (asked.recover) {
        if (!state.record || state.record->cluster != asked.plan.cluster) {
            return "it is not a voter of that cluster";
        }
        return alone ? "" : "it hears a leader, is bound by a promise, or reaches a majority";
    }
    if (state.record) {
        return "it belongs to a cluster";
    }
    if (!config.candidate || config.cluster || self->id != state.id) {
        return "it is not the candidate that is meant";
    }
    return agrees(config, asked.plan) ? "" : "it expects another number of voters";
}

}  // namespace muster::election
