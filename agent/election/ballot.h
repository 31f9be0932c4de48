// What one voter has promised, voted and accepted: the rules of docs/election.md, "Voters".
//
// Safety rests here. A promise binds against every candidate: the leader it was given to and its
// own next life included, since a command of that leader may still be running (schedule F7). A vote
// request under a promise is refused, and its term is not adopted (F6). After a start nothing is
// granted before every promise of the former life has run out.
//
// Each rule changes `state` in memory. Whoever calls it has `state` stored before an answer leaves,
// and calls none while a write is running.
//
// INVARIANT: term, key and longest_promise_ms never go back; the end of a promise never moves back
// but by the release of its own term.
#pragma once

#include "agent/election/messages.h"
#include "agent/election/state.h"
#include "swim/time.h"

namespace muster::election {

// Not to vote before `until`. Term and leader are those it was last given to, and stay known when
// it has run out.
struct Promise {
    TimePoint until = TimePoint::min();
    Term term = 0;
    VoterId leader = no_voter;
};

class Ballot {
public:
    // `start`: of this process. A fresh id has promised nothing, and waits for nothing.
    Ballot(State given, TimePoint start);

    // ---- rules; `from` and `term` are the message's ----

    PreVoteAnswer pre_vote(TimePoint now, const PreVote& asked) const;
    VoteAnswer vote(TimePoint now, VoterId from, Term term, const Vote& asked);
    AppendAnswer append(TimePoint now, VoterId from, Term term, const Append& append);
    // The tenure of `term` is over, says its leader.
    void release(TimePoint now, VoterId from, Term term);
    // Takes a greater record, and at least its term. False if it is not greater.
    bool learn(const Record& record);
    // A higher term, heard in a refusal. Not under a promise: it would cost the leader this voter.
    bool adopt(TimePoint now, Term term);
    // Votes for itself, in `term`. REQUIRES: free(now), or the promise was released; term > own
    void stand(Term term);
    // The leader's promise to itself, for what it asks of others.
    void promise_self(TimePoint until);

    // ---- questions ----

    // Neither promised nor waiting.
    bool free(TimePoint now) const { return now >= promise_.until && now >= wait_until_; }
    bool past_wait(TimePoint now) const { return now >= wait_until_; }
    const Promise& promise() const { return promise_; }
    TimePoint wait_until() const { return wait_until_; }
    Term released_term() const { return released_term_; }
    std::uint32_t promise_left_ms(TimePoint now) const;

    State state;

private:
    void rise(Term term);
    void end_promise(TimePoint now, Term term);

    Promise promise_;
    Term released_term_ = 0;
    TimePoint wait_until_;
};

}  // namespace muster::election
