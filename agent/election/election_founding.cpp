// This node in a founding or a recovery, as founder or member; and its reset.
#include <algorithm>
#include <utility>

#include "agent/election/election.h"

namespace muster::election {

namespace {

constexpr Duration lock_repeat = std::chrono::milliseconds(500);
constexpr Duration ask_repeat = std::chrono::seconds(1);

}  // namespace

void Election::look_around(TimePoint now) {
    founding_.look(now, config_, state(), view_, joined_);
}

// Bound to nobody, hearing nobody, and without a majority.
bool Election::alone(TimePoint now) const {
    return !tenure_ && ballot_.free(now) && (!quorum_there_ || !Campaign::eligible(state()));
}

void Election::begin_attempt(TimePoint now, Lock lock, Output& out) {
    lock.founder = state().id;
    lock.founder_name = config_.name;
    ballot_.state.lock = std::move(lock);
    founding_.begin(now, state());
    founding_.repeat_after(now + lock_repeat);
    send_locks(out);
    if (founding_.complete(state().lock->plan)) {
        decide(now, out);
    }
}

// To all who have not locked yet, by the ids that they have now.
void Election::send_locks(Output& out) {
    const Lock& lock = *state().lock;
    for (const Voter& voter : lock.plan.voters) {
        if (!founding_.has_locked(voter.name)) {
            const Voter* now = lock.recover ? state().record->voter_named(voter.name) : &voter;
            if (now != nullptr) {
                post({now->id, voter.name, LockRequest{lock.attempt, lock.recover, lock.plan}},
                     out);
            }
        }
    }
}

void Election::found(TimePoint now, Output& out) {
    Lock lock;
    lock.attempt = ClusterId{random_.next() | 1U};
    lock.plan.cluster = lock.attempt;
    lock.plan.voters = Founding::quorum_to_found(config_, state(), view_);
    lock.plan.key = {1, 1};
    lock.plan.target = static_cast<std::uint8_t>(lock.plan.voters.size());
    lock.plan.lease_ms = config_.timing.lease_ms;
    lock.plan.drift_ppm = config_.timing.drift_ppm;
    if (flaw(lock.plan).empty() && fits(lock.plan)) {
        begin_attempt(now, std::move(lock), out);
    } else {
        founding_.cancelled(now, random_);
        look_around(now);
    }
}

void Election::handle(TimePoint now, const Message& from, const LockRequest& body, Output& out) {
    LockAnswer answer;
    answer.attempt = body.attempt;
    answer.reason = Founding::refusal(config_, state(), body, alone(now));
    answer.locked = answer.reason.empty();
    answer.term_floor = std::max(state().term, state().term_floor);
    if (answer.locked) {
        if (!state().lock) {
            ballot_.state.lock =
                Lock{body.attempt, body.recover, from.head.from, from.head.from_name, body.plan};
            campaign_.stand_back(now, /*long_wait=*/false, random_);
            founding_.repeat_after(now + ask_repeat);
        }
        if (body.recover) {
            answer.record = state().record;
        }
    }
    reply(from, std::move(answer), out);
}

bool Election::founder() const {
    return state().lock && state().lock->founder == state().id;
}

void Election::handle(TimePoint now, const Message& from, const LockAnswer& body, Output& out) {
    if (!founder() || state().lock->attempt != body.attempt) {
        return;
    }
    const Voter* member = state().lock->plan.voter_named(from.head.from_name);
    if (member == nullptr || (!state().lock->recover && member->id != from.head.from)) {
        ++out.refused;
        return;
    }
    if (!body.locked) {
        out.notices.push_back(
            {Notice::Level::Warning,
             from.head.from_name + " does not take part in the founding: " + body.reason});
        return cancel(now, out);
    }
    founding_.locked(from.head.from_name, body.term_floor, body.record);
    if (founding_.complete(state().lock->plan)) {
        decide(now, out);
    }
}

// Writing this is the decision.
void Election::decide(TimePoint now, Output& out) {
    const Lock lock = *state().lock;
    const Record record = founding_.decide(lock);
    if (!flaw(record).empty() || !fits(record)) {
        return cancel(now, out);
    }
    adopt_founded(now, lock, record, out);
    founding_.decided(now, lock.plan, config_.name);
    tell_founded(now, out);
}

void Election::adopt_founded(TimePoint now, const Lock& lock, const Record& record, Output& out) {
    State& mine = ballot_.state;
    if (lock.recover) {
        // Another voter from now on: what the old id voted and promised binds the old cluster's
        // others no more, and nobody there can count this node.
        if (const Voter* self = lock.plan.voter_named(config_.name)) {
            mine.id = self->id;
        }
    }
    mine.term = std::max(mine.term, record.key.term);
    mine.voted_for = no_voter;
    mine.record = record;
    mine.lock.reset();
    mine.decided = lock.attempt;
    founding_.settled();
    prefer(out);
    campaign_.stand_back(now, /*long_wait=*/false, random_);
}

void Election::tell_founded(TimePoint now, Output& out) {
    founding_.repeat_after(founding_.untold().empty() ? never : now + ask_repeat);
    for (const Bytes& name : founding_.untold()) {
        const Voter* voter = state().record->voter_named(name);
        if (voter != nullptr) {
            post({voter->id, name, Founded{state().decided, *state().record}}, out);
        }
    }
}

void Election::cancel(TimePoint now, Output& out) {
    const Lock lock = *state().lock;
    ballot_.state.lock.reset();
    founding_.cancelled(now, random_);
    for (const Voter& voter : lock.plan.voters) {
        const Voter* now_called = lock.recover ? state().record->voter_named(voter.name) : &voter;
        if (voter.name != config_.name && now_called != nullptr) {
            post({now_called->id, voter.name, Cancel{lock.attempt}}, out);
        }
    }
    look_around(now);  // nothing may change in gossip before the next attempt
}

void Election::handle(TimePoint now, const Message& from, const Founded& body, Output& out) {
    const auto& lock = state().lock;
    if (lock && lock->attempt == body.attempt && body.record.cluster == lock->plan.cluster) {
        adopt_founded(now, Lock(*lock), body.record, out);
    }
    if (state().decided == body.attempt) {
        reply(from, FoundedAnswer{body.attempt}, out);
    }
}

void Election::handle(TimePoint /*now*/, const Message& from, const FoundedAnswer& body,
                      Output& /*out*/) {
    if (body.attempt == state().decided) {
        founding_.told(from.head.from_name);
    }
}

void Election::handle(TimePoint now, const Message& from, const Cancel& body, Output& /*out*/) {
    const auto& lock = state().lock;
    if (lock && lock->attempt == body.attempt && lock->founder == from.head.from) {
        ballot_.state.lock.reset();
        founding_.settled();
        look_around(now);
    }
}

// Whoever holds what was decided says so. A founder that does not know the attempt has cancelled
// it; from anyone else the same words change nothing.
void Election::handle(TimePoint /*now*/, const Message& from, const LockAsk& body, Output& out) {
    const bool decided = state().record && (state().decided == body.attempt ||
                                            state().record->cluster == body.attempt);
    if (decided) {
        reply(from, Founded{body.attempt, *state().record}, out);
    } else if (!state().lock || state().lock->attempt != body.attempt) {
        reply(from, Cancel{body.attempt}, out);
    }
}

void Election::ask_founder(TimePoint now, Output& out) {
    const Lock& lock = *state().lock;
    founding_.repeat_after(now + ask_repeat);
    for (const Voter& voter : lock.plan.voters) {
        if (voter.name == config_.name) {
            continue;
        }
        const bool is_founder = voter.name == lock.founder_name;
        post({is_founder ? lock.founder : voter.id, voter.name, LockAsk{lock.attempt}}, out);
    }
}

void Election::tick_founding(TimePoint now, Output& out) {
    if (founder() && now >= founding_.give_up_at()) {
        cancel(now, out);
    }
    if (!state().lock && !state().record && now >= founding_.due()) {
        found(now, out);
    }
    if (now < founding_.repeat_at()) {
        return;
    }
    if (founder()) {
        founding_.repeat_after(now + lock_repeat);
        send_locks(out);
    } else if (state().lock) {
        ask_founder(now, out);
    } else if (state().record) {
        tell_founded(now, out);
    } else {
        founding_.settled();
    }
}

std::string Election::recover(TimePoint now, const std::vector<Bytes>& names, Output& out) {
    catch_up(now, out);
    if (!state().record || state().lock || ledger_.busy() || ledger_.failed()) {
        return "this node cannot recover voters: it has no record, or is busy with one";
    }
    if (!alone(now)) {
        return "a leader is heard, or a majority is reached: use `muster voters replace`";
    }
    Lock lock;
    lock.attempt = ClusterId{random_.next() | 1U};
    lock.recover = true;
    lock.plan = *state().record;
    lock.plan.voters.clear();
    for (const Bytes& name : names) {
        const Voter* voter = state().record->voter_named(name);
        if (voter == nullptr) {
            return name + " is not a voter of this cluster";
        }
        lock.plan.voters.push_back({name, VoterId{random_.next() | 1U}, voter->priority});
    }
    lock.plan.target = static_cast<std::uint8_t>(std::min(names.size(), max_voters));
    lock.plan.added.reset();
    lock.plan.removed.reset();
    lock.plan.lease_before = 0;
    if (lock.plan.voter_named(config_.name) == nullptr) {
        return "this node is not among the named: ask one of them";
    }
    if (std::string wrong = flaw(lock.plan); !wrong.empty()) {
        return wrong;
    }
    begin_attempt(now, std::move(lock), out);
    settle(now, out);
    return "";
}

std::string Election::reset(TimePoint now, bool force, Output& out) {
    catch_up(now, out);
    if (ledger_.busy() || ledger_.failed()) {
        return "the election state is being written: try again";
    }
    if (tenure_) {
        return "this node leads: resign first";
    }
    if (!force && now < ballot_.promise().until) {
        return "it hears its own cluster's leader; --force drops it from that cluster all the same";
    }
    State fresh;
    fresh.name = config_.name;
    fresh.id = VoterId{random_.next() | 1U};
    fresh.longest_promise_ms = state().longest_promise_ms;
    fresh.term_floor = std::max({state().term, state().term_floor, greatest_foreign_term_});
    ballot_ = Ballot(std::move(fresh), now);
    campaign_.stand_back(now, /*long_wait=*/false, random_);
    founding_ = Founding();
    heard_ = {};
    committed_ = {};
    look_around(now);
    settle(now, out);
    return "";
}

}  // namespace muster::election
