// This node as a candidate: pre-vote, vote, and what refusals teach.
#include <algorithm>
#include <utility>

#include "agent/election/election.h"
#include "swim/assert.h"

namespace muster::election {

using Phase = Campaign::Phase;

void Election::attempt(TimePoint now, Output& out) {
    if (campaign_.phase() != Phase::Waiting && !campaign_.heard_majority(*state().record)) {
        note_quorum(/*there=*/false, out);
    }
    campaign_.begin(now, state(), random_);
    if (campaign_.count(state().id, /*granted=*/true, *state().record)) {
        return stand(now, out);
    }
    for (const Voter& voter : state().record->electorate()) {
        if (voter.id != state().id) {
            Letter letter{voter.id, voter.name, PreVote{state().term + 1, state().key()}};
            post(letter, out);
        }
    }
}

void Election::handle(TimePoint now, const Message& from, const PreVoteAnswer& body, Output& out) {
    if (campaign_.phase() != Phase::PreVoting || body.asked != state().term + 1) {
        ++out.refused;
        return;
    }
    const bool elected = campaign_.count(from.head.from, body.granted, *state().record);
    if (campaign_.heard_majority(*state().record)) {
        note_quorum(/*there=*/true, out);
    }
    if (elected) {
        stand(now, out);
    } else if (!body.granted) {
        refused(now, from, body.record, out);
    }
}

// A majority would vote for us. Our own vote is first: it is stored before anyone is asked.
void Election::stand(TimePoint now, Output& /*out*/) {
    if (!ballot_.free(now)) {
        return;
    }
    ballot_.stand(state().term + 1);
    campaign_.stand();
}

void Election::ask_votes(TimePoint now, Output& out) {
    campaign_.stood(state().id);
    if (campaign_.count(state().id, /*granted=*/true, *state().record)) {
        return lead(now, out);
    }
    const Vote vote{state().key(), campaign_.transfer_of()};
    for (const Voter& voter : state().record->electorate()) {
        if (voter.id != state().id) {
            post({voter.id, voter.name, vote}, out);
        }
    }
}

void Election::handle(TimePoint now, const Message& from, const VoteAnswer& body, Output& out) {
    if (campaign_.phase() != Phase::Voting || body.asked != state().term) {
        ++out.refused;
        return;
    }
    if (campaign_.count(from.head.from, body.granted, *state().record)) {
        return lead(now, out);
    }
    if (!body.granted) {
        refused(now, from, body.record, out);
    }
}

// A refusal may know more than we do: a greater record, or a higher term.
void Election::refused(TimePoint now, const Message& from, const std::optional<Record>& record,
                       Output& out) {
    const Term before = state().term;
    const bool learnt = record && ballot_.learn(*record);
    ballot_.adopt(now, from.head.term);
    term_rose(now, before, out);
    if (learnt) {
        prefer(out);
        campaign_.stand_back(now, /*long_wait=*/false, random_);
    }
}

void Election::note_quorum(bool there, Output& out) {
    if (there != quorum_there_) {
        quorum_there_ = there;
        report(there ? Event::Kind::QuorumRegained : Event::Kind::QuorumLost, state().term, "",
               out);
    }
}

// The preferred voter goes first, by a spread.
void Election::prefer(Output& /*out*/) {
    if (!state().record) {
        return;
    }
    const Voter* self = state().record->voter(state().id);
    campaign_.prefer_others(
        self != nullptr &&
        std::any_of(state().record->voters.begin(), state().record->voters.end(),
                    [self](const Voter& other) { return other.priority > self->priority; }));
}

}  // namespace muster::election
