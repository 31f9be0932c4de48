#include "agent/cluster/cluster.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "swim/assert.h"

namespace muster::cluster {
namespace {

using Phase = GracefulLeave::Phase;

LamportTime status_time(const PushPull& state, BytesView name) {
    const auto entry = std::lower_bound(
        state.status_ltimes.begin(), state.status_ltimes.end(), name,
        [](const PushPull::StatusTime& time, BytesView wanted) { return time.name < wanted; });
    return entry != state.status_ltimes.end() && entry->name == name ? entry->ltime : 0;
}

}  // namespace

void Cluster::refuse(swim::Fault fault, std::string detail, Output& out) {
    out.faults.push_back({fault, std::move(detail)});
}

Cluster::Cluster(const Config& config, Bytes name, bool has_seeds, Random random)
    : config_(config),
      name_(std::move(name)),
      has_seeds_(has_seeds),
      rumours_(config.event_buffer, config.query_buffer),
      coalescer_(config.user_coalesce_period, config.user_quiescent_period),
      members_(config.max_members),
      queries_(config, name_, random.split()),
      intents_(config.max_intents_size),
      book_(config, random.split()),
      seeds_(config, random.split()),
      leave_(config) {
    clock_.increment();
}

// ---- inputs from the wire ----

void Cluster::wire_event(TimePoint now, const swim::WireEvent& event, const WireRecord& record,
                         Output& out) {
    using Kind = swim::WireEvent::Kind;
    note_own_address(event, record);
    note_restlessness(now, event, record);
    switch (event.kind) {
        case Kind::Join: {
            const std::size_t before = out.events.size();
            const bool held = returns_held(now, event, record);
            members_.joined(now, event, record, intents_.find(event.name), out.events, held);
            forget_erased(before, out);
            book_.forget(event.name);
            pruned_.erase(event.name);
            break;
        }
        case Kind::Leave:
            member_left_wire(now, event, out);
            pruned_.erase(event.name);
            break;
        case Kind::Update:
            members_.updated(event, record, out.events);
            break;
        case Kind::Suspect:
            members_.suspected(event, out.events);
            break;
        case Kind::Cleared:
            members_.cleared(event, out.events);
            break;
        case Kind::Refreshed:
            members_.refreshed(event);
            break;
        case Kind::Conflict: {
            const Member* member = members_.find(event.name);
            out.conflicts.push_back(
                {event.name, member != nullptr ? member->endpoint : Endpoint{}, event.other});
            dispute(now, event, out);
            break;
        }
    }
    count_members(now);
}

void Cluster::member_left_wire(TimePoint now, const swim::WireEvent& event, Output& out) {
    const Member* member = members_.find(event.name);
    const bool was_here =
        member != nullptr && (member->status == Status::Alive || member->status == Status::Leaving);
    members_.left(now, event, out.events);
    if (!was_here || event.name == name_) {
        return;
    }
    if (member->status == Status::Failed) {
        book_.remember(now, event.name, member->endpoint);
        holds_.failed(event.name, member->status_ltime);
    } else {
        holds_.forget(event.name);
    }
}

void Cluster::user_message(TimePoint now, BytesView message, Output& out) {
    if (message.empty()) {
        return;
    }
    switch (static_cast<MessageType>(octet(message.front()))) {
        case MessageType::Leave: {
            const Result<Leave> leave = decode_leave(message);
            if (!leave) {
                return refuse(swim::Fault::Body, leave.error().text, out);
            }
            return hear_message(now, leave->node, {Intent::Kind::Leave, leave->ltime, leave->prune},
                                message, out);
        }
        case MessageType::Join: {
            const Result<Join> join = decode_join(message);
            if (!join) {
                return refuse(swim::Fault::Body, join.error().text, out);
            }
            return hear_message(now, join->node, {Intent::Kind::Join, join->ltime, /*prune=*/false},
                                message, out);
        }
        case MessageType::UserEvent:
            return hear_event(now, message, out);
        case MessageType::Query:
            return hear_query(now, message, out);
        case MessageType::QueryResponse:
            return hear_answer(now, message, out);
        case MessageType::Relay:
            return carry_relayed(message, out);
        case MessageType::PushPull:
        case MessageType::ConflictResponse:
        case MessageType::KeyRequest:
        case MessageType::KeyResponse:
            break;
    }
    refuse(swim::Fault::UnknownType,
           "user message: expected a type that is gossiped, found " +
               std::to_string(octet(message.front())),
           out);
}

void Cluster::hear_message(TimePoint now, BytesView name, const Intent& intent, BytesView message,
                           Output& out) {
    if (name.empty() || intent.ltime == lamport_end) {
        return refuse(swim::Fault::Body,
                      name.empty() ? "intent message, field Node: expected a name, found none"
                                   : "intent message, field LTime: expected a time that another "
                                     "can follow, found the last one",
                      out);
    }
    if (hear(now, name, intent, out)) {
        out.broadcasts.push_back({Tier::Intent, no_broadcast, Bytes(message)});
    }
    count_members(now);
}

bool Cluster::hear(TimePoint now, BytesView name, Intent intent, Output& out) {
    clock_.witness(intent.precedence());
    const bool leaves = intent.kind == Intent::Kind::Leave;
    const bool ours = name == name_;
    const Member* member = members_.find(name);
    if (member == nullptr) {
        const bool news = intents_.add(now, name, intent);
        if (news && leaves) {
            book_.forget(name);
        }
        return news;
    }
    if (ours && leaves && running()) {
        if (intent.precedence() > member->status_ltime) {
            announce_join(now, out);
        }
        return false;
    }
    intent.prune = intent.prune && !ours;
    const Verdict verdict = members_.apply(
        now, name, intent, config_.broadcast_timeout + config_.leave_propagate_delay, out.events);
    if (verdict.applied && leaves) {
        book_.forget(name);
    }
    if (verdict.applied && !ours) {
        note_intent(now, name, intent, out);
    }
    return verdict.rebroadcast;
}

void Cluster::merge_user_state(TimePoint now, BytesView bytes, bool join_of_ours, Output& out) {
    if (bytes.empty()) {
        return;
    }
    swim::Scratch scratch;
    const Result<PushPull> state = decode_push_pull(bytes, scratch);
    if (!state) {
        return refuse(swim::Fault::Body, state.error().text, out);
    }
    witness_unused(clock_, state->ltime);
    rumours_.witness(state->event_ltime, state->query_ltime);

    const auto merge = [&](BytesView name, const Intent& intent) {
        if (!name.empty() && intent.precedence() != lamport_end) {
            hear(now, name, intent, out);
        }
    };
    // The time of a leave is not always in the state, but it is later than that of the join before
    // it. Of who is known to have left this is no news; of others the member's time stays what the
    // state says. In the reference it becomes one more, with each exchange: past the time of a
    // prune, which is then ignored.
    for (BytesView name : state->left_members) {
        const Member* member = members_.find(name);
        if (member != nullptr && member->status == Status::Left && !member->recalled) {
            continue;
        }
        merge(name, {Intent::Kind::Leave, status_time(*state, name), /*prune=*/false,
                     /*inferred=*/true});
    }
    std::vector<BytesView> left = state->left_members;
    std::sort(left.begin(), left.end());
    for (const PushPull::StatusTime& time : state->status_ltimes) {
        if (!std::binary_search(left.begin(), left.end(), time.name)) {
            merge(time.name, {Intent::Kind::Join, time.ltime, /*prune=*/false});
        }
    }
    if (join_of_ours) {
        rumours_.ignore_events_before(state->event_ltime);
    }
    merge_events(now, *state, out);
    count_members(now);
}

void Cluster::user_state(Bytes& out, std::optional<TimePoint> now) const {
    PushPull state;
    state.ltime = clock_.time();
    rumours_.fill(state);
    state.status_ltimes.reserve(members_.table().size());
    for (const auto& [name, member] : members_.table()) {
        state.status_ltimes.push_back({name, member.status_ltime});
        // A leave remembered from before our start may be of a life that has been followed by
        // another: it is not for us to tell.
        if (member.status == Status::Left && !member.recalled) {
            state.left_members.push_back(name);
        }
    }
    if (now) {
        state.held = holds_.told(*now);
    }
    encode(state, out);
}

void Cluster::transmitted(TimePoint now, BroadcastId id, Output& out) {
    const Phase before = leave_.phase();
    leave_.transmitted(now, id);
    tell_phase(before, out);
    forced_.transmitted(id, out.done);
}

bool Cluster::try_acked(TimePoint /*now*/, BytesView name) {
    return book_.acked(name) && running();
}

void Cluster::try_timed_out(TimePoint /*now*/, BytesView name) {
    book_.timed_out(name);
}

void Cluster::wire_left(TimePoint now, Output& out) {
    const Phase before = leave_.phase();
    leave_.wire_left(now);
    tell_phase(before, out);
}

// ---- time ----

void Cluster::start(TimePoint now, Output& out) {
    reap_due_ = now + config_.reap_interval;
    if (has_seeds_) {
        seeds_.start(now);
        out.resolve_seeds = seeds_.tick(now);
    }
}

void Cluster::tick(TimePoint now, Output& out) {
    prune(now, out);
    reap(now, out);
    release_held(now, out);
    count_members(now);
    forced_.tick(now, out.done);
    coalescer_.tick(now, out.user_events);
    queries_.tick(now, out);
    const Phase before = leave_.phase();
    leave_.tick(now);
    if (leave_.phase() != before && leave_.phase() != Phase::Left) {
        out.notices.push_back(
            {Notice::Level::Warning,
             "leaving: the others may not all have heard of it in time; going on"});
    }
    tell_phase(before, out);
    if (running()) {
        if (auto attempt = book_.next(now)) {
            out.attempt = std::move(attempt);
        }
        out.resolve_seeds = seeds_.tick(now) || out.resolve_seeds;
    }
}

TimePoint Cluster::next_deadline() const {
    const TimePoint deadline =
        std::min({reap_due_, members_.next_prune(), forced_.next_deadline(), leave_.next_deadline(),
                  coalescer_.next_deadline(), queries_.next_deadline(), holds_.next_deadline()});
    return running() ? std::min({deadline, book_.next_deadline(), seeds_.next_deadline()})
                     : deadline;
}

void Cluster::prune(TimePoint now, Output& out) {
    const std::size_t before = out.events.size();
    members_.prune(now, out.events);
    for (std::size_t i = before; i < out.events.size(); ++i) {
        const MemberEvent& event = out.events[i];
        book_.forget(event.name);
        // Who is held out is there, though it is reported failed.
        const bool is_there = event.from == Status::Leaving || holds_.held(event.name);
        holds_.forget(event.name);
        if (is_there) {
            pruned_[event.name] = now + config_.leaving_timeout;
        }
    }
}

// A failed member that is reaped is still tried: that is what the address book is for.
void Cluster::reap(TimePoint now, Output& out) {
    if (now < reap_due_) {
        return;
    }
    reap_due_ = now + config_.reap_interval;
    const std::size_t before = out.events.size();
    members_.reap(now, config_.reconnect_timeout, config_.tombstone_timeout, out.events);
    forget_erased(before, out);
    holds_.sweep(now);
    if (running()) {
        members_.unleave(now, config_.leaving_timeout);
        count_members(now);
    }
    intents_.expire(now, config_.recent_intent_timeout);
    // Who was pruned and is silent has failed on the wire by now. Who is there never heard of it:
    // the reference would not see that member until its next life.
    std::erase_if(pruned_, [&](const auto& entry) {
        if (now < entry.second) {
            return false;
        }
        out.pruned.push_back(entry.first);
        return true;
    });
}

void Cluster::count_members(TimePoint now) {
    const std::size_t alive = members_.count(Status::Alive);
    book_.count(alive);
    seeds_.count(now, alive, book_.size());
}

}  // namespace muster::cluster
