// One leader's time in office: what it asked and was answered, how long its lease holds, and what
// is committed (docs/election.md, "Candidates and leaders").
//
//     lease_end = min over {voters, before} of the (floor(n/2) + 1)-th greatest (s + L) of that set
//
// s is when the newest request that a voter answered with a promise was *sent*, never when the
// answer came; L the lease that request asked promises for, or the record's if that is shorter. One
// tenure is one token: when the lease has run out once, it never holds again in this term (F12).
//
// Bookkeeping, and no message: its owner sends. INVARIANT: nothing but record() of its own term is
// ever counted as committed (F4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/election/digest.h"
#include "agent/election/messages.h"
#include "agent/election/record.h"
#include "agent/election/state.h"
#include "swim/time.h"

namespace muster::election {

class Tenure {
public:
    // What the leader knows of one voter or spare.
    struct Peer {
        TimePoint sent = TimePoint::min();      // s of the newest answered request
        std::uint32_t lease_ms = 0;             // the lease that it was asked under
        std::uint64_t answered = 0;             // its seq
        std::uint64_t asked = 0;                // seq of the last request
        TimePoint asked_at = TimePoint::min();  // when that was
        TimePoint heard = TimePoint::min();     // the last answer, promised or not
        TimePoint steady_since = never;         // has answered everything since then
        Key key;                                // accepted in this term
        bool ready = false;
        bool wants = false;
        bool departing = false;
        std::uint64_t wall = 0;
    };

    Tenure(Term term, TimePoint began) : term_(term), began_(began) {}

    Term term() const { return term_; }
    TimePoint began() const { return began_; }

    void digest(Duration horizon, Digest& digest) const;

    // ---- renewals ----

    // A round of requests leaves now. Answers its seq.
    std::uint64_t begin_round(TimePoint now, const Record& record);
    // The leader's own part of that round; if the disk holds a promise that long.
    void promised_self();
    // The last round was sent to this peer, too.
    void asked(VoterId id, TimePoint now);
    // REQUIRES: the answer is of this term.
    void answered(TimePoint now, VoterId id, const AppendAnswer& answer);
    TimePoint last_round() const { return last_round_; }

    // ---- what follows ----

    // When the lease ends, by the record's sets; with `self` in them by its own part. In the
    // distant past while no majority has answered.
    TimePoint lease_end(const Record& record, VoterId self) const;
    // Whether this very record is accepted by a majority; `durable` is the leader's own key.
    bool accepted(const Record& record, VoterId self, Key durable) const;

    // The greatest record that was committed in this tenure.
    Key committed;
    bool acquired = false;

    const Peer* peer(VoterId id) const;
    // Whether it has answered within this time.
    bool hears(VoterId id, TimePoint now, Duration within) const;

private:
    struct Round {
        std::uint64_t seq = 0;
        TimePoint sent = TimePoint::min();
        std::uint32_t lease_ms = 0;
    };
    static constexpr std::size_t rounds_kept = 64;  // far beyond a lease of them
    static constexpr std::size_t max_peers = 64;

    TimePoint end_of(const std::vector<Voter>& set, const Record& record, VoterId self) const;

    Term term_;
    TimePoint began_;
    std::uint64_t seq_ = 0;
    TimePoint last_round_ = TimePoint::min();
    std::array<Round, rounds_kept> rounds_{};
    Round own_;
    std::map<VoterId, Peer> peers_;
};

}  // namespace muster::election
