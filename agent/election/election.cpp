#include "agent/election/election.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "swim/assert.h"

namespace muster::election {

namespace {

State first_state(const Config& config, const Found& found, Random& random) {
    if (found.slot) {
        return found.slot->state;
    }
    State state;
    state.name = config.name;
    while (state.id == no_voter) {
        state.id = VoterId{random.next()};
    }
    return state;
}

// These neither change this voter's state nor depend on it: they never wait for its disk.
bool of_founding(const Body& body) {
    return std::holds_alternative<LockRequest>(body) || std::holds_alternative<LockAnswer>(body) ||
           std::holds_alternative<Founded>(body) || std::holds_alternative<FoundedAnswer>(body) ||
           std::holds_alternative<Cancel>(body) || std::holds_alternative<LockAsk>(body);
}

bool waits_for_no_disk(const Body& body) {
    return std::holds_alternative<AppendAnswer>(body) || std::holds_alternative<LeaderAsk>(body) ||
           std::holds_alternative<LeaderAnswer>(body);
}

void note_two_clusters(BytesView name, Output& out) {
    out.notices.push_back({Notice::Level::Error,
                           "two clusters of voters have met: " + Bytes(name) +
                               " belongs to another one (`muster leader reset` on the voters of "
                               "one of them)"});
}

}  // namespace

const char* to_string(Event::Kind kind) {
    static constexpr const char* names[] = {"leader-acquired", "leader-lost", "new-leader",
                                            "quorum-lost", "quorum-regained"};
    return names[static_cast<std::size_t>(kind)];
}

void Output::clear() {
    messages.clear();
    write.reset();
    events.clear();
    announce.reset();
    release.clear();
    done.clear();
    notices.clear();
    refused = 0;
}

Election::Election(Config config, const Found& found, TimePoint start, Random random)
    : config_(std::move(config)),
      random_(random),
      ballot_(first_state(config_, found, random_), start),
      ledger_(found),
      campaign_(spread(), start) {
    // Who was a voter stays one, whatever it is told now: others count on it.
    config_.candidate = config_.candidate || found.slot.has_value();
}

void Election::start(TimePoint now, Output& out) {
    campaign_.stand_back(now, /*long_wait=*/false, random_);
    prefer(out);
    if (founder()) {
        cancel(now, out);  // undecided: its write was the decision
    } else if (state().lock) {
        founding_.repeat_after(now);
    }
    look_around(now);
    settle(now, out);
}

void Election::receive(TimePoint now, const Endpoint& from, BytesView bytes, Output& out) {
    catch_up(now, out);
    const Result<Message> message = decode_message(bytes);
    if (!message || !meant_for_us(*message)) {
        ++out.refused;
        if (message) {
            note_stranger(now, *message, out);
        }
        return;
    }
    if (addresses_.size() < max_addresses || addresses_.count(message->head.from) != 0) {
        addresses_[message->head.from] = from;
    }
    if (ledger_.busy() && !waits_for_no_disk(message->body)) {
        if (waiting_.size() == max_waiting) {
            waiting_.pop_front();
        }
        waiting_.push_back({from, *message});
        return;
    }
    dispatch(now, from, *message, out);
    settle(now, out);
}

void Election::dispatch(TimePoint now, const Endpoint& /*from*/, const Message& message,
                        Output& out) {
    if (ledger_.failed()) {
        ++out.refused;
        return;
    }
    std::visit([&](const auto& body) { handle(now, message, body, out); }, message.body);
}

bool Election::meant_for_us(const Message& message) const {
    const Head& head = message.head;
    if (of_our_attempt(message.body)) {
        return true;
    }
    if (head.to != state().id || head.from == state().id) {
        return false;
    }
    if (std::holds_alternative<LeaderAnswer>(message.body)) {
        return true;
    }
    if (!config_.candidate) {
        return false;
    }
    if (of_founding(message.body) || std::holds_alternative<LeaderAsk>(message.body)) {
        return true;
    }
    if (state().record) {
        return head.cluster == state().record->cluster;
    }
    if (state().lock) {
        return false;
    }
    // Without a record: a spare, that the leader of some cluster wants.
    const auto* append = std::get_if<Append>(&message.body);
    return append != nullptr && append->record && append->record->cluster == head.cluster &&
           (!config_.cluster || *config_.cluster == head.cluster);
}

// A recovery gives its voters new ids: who has its decision yet or not is known by the attempt.
bool Election::of_our_attempt(const Body& body) const {
    const auto known = [this](ClusterId attempt) {
        return attempt != no_cluster &&
               (attempt == state().decided || (state().lock && state().lock->attempt == attempt));
    };
    if (const auto* founded = std::get_if<Founded>(&body)) {
        return known(founded->attempt);
    }
    if (const auto* answer = std::get_if<FoundedAnswer>(&body)) {
        return known(answer->attempt);
    }
    const auto* ask = std::get_if<LockAsk>(&body);
    return ask != nullptr && known(ask->attempt);
}

// What a leader of another cluster, or its voters, say to us by mistake shows that there are two.
void Election::note_stranger(TimePoint now, const Message& message, Output& out) {
    const Head& head = message.head;
    if (head.to != state().id || !state().record || head.cluster == state().record->cluster ||
        head.cluster == no_cluster || of_founding(message.body)) {
        return;
    }
    greatest_foreign_term_ = std::max(greatest_foreign_term_, head.term);
    const bool leads = std::holds_alternative<Append>(message.body);
    if (knowledge_.seen(head.cluster, leads ? head.term : 0, leads ? head.from_name : "", now)) {
        note_two_clusters(head.from_name, out);
    }
}

// What the marks say: which clusters there are, and who leads the others.
void Election::note_marks(const Seen& member, Output& out) {
    const std::vector<ClusterId> found = knowledge_.marked(view_.clusters());
    const Mark& mark = member.mark;
    if (!state().record || !member.alive || !mark.candidate || mark.cluster == no_cluster ||
        mark.cluster == state().record->cluster) {
        return;
    }
    if (std::find(found.begin(), found.end(), mark.cluster) != found.end()) {
        note_two_clusters(member.name, out);
    }
    send({mark.id, member.name, LeaderAsk{++questions_}}, out);
}

void Election::stored(TimePoint now, std::uint64_t ticket, Output& out) {
    catch_up(now, out);
    if (!ledger_.stored(ticket)) {
        return;
    }
    const std::vector<Letter> due = std::exchange(gated_, {});
    for (const Letter& letter : due) {
        send(letter, out);
    }
    if (campaign_.phase() == Campaign::Phase::Standing) {
        ask_votes(now, out);
    }
    if (tenure_) {
        advance(now, out);
    }
    drain(now, out);
    settle(now, out);
}

void Election::store_failed(TimePoint now, std::uint64_t ticket, Output& out) {
    catch_up(now, out);
    if (!ledger_.fail(ticket)) {
        return;
    }
    gated_.clear();
    waiting_.clear();
    out.notices.push_back({Notice::Level::Error,
                           "the election state could not be written: this node does not vote or "
                           "lead until musterd is restarted (is its disk failing?)"});
    campaign_.stand_back(now, /*long_wait=*/true, random_);
    if (tenure_) {
        step_down(now, "its election state could not be written", out);
    }
}

// What waited for the disk, until one of them needs it again.
void Election::drain(TimePoint now, Output& out) {
    while (!waiting_.empty() && ledger_.holds(ballot_.state)) {
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        if (meant_for_us(next.message)) {
            dispatch(now, next.from, next.message, out);
        }
    }
}

void Election::settle(TimePoint /*now*/, Output& out) {
    if (config_.candidate && !ledger_.busy() && !ledger_.failed() &&
        !ledger_.holds(ballot_.state)) {
        out.write = ledger_.write(ballot_.state);
    }
}

// A lease that has run out stays so, however late it is noticed and whatever answers come now.
void Election::catch_up(TimePoint now, Output& out) {
    if (tenure_ && tenure_->acquired && now >= lease_end()) {
        step_down(now, "its lease ran out: no majority answered in time", out);
    }
}

void Election::tick(TimePoint now, Output& out) {
    catch_up(now, out);
    if (tenure_ && !tenure_->acquired && now >= acquisition_due()) {
        step_down(now, "no majority accepted it", out);
    }
    if (tenure_ && handover_.giving_up() && !handover_.anybody(now)) {
        finish_giving_up(now, out);
    }
    if (tenure_ && now >= renewal_due()) {
        renew(now, out);
    }
    if (tenure_) {
        consider_changes(now, out);
        consider_successor(now, out);
    }
    if (!ledger_.busy() && !ledger_.failed()) {
        tick_founding(now, out);
    }
    if (!tenure_ && !ledger_.busy() && !ledger_.failed() && now >= campaign_.due(ballot_)) {
        attempt(now, out);
    }
    settle(now, out);
}

TimePoint Election::next_deadline() const {
    if (ledger_.failed()) {
        return never;
    }
    if (!tenure_) {
        if (ledger_.busy()) {
            return never;
        }
        TimePoint next = std::min(campaign_.due(ballot_), founding_.repeat_at());
        if (founder()) {
            next = std::min(next, founding_.give_up_at());
        }
        return state().lock || state().record ? next : std::min(next, founding_.due());
    }
    TimePoint next = std::min(renewal_due(), tenure_->acquired ? lease_end() : acquisition_due());
    if (handover_.giving_up()) {
        next = std::min(next, handover_.ends());
    }
    return next;
}

// ---- hints ----

void Election::saw(TimePoint now, const Seen& member, Output& out) {
    catch_up(now, out);
    if (!view_.saw(member)) {
        return;
    }
    note_marks(member, out);
    look_around(now);
}

void Election::gone(TimePoint now, BytesView name, Output& out) {
    catch_up(now, out);
    if (view_.gone(name)) {
        note_marks({}, out);
        look_around(now);
    }
}

void Election::joined(TimePoint now, Output& out) {
    catch_up(now, out);
    joined_ = true;
    look_around(now);
}

// ---- sending ----

void Election::send(const Letter& letter, Output& out) {
    Message message;
    message.head.cluster = state().record ? state().record->cluster : no_cluster;
    message.head.from = state().id;
    message.head.from_name = config_.name;
    message.head.to = letter.to;
    message.head.term = state().term;
    message.body = letter.body;
    Outgoing outgoing{letter.to, letter.to_name, {}, encode(message)};
    const auto known = addresses_.find(letter.to);
    if (known != addresses_.end()) {
        outgoing.address = known->second;
    }
    out.messages.push_back(std::move(outgoing));
}

// Sends what tells of this voter's state: when that state is on the disk.
void Election::post(const Letter& letter, Output& out) {
    if (ledger_.holds(ballot_.state)) {
        send(letter, out);
    } else {
        gated_.push_back(letter);
    }
}

void Election::reply(const Message& to, Body body, Output& out) {
    post({to.head.from, to.head.from_name, std::move(body)}, out);
}

void Election::report(Event::Kind kind, Term term, BytesView leader, Output& out) const {
    const ClusterId cluster = state().record ? state().record->cluster : no_cluster;
    out.events.push_back({kind, cluster, term, Bytes(leader)});
}

}  // namespace muster::election
