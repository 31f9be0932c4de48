// Requests about the leader, from their beginning to their end.
#include <algorithm>
#include <utility>

#include "agent/cluster/tags.h"
#include "agent/election/changes.h"
#include "agent/election/election.h"
#include "agent/node_election.h"
#include "agent/ring/hash.h"

namespace muster {

using election::ChangeVoters;
using election::LeaderView;
using election::Mode;
using election::TokenVerdict;

namespace {

constexpr Duration wants_last = std::chrono::seconds(2);
// What a holder in view mode is told: until it asks again.
constexpr std::uint32_t unfenced_lease_ms = 2000;
constexpr Duration recover_patience = std::chrono::seconds(10);

constexpr char no_quorum_here[] =
    "nothing is fenced here: no voters are configured (start musterd with --voter and --expect on "
    "some hosts, or accept two at once with --unfenced)";

std::string who_leads(const LeaderView& view) {
    return view.leader ? *view.leader + " leads: ask there"
                       : "nobody leads: " + (view.reason.empty() ? "unknown" : view.reason);
}

}  // namespace

void NodeElection::request(TimePoint now, RequestId id, const election::Request& wanted,
                           Effects& effects) {
    Answer answer;
    answer.request = id;
    ending_ = false;
    std::visit([&](const auto& each) { handle(now, answer, each, effects); }, wanted);
    if (!ending_) {
        effects.leadership_answers.push_back(std::move(answer));
    }
    if (election_) {
        flush(now, effects);
    }
}

// ---- ends ----

void NodeElection::conclude(TimePoint now, Effects& effects) {
    std::erase_if(pending_, [&](Pending& pending) {
        const bool over = conclude(now, pending);
        if (over) {
            effects.leadership_answers.push_back(std::move(pending.answer));
        }
        return over;
    });
}

bool NodeElection::conclude(TimePoint now, Pending& pending) const {
    using Until = Pending::Until;
    const bool late = now >= pending.deadline;
    switch (pending.until) {
        case Until::LeaderKnown:
            return late || !must_ask(now);
        case Until::TokenChecked: {
            const election::Confirmed& confirmed = election_->confirmed();
            pending.answer.verdict = election_->check_token(now, pending.token);
            if (confirmed.question >= pending.question) {
                pending.answer.term = confirmed.term;
                pending.answer.verdict = confirmed.term == pending.token  ? TokenVerdict::Newest
                                         : confirmed.term > pending.token ? TokenVerdict::Old
                                                                          : TokenVerdict::Unknown;
                return true;
            }
            return late || pending.answer.verdict != TokenVerdict::Unknown;
        }
        case Until::Told:
            return late;
        case Until::Settled:
            if (election_->state().decided == pending.attempt) {
                return !election_->writing();
            }
            if (late || !election_->state().lock) {
                pending.answer.error =
                    "not all that were named have agreed: nothing was changed (the log of this "
                    "agent says who; all of them must be up, and hear no leader)";
                return true;
            }
            return false;
        case Until::Stored:
            if (election_->mute()) {
                pending.answer.error = "the election state could not be written";
            }
            return !election_->writing();
    }
    return true;
}

void NodeElection::await(TimePoint /*now*/, const Pending& pending) {
    pending_.push_back(pending);
    ending_ = true;
}

// ---- questions ----

void NodeElection::handle(TimePoint now, Answer& answer, const election::AskLeader& /*wanted*/,
                          Effects& effects) {
    if (must_ask(now)) {
        ask(now, effects);
        Pending pending;
        pending.until = Pending::Until::LeaderKnown;
        pending.answer = answer;
        pending.deadline = now + election::ask_patience;
        await(now, pending);
    }
}

void NodeElection::handle(TimePoint now, Answer& answer, const election::CheckToken& wanted,
                          Effects& /*effects*/) {
    if (!election_ || election_->mode() != Mode::Quorum) {
        answer.error = "there are no tokens: leadership is not fenced here";
        return;
    }
    answer.verdict = election_->check_token(now, wanted.token);
    answer.term = election_->leader(now).term.value_or(0);
    // The leader itself has said all that can be said.
    if (answer.verdict != TokenVerdict::Unknown || election_->is_leader(now)) {
        return;
    }
    Pending pending;
    pending.until = Pending::Until::TokenChecked;
    pending.answer = answer;
    pending.deadline = now + election::check_patience;
    pending.token = wanted.token;
    pending.question = election_->ask_leader(now, election::Asked::All, out_);
    await(now, pending);
}

// ---- leading ----

void NodeElection::handle(TimePoint now, Answer& answer, const election::Hold& wanted,
                          Effects& /*effects*/) {
    if (!election_ || election_->mode() != Mode::Quorum) {
        return hold_unfenced(now, answer, wanted);
    }
    const bool may_lead = setup_->config.candidate || election_->voter();
    if (!may_lead) {
        answer.error = "this agent is no voter, and never leads (start musterd with --voter)";
        return;
    }
    if (wanted.waits) {
        wants_until_ = now + wants_last;
        election_->set_wants(true);
    }
    const bool leads = election_->is_leader(now);
    const std::optional<std::uint32_t> lease =
        election_->hold(now, wanted.holder, wanted.name, out_);
    answer.term = election_->tenure_term();
    if (lease) {
        answer.lease_ms = *lease;
        answer.full_ms = election_->state().record->counted_lease_ms();
        answer.cluster = election_->state().record->cluster;
        return;
    }
    answer.not_leader = !leads;
    answer.held = leads;
    answer.gives_up = election_->handover().giving_up();
    answer.error = answer.gives_up ? "leadership is being given up"
                   : leads ? "\"" + wanted.name + "\" is held, or was held in this term, by another"
                           : who_leads(election_->leader(now));
}

void NodeElection::hold_unfenced(TimePoint now, Answer& answer,
                                 const election::Hold& wanted) const {
    if (!wanted.unfenced) {
        answer.error = no_quorum_here;
        return;
    }
    const LeaderView view = leader(now);
    answer.not_leader = !view.self;
    if (view.self) {
        answer.lease_ms = answer.full_ms = unfenced_lease_ms;
    } else {
        answer.error = who_leads(view);
    }
}

void NodeElection::handle(TimePoint now, Answer& answer, const election::Released& wanted,
                          Effects& /*effects*/) {
    if (!election_) {
        return;
    }
    answer.term = election_->tenure_term();
    election_->released(now, wanted.holder, out_);
    if (wanted.resign && election_->is_leader(now) && !election_->handover().anybody(now)) {
        election::Departure departure;
        departure.hold_off = wanted.hold_off;
        answer.error = election_->give_up(now, departure, out_);
    }
}

void NodeElection::handle(TimePoint now, Answer& answer, const election::GiveUp& wanted,
                          Effects& /*effects*/) {
    if (!election_ || !election_->is_leader(now)) {
        answer.not_leader = true;
        answer.error = "this agent does not lead; " + who_leads(leader(now));
        return;
    }
    election::Departure departure;
    departure.request = answer.request;
    departure.hold_off = wanted.hold_off;
    if (!wanted.target.empty()) {
        const election::Voter* target = election_->state().record->voter_named(wanted.target);
        if (target == nullptr || target->id == election_->state().id || target->priority == 0) {
            answer.error = wanted.target +
                           (target == nullptr       ? " is not a voter (see muster voters)"
                            : target->priority == 0 ? " has priority 0: it votes, and does not lead"
                                                    : " leads already");
            return;
        }
        departure.target = target->id;
    }
    answer.term = election_->tenure_term();
    Pending pending;
    pending.answer = answer;
    await(now, pending);
    if (std::string wrong = election_->give_up(now, departure, out_); !wrong.empty()) {
        pending_.back().answer.error = std::move(wrong);
        pending_.back().deadline = TimePoint::min();
    }
}

// ---- voters ----

std::optional<election::Voter> NodeElection::candidate(BytesView name) const {
    const cluster::Member* member = cluster_.members().find(name);
    if (member == nullptr) {
        return std::nullopt;
    }
    const cluster::Tags tags = cluster::decode_tags(member->meta);
    const auto tag = tags.find(cluster::mark_tag);
    const auto mark = tag == tags.end() ? std::nullopt : election::decode_mark(tag->second);
    if (!mark || !mark->candidate) {
        return std::nullopt;
    }
    return election::Voter{Bytes(name), mark->id, mark->priority};
}

// The change that is meant, or why there is none.
std::string NodeElection::change_of(const ChangeVoters& wanted, election::Change& change) const {
    using Action = ChangeVoters::Action;
    const election::Record& record = *election_->state().record;
    const bool adds = wanted.action == Action::Add || wanted.action == Action::Replace;
    const bool removes = wanted.action == Action::Remove || wanted.action == Action::Replace;
    if (adds) {
        change.add = candidate(wanted.name);
        if (!change.add) {
            return wanted.name +
                   " is no candidate: it must run musterd with --voter, and be seen "
                   "here";
        }
    }
    if (removes) {
        const Bytes& gone = wanted.action == Action::Replace ? wanted.old : wanted.name;
        const election::Voter* voter = record.voter_named(gone);
        if (voter == nullptr) {
            return gone + " is not a voter (see muster voters)";
        }
        change.remove = voter->id;
        // One that is taken out by hand would else be put back as missing.
        if (wanted.action == Action::Remove && record.target == record.voters.size() &&
            record.target > 1) {
            change.target = static_cast<std::uint8_t>(record.target - 1);
        }
    }
    if (wanted.action == Action::Add && record.voters.size() >= record.target) {
        change.target = static_cast<std::uint8_t>(record.voters.size() + 1);
    }
    if (wanted.action == Action::Target) {
        change.target = wanted.target;
    }
    return "";
}

void NodeElection::handle(TimePoint now, Answer& answer, const ChangeVoters& wanted,
                          Effects& /*effects*/) {
    if (!election_ || !election_->is_leader(now)) {
        answer.not_leader = true;
        answer.error =
            "only the leader changes the voters, and this is not it; " + who_leads(leader(now));
        return;
    }
    answer.term = election_->tenure_term();
    election::Change change;
    answer.error = change_of(wanted, change);
    if (!answer.error.empty()) {
        return;
    }
    answer.error = election_->change(now, answer.request, change, out_);
    if (answer.error.empty()) {
        Pending pending;
        pending.answer = answer;
        await(now, pending);
    }
}

void NodeElection::handle(TimePoint now, Answer& answer, const election::UseOnce& wanted,
                          Effects& /*effects*/) {
    if (!election_ || !election_->is_leader(now)) {
        answer.not_leader = true;
        answer.error = "this agent does not lead";
        return;
    }
    answer.term = election_->tenure_term();
    answer.error =
        election_->use_once(now, answer.request, {ring::xxh3_64(wanted.key), wanted.expiry}, out_);
    if (answer.error.empty()) {
        Pending pending;
        pending.answer = answer;
        await(now, pending);
    }
}

void NodeElection::handle(TimePoint now, Answer& answer, const election::Recover& wanted,
                          Effects& /*effects*/) {
    if (!election_) {
        answer.error = "this agent is no voter: ask one of the named";
        return;
    }
    answer.error = election_->recover(now, wanted.names, out_);
    if (!answer.error.empty()) {
        return;
    }
    Pending pending;
    pending.until = Pending::Until::Settled;
    pending.attempt =
        election_->state().lock ? election_->state().lock->attempt : election_->state().decided;
    pending.answer = answer;
    pending.deadline = now + recover_patience;
    await(now, pending);
}

void NodeElection::handle(TimePoint now, Answer& answer, const election::Reset& wanted,
                          Effects& /*effects*/) {
    if (!election_ || !setup_->config.candidate) {
        answer.error = "this agent is no voter: there is nothing to forget";
        return;
    }
    answer.error = election_->reset(now, wanted.force, out_);
    if (!answer.error.empty()) {
        return;
    }
    answer.id = election_->state().id;
    answer.waits_ms = election_->state().longest_promise_ms;
    Pending pending;
    pending.until = Pending::Until::Stored;
    pending.answer = answer;
    await(now, pending);
}

}  // namespace muster
