// One voter's candidacy: when it asks, whom it counts, and when it tries again (docs/election.md,
// "Candidates and leaders").
//
//     due = max(promise.until, wait_until, hold-off, since) + U[0, J] (+ J if another is preferred)
//
// An attempt is a pre-vote, then, with a majority, a vote in a new term. One that fails is followed
// by another after J + U[0, J]; J doubles after every 4 failures, to 8 J at most, so that
// candidates who keep colliding part.
//
// Knows no message and no disk: its owner sends, stores and tells.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/election/ballot.h"
#include "agent/election/digest.h"
#include "agent/election/record.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::election {

class Campaign {
public:
    enum class Phase : std::uint8_t {
        Waiting,
        PreVoting,
        Standing,  // its vote for itself is being stored
        Voting,
    };

    Campaign(Duration spread, TimePoint start) : spread_(spread), since_(start) {}

    Phase phase() const { return phase_; }
    // What an attempt of ours carries; 0 but for the one that a transfer began.
    Term transfer_of() const { return transfer_of_; }

    // When to begin the next attempt; the running one has failed by then.
    TimePoint due(const Ballot& ballot) const;
    // Whether this voter may lead at all.
    static bool eligible(const State& state);

    void digest(const Ballot& ballot, Digest& digest) const;

    // ---- attempts ----

    // Begins with a pre-vote, counting `self`. Notes a failure if one was running.
    void begin(TimePoint now, const State& state, Random& random);
    // Begins with the vote itself: a leader handed over.
    void begin_transfer(TimePoint now, Term transfer_of, Random& random);
    // The pre-vote has its majority: the vote for itself is to be stored...
    void stand() { phase_ = Phase::Standing; }
    // ...and has been.
    void stood(VoterId self);
    // An answer to what this phase asks. True if it makes a majority.
    bool count(VoterId from, bool granted, const Record& record);
    // Whether it has answered this attempt, or the one before: what a person is told.
    bool reached(VoterId id) const;
    // Whether a majority has answered at all, this time.
    bool heard_majority(const Record& record) const;

    // ---- ends of a candidacy ----

    // A leader was heard, or a vote given: wait anew, as after a first failure if `long_wait`.
    void stand_back(TimePoint now, bool long_wait, Random& random);
    // Stay in the audience until then.
    void hold_off(TimePoint until) { hold_off_ = std::max(hold_off_, until); }
    // Another voter of the record is preferred to us.
    void prefer_others(bool others) { others_preferred_ = others; }

private:
    Duration widened() const;

    Duration spread_;
    TimePoint since_;
    TimePoint hold_off_ = TimePoint::min();
    TimePoint retry_ = TimePoint::min();
    Duration jitter_{};
    unsigned failures_ = 0;
    bool others_preferred_ = false;
    Phase phase_ = Phase::Waiting;
    Term transfer_of_ = 0;
    std::vector<VoterId> granted_;
    std::vector<VoterId> answered_;
    std::vector<VoterId> answered_before_;
};

}  // namespace muster::election
