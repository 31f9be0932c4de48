#include "agent/election/ballot.h"

#include <algorithm>
#include <utility>

#include "agent/election/timing.h"
#include "swim/assert.h"

namespace muster::election {

namespace {

using std::chrono::milliseconds;

// Rounded up: told to somebody who waits for its end.
std::uint32_t whole_ms(Duration left) {
    const auto ms = std::chrono::ceil<milliseconds>(std::max(left, Duration::zero())).count();
    return static_cast<std::uint32_t>(std::min<milliseconds::rep>(ms, max_promise_ms));
}

}  // namespace

Ballot::Ballot(State given, TimePoint start)
    : state(std::move(given)),
      wait_until_(state.longest_promise_ms == 0 ? TimePoint::min()
                                                : start + milliseconds(state.longest_promise_ms)) {}

std::uint32_t Ballot::promise_left_ms(TimePoint now) const {
    const TimePoint end = std::max(promise_.until, wait_until_);
    return now >= end ? 0 : whole_ms(end - now);
}

void Ballot::rise(Term term) {
    if (term > state.term) {
        state.term = term;
        state.voted_for = no_voter;
    }
}

PreVoteAnswer Ballot::pre_vote(TimePoint now, const PreVote& asked) const {
    PreVoteAnswer answer;
    answer.asked = asked.asked;
    answer.promise_left_ms = promise_left_ms(now);
    answer.granted = asked.asked > state.term && asked.key >= state.key() && free(now);
    if (state.key() > asked.key) {
        answer.record = state.record;
    }
    return answer;
}

VoteAnswer Ballot::vote(TimePoint now, VoterId from, Term term, const Vote& asked) {
    VoteAnswer answer;
    answer.asked = term;
    answer.promise_left_ms = promise_left_ms(now);
    const bool handed_over = asked.transfer_of != 0 && asked.transfer_of == promise_.term;
    if (handed_over && past_wait(now)) {
        end_promise(now, asked.transfer_of);
    }
    if (!free(now) || term < state.term) {
        return answer;
    }
    rise(term);
    if (asked.key < state.key()) {
        answer.record = state.record;
        return answer;
    }
    if (state.voted_for != no_voter && state.voted_for != from) {
        return answer;
    }
    state.voted_for = from;
    answer.granted = true;
    return answer;
}

AppendAnswer Ballot::append(TimePoint now, VoterId from, Term term, const Append& append) {
    AppendAnswer answer;
    answer.seq = append.seq;
    answer.ready = past_wait(now);
    if (term >= state.term) {
        rise(term);
        state.longest_promise_ms = std::max(state.longest_promise_ms, append.promise_ms);
        if (term > released_term_) {
            const TimePoint end = now + milliseconds(append.promise_ms);
            promise_ = {std::max(promise_.until, end), term, from};
            answer.promised = true;
        }
        if (append.record) {
            learn(*append.record);
        }
    }
    answer.key = state.key();
    return answer;
}

void Ballot::release(TimePoint now, VoterId from, Term term) {
    if (term <= state.term && (promise_.term != term || promise_.leader == from)) {
        end_promise(now, term);
    }
}

// Later copies of that term's Appends do not promise again.
void Ballot::end_promise(TimePoint now, Term term) {
    released_term_ = std::max(released_term_, term);
    if (promise_.term == term) {
        promise_.until = std::min(promise_.until, now);
    }
}

bool Ballot::learn(const Record& record) {
    if (record.key <= state.key()) {
        return false;
    }
    rise(record.key.term);
    state.record = record;
    return true;
}

bool Ballot::adopt(TimePoint now, Term term) {
    if (term <= state.term || !free(now)) {
        return false;
    }
    rise(term);
    return true;
}

void Ballot::stand(Term term) {
    MUSTER_ASSERT(term > state.term);
    rise(term);
    state.voted_for = state.id;
}

void Ballot::promise_self(TimePoint until) {
    promise_ = {std::max(promise_.until, until), state.term, state.id};
}

}  // namespace muster::election
