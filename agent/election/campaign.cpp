#include "agent/election/campaign.h"

#include <algorithm>
#include <utility>

namespace muster::election {

namespace {

// A spread of nothing would have a candidate ask without a pause.
constexpr Duration min_spread = std::chrono::milliseconds(1);
constexpr unsigned failures_before_wider = 4;
constexpr unsigned most_widenings = 3;  // 2^3 = 8

bool holds(const std::vector<VoterId>& ids, VoterId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bool Campaign::eligible(const State& state) {
    if (!state.record || state.lock) {
        return false;
    }
    const Voter* self = state.record->voter(state.id);
    return self != nullptr && self->priority > 0;
}

void Campaign::digest(const Ballot& ballot, Digest& digest) const {
    digest.add(static_cast<std::uint64_t>(phase_));
    digest.add_deadline(due(ballot));
    digest.add(transfer_of_);
    digest.add(failures_);
    for (const auto* ids : {&granted_, &answered_}) {
        digest.add(ids->size());
        for (const VoterId id : *ids) {
            digest.add(id);
        }
    }
}

Duration Campaign::widened() const {
    return std::max(spread_, min_spread) *
           (1U << std::min(failures_ / failures_before_wider, most_widenings));
}

TimePoint Campaign::due(const Ballot& ballot) const {
    if (phase_ == Phase::Standing || !eligible(ballot.state)) {
        return never;
    }
    const TimePoint free =
        std::max({ballot.promise().until, ballot.wait_until(), hold_off_, since_});
    return std::max(free + jitter_ + (others_preferred_ ? spread_ : Duration::zero()), retry_);
}

void Campaign::begin(TimePoint now, const State& state, Random& random) {
    if (phase_ != Phase::Waiting) {
        ++failures_;
    }
    phase_ = Phase::PreVoting;
    transfer_of_ = 0;
    granted_ = {state.id};
    answered_before_ = std::exchange(answered_, {state.id});
    jitter_ = random.below(widened());
    retry_ = now + widened() + jitter_;
}

void Campaign::begin_transfer(TimePoint now, Term transfer_of, Random& random) {
    phase_ = Phase::Standing;
    transfer_of_ = transfer_of;
    jitter_ = random.below(widened());
    retry_ = now + widened() + jitter_;
}

void Campaign::stood(VoterId self) {
    phase_ = Phase::Voting;
    granted_ = {self};
    answered_before_ = std::exchange(answered_, {self});
}

bool Campaign::count(VoterId from, bool granted, const Record& record) {
    if (!holds(answered_, from)) {
        answered_.push_back(from);
    }
    if (granted && !holds(granted_, from)) {
        granted_.push_back(from);
    }
    return majority(record, [this](VoterId id) { return holds(granted_, id); });
}

bool Campaign::reached(VoterId id) const {
    return holds(answered_, id) || holds(answered_before_, id);
}

bool Campaign::heard_majority(const Record& record) const {
    return majority(record, [this](VoterId id) { return holds(answered_, id); });
}

void Campaign::stand_back(TimePoint now, bool long_wait, Random& random) {
    phase_ = Phase::Waiting;
    transfer_of_ = 0;
    granted_.clear();
    answered_.clear();
    answered_before_.clear();
    if (!long_wait) {
        failures_ = 0;
    }
    since_ = now;
    jitter_ = random.below(spread_);
    retry_ = long_wait ? now + std::max(spread_, min_spread) + jitter_ : TimePoint::min();
}

}  // namespace muster::election
