// This node as a voter: what it answers, and whom it follows.
#include <algorithm>
#include <utility>

#include "agent/election/election.h"

namespace muster::election {

void Election::handle(TimePoint now, const Message& from, const PreVote& body, Output& out) {
    if (voting()) {
        reply(from, ballot_.pre_vote(now, body), out);
    }
}

void Election::handle(TimePoint now, const Message& from, const Vote& body, Output& out) {
    if (!voting()) {
        return;
    }
    const Term before = state().term;
    const VoteAnswer answer = ballot_.vote(now, from.head.from, from.head.term, body);
    term_rose(now, before, out);
    if (answer.granted) {
        campaign_.stand_back(now, /*long_wait=*/true, random_);
    }
    reply(from, answer, out);
}

void Election::handle(TimePoint now, const Message& from, const Append& body, Output& out) {
    const bool impostor =
        from.head.term == state().term && (tenure_ || (ballot_.promise().term == from.head.term &&
                                                       ballot_.promise().leader != from.head.from));
    if (!voting() || impostor) {
        ++out.refused;
        return;
    }
    const Term before = state().term;
    const Key key_before = state().key();
    AppendAnswer answer = ballot_.append(now, from.head.from, from.head.term, body);
    term_rose(now, before, out);
    if (state().key() != key_before) {
        prefer(out);
    }
    if (from.head.term == state().term) {
        heard_leader(now, from, body, out);
    }
    answer.wants = wants_;
    answer.departing = departing_;
    answer.wall = wall_;
    reply(from, answer, out);
}

void Election::heard_leader(TimePoint now, const Message& from, const Append& body, Output& out) {
    const bool another = heard_.term != from.head.term;
    if (another || campaign_.phase() != Campaign::Phase::Waiting) {
        campaign_.stand_back(now, /*long_wait=*/false, random_);
    }
    if (another) {
        heard_ = {from.head.term, from.head.from, from.head.from_name, now, false, {}};
    }
    heard_.at = now;
    heard_.answering = body.answering;
    note_quorum(/*there=*/true, out);
    committed_ = std::max(committed_, body.committed);
    if (!heard_.acquired && body.committed.term == from.head.term) {
        heard_.acquired = true;
        report(Event::Kind::NewLeader, heard_.term, heard_.name, out);
    }
}

void Election::handle(TimePoint now, const Message& from, const Release& /*body*/,
                      Output& /*out*/) {
    ballot_.release(now, from.head.from, from.head.term);
}

// The leader of our term hands over to us. A copy that comes a term later finds a greater one, and
// does nothing (F14).
void Election::handle(TimePoint now, const Message& from, const TransferNow& /*body*/,
                      Output& out) {
    const Promise& promise = ballot_.promise();
    const bool from_leader = from.head.term == state().term && promise.term == from.head.term &&
                             promise.leader == from.head.from;
    if (!voting() || !from_leader || tenure_ || !Campaign::eligible(state()) ||
        !ballot_.past_wait(now)) {
        ++out.refused;
        return;
    }
    ballot_.release(now, from.head.from, from.head.term);
    if (!ballot_.free(now)) {
        return;
    }
    campaign_.begin_transfer(now, from.head.term, random_);
    ballot_.stand(from.head.term + 1);
}

// Whoever was candidate or leader of a lower term is neither any more.
void Election::term_rose(TimePoint now, Term before, Output& out) {
    if (state().term == before) {
        return;
    }
    if (tenure_) {
        step_down(now, "a higher term began", out);
    }
    if (campaign_.phase() != Campaign::Phase::Waiting) {
        campaign_.stand_back(now, /*long_wait=*/true, random_);
    }
}

}  // namespace muster::election
