// This node as the leader: its first record, its renewals, and its end.
#include <algorithm>
#include <utility>

#include "agent/election/election.h"
#include "swim/assert.h"

namespace muster::election {

using std::chrono::milliseconds;

namespace {

constexpr Duration spare_renewal = std::chrono::seconds(2);

}  // namespace

// Nothing of an older term is ever committed by counting: the first act is a record of its own
// term, with the same contents (F4, F5).
void Election::lead(TimePoint now, Output& out) {
    campaign_.stand_back(now, /*long_wait=*/false, random_);
    tenure_.emplace(state().term, now);
    handover_.begin_term();
    spares_asked_ = TimePoint::min();
    Record record = *state().record;
    record.key = {state().term, record.key.index + 1};
    propose(now, std::move(record), out);
}

void Election::propose(TimePoint /*now*/, Record record, Output& out) {
    MUSTER_ASSERT(!ledger_.busy() && fits(record));
    State& mine = ballot_.state;
    mine.longest_promise_ms = std::max(mine.longest_promise_ms, record.asked_promise_ms());
    mine.record = std::move(record);
    prefer(out);
}

TimePoint Election::renewal_due() const {
    if (tenure_->last_round() == TimePoint::min()) {
        return never;  // its first record is being stored
    }
    return tenure_->last_round() + renewal(state().record->counted_lease_ms());
}

// Who was elected and is not accepted by then gives way.
TimePoint Election::acquisition_due() const {
    return tenure_->began() + 3 * milliseconds(state().record->asked_promise_ms());
}

// Each round is the leader's promise to itself as well (F7): in its next life, or in a later term,
// it does not vote while a command of this one may still be running.
void Election::renew(TimePoint now, Output& out) {
    const Record& record = *state().record;
    const std::uint64_t seq = tenure_->begin_round(now, record);
    ballot_.promise_self(now + milliseconds(record.asked_promise_ms()));
    if (ledger_.stored().longest_promise_ms >= record.asked_promise_ms()) {
        tenure_->promised_self();
    }
    for (const Voter& voter : record.electorate()) {
        if (voter.id != state().id) {
            ask(now, voter, seq, out);
        }
    }
    if (courted_ && !record.counts(courted_->id)) {
        ask(now, *courted_, seq, out);
    }
    if (spares_asked_ == TimePoint::min() || now - spares_asked_ >= spare_renewal) {
        spares_asked_ = now;
        for (const Voter& spare : spares(standing())) {
            if (!courted_ || courted_->id != spare.id) {
                ask(now, spare, seq, out);
            }
        }
    }
}

void Election::ask(TimePoint now, const Voter& peer, std::uint64_t seq, Output& out) {
    const Record& record = *state().record;
    Append append;
    append.seq = seq;
    append.promise_ms = record.asked_promise_ms();
    append.key = record.key;
    const Tenure::Peer* known = tenure_->peer(peer.id);
    if (known == nullptr || known->key != record.key) {
        append.record = record;
    }
    append.committed = tenure_->committed;
    for (const Voter& voter : record.voters) {
        if (voter.id == state().id ||
            tenure_->hears(voter.id, now, 2 * renewal(record.counted_lease_ms()))) {
            append.answering.push_back(voter.id);
        }
    }
    tenure_->asked(peer.id, now);
    send({peer.id, peer.name, std::move(append)}, out);
}

void Election::handle(TimePoint now, const Message& from, const AppendAnswer& body, Output& out) {
    if (!tenure_) {
        ++out.refused;
        return;
    }
    if (from.head.term > tenure_->term() && state().record->counts(from.head.from)) {
        return step_down(now, "a voter is in a higher term", out);
    }
    if (from.head.term == tenure_->term()) {
        tenure_->answered(now, from.head.from, body);
        advance(now, out);
    }
}

// What follows from an answer, or from a write of our own that was stored.
void Election::advance(TimePoint now, Output& out) {
    if (tenure_->last_round() == TimePoint::min()) {
        if (!ledger_.holds(ballot_.state)) {
            return;
        }
        renew(now, out);
    }
    const Record& record = *state().record;
    if (tenure_->committed != record.key &&
        tenure_->accepted(record, state().id, ledger_.stored().key())) {
        tenure_->committed = record.key;
        committed_ = record.key;
    }
    if (!tenure_->acquired && tenure_->committed.term == tenure_->term() && now < lease_end()) {
        tenure_->acquired = true;
        heard_ = {tenure_->term(), state().id, config_.name, now, true, {}};
        note_quorum(/*there=*/true, out);
        report(Event::Kind::LeaderAcquired, tenure_->term(), config_.name, out);
        report(Event::Kind::NewLeader, tenure_->term(), config_.name, out);
        out.announce = Announcement{record.cluster, tenure_->term(), config_.name};
    }
    consider_changes(now, out);
}

TimePoint Election::lease_end() const {
    return tenure_ ? tenure_->lease_end(*state().record, state().id) : TimePoint::min();
}

bool Election::is_leader(TimePoint now) const {
    return tenure_ && tenure_->acquired && !handover_.giving_up() && !ledger_.failed() &&
           now < lease_end();
}

void Election::step_down(TimePoint now, const char* why, Output& out) {
    const Term term = tenure_->term();
    const bool led = tenure_->acquired;
    tenure_.reset();
    campaign_.stand_back(now, /*long_wait=*/false, random_);
    if (const auto& departure = handover_.departure(); departure && departure->request) {
        RequestDone done;
        done.request = *departure->request;
        out.done.push_back(std::move(done));
    }
    handover_.end_term();
    fail_requests(out);
    if (led) {
        report(Event::Kind::LeaderLost, term, config_.name, out);
        out.notices.push_back({Notice::Level::Info, "no longer the leader of term " +
                                                        std::to_string(term) + ": " + why});
    }
}

// ---- giving up ----

std::optional<std::uint32_t> Election::hold(TimePoint now, HolderId holder, BytesView name,
                                            Output& out) {
    catch_up(now, out);
    if (!is_leader(now) || !handover_.hold(holder, name, lease_end())) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(std::chrono::floor<milliseconds>(lease_end() - now).count());
}

void Election::released(TimePoint now, HolderId holder, Output& out) {
    catch_up(now, out);
    handover_.released(holder);
    if (tenure_ && handover_.giving_up() && !handover_.anybody(now)) {
        finish_giving_up(now, out);
    }
    settle(now, out);
}

std::string Election::give_up(TimePoint now, const Departure& departure, Output& out) {
    catch_up(now, out);
    if (!tenure_) {
        return "this node does not lead";
    }
    if (handover_.giving_up()) {
        return "leadership is already being given up";
    }
    handover_.give_up(departure);
    out.release = handover_.holders();
    if (!handover_.anybody(now)) {
        finish_giving_up(now, out);
    }
    settle(now, out);
    return "";
}

// Nobody acts any more: the voters may be told. The other order starts a second command while the
// first still has most of its lease (F13).
void Election::finish_giving_up(TimePoint now, Output& out) {
    const Record record = *state().record;
    const Departure departure = *handover_.departure();
    const Tenure::Peer* target = tenure_->peer(departure.target);
    const bool fit = target != nullptr && target->ready && target->key == record.key &&
                     tenure_->hears(departure.target, now, renewal(record.counted_lease_ms())) &&
                     record.voter(departure.target) != nullptr;
    for (const Voter& voter : record.electorate()) {
        if (voter.id != state().id) {
            send({voter.id, voter.name, Release{}}, out);
        }
    }
    if (fit) {
        send({departure.target, record.voter(departure.target)->name, TransferNow{}}, out);
    }
    const Duration promise = milliseconds(record.asked_promise_ms());
    ballot_.release(now, state().id, tenure_->term());
    campaign_.hold_off(now + std::max(departure.hold_off, 2 * (promise + spread())));
    step_down(now, "it was given up", out);
}

}  // namespace muster::election
