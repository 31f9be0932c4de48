#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/cluster/tags.h"
#include "agent/node_parts.h"
#include "swim/assert.h"

namespace muster {

Effects Node::Parts::take() {
    if (spare.empty()) {
        return {};
    }
    Effects effects = std::move(spare.back());
    spare.pop_back();
    return effects;
}

// What the Serf layer must know of SWIM's.
cluster::Config Node::Parts::cluster_config(const NodeConfig& config) {
    cluster::Config cluster = config.cluster;
    cluster.gossip_interval = config.swim.gossip_interval;
    return cluster;
}

// What is refused has left nothing to be done.
Result<Effects> Node::Parts::finish(TimePoint now, std::optional<Error> refused) {
    if (refused) {
        return *std::move(refused);
    }
    Effects effects = take();
    settle(now, effects);
    return effects;
}

// What others must know of this node as a voter is told when it has changed.
bool Node::Parts::refresh_mark(TimePoint now, Effects& effects) {
    Bytes wanted = election.mark();
    if (wanted == mark || left) {
        return false;
    }
    mark = std::move(wanted);
    const Result<Bytes> changed = meta_of(tags);
    MUSTER_ASSERT(changed.has_value());
    announce(now, std::nullopt, *changed, effects);
    return true;
}

void Node::Parts::leave_when_free(TimePoint now) {
    if (leave_request && election.may_leave(now)) {
        cluster.leave(now, *std::exchange(leave_request, std::nullopt), up);
    }
}

void Node::Parts::settle(TimePoint now, Effects& effects) {
    leave_when_free(now);
    bool quiet = false;
    while (!quiet) {
        hand_up(now, effects);
        election.talk(now, up);
        quiet = up.broadcasts.empty() && !up.attempt && !up.leave_wire;
        hand_down(now, effects);
        quiet = !refresh_mark(now, effects) && !election.talks() && quiet;
    }
    turn_rings(now, effects);
    last_input = now;
    swim.set_user_population(cluster.members().table().size());
    effects.remember = remembering.pending(own_memory());
}

// What swim noticed goes to the Serf layer.
void Node::Parts::hand_up(TimePoint now, Effects& effects) {
    swim::Output& wire = effects.wire;
    for (const swim::UserState& state : wire.user_states) {
        if (state.join && state.ours) {
            cluster.expect_held(now, state.payload);
        }
    }
    for (const swim::WireEvent& event : wire.events) {
        cluster::WireRecord record;
        if (const swim::Member* member = swim.table().find(event.name)) {
            // While we move, the others are told of another address than that where we are.
            const bool ours = member == &swim.self();
            record = {ours ? swim.here() : member->endpoint, member->meta, member->versions};
        }
        cluster.wire_event(now, event, record, up);
    }
    wire.events.clear();
    for (const swim::UserMessage& message : wire.user_messages) {
        if (!election.receive(now, message, effects)) {
            cluster.user_message(now, message.payload, up);
        }
    }
    wire.user_messages.clear();
    for (const swim::UserState& state : wire.user_states) {
        const bool joins_fresh = state.join && state.ours && !joins.replays(state.id);
        cluster.merge_user_state(now, state.payload, joins_fresh, up);
    }
    wire.user_states.clear();
    measure(effects);
    for (const swim::Refusal& refusal : wire.refusals) {
        effects.notices.push_back(
            {Notice::Level::Warning, "the state that " + refusal.peer.to_string() +
                                         " sent was not merged: " + refusal.error});
    }
    wire.refusals.clear();
    if (wire.lives_elsewhere) {
        effects.notices.push_back(
            {Notice::Level::Error,
             "another agent answers to the name " + config.swim.name + " at " +
                 wire.lives_elsewhere->to_string() +
                 ", where this one believed itself to have been: its data directory is a copy of "
                 "that one's (give it another --node and an empty --data-dir)"});
        wire.lives_elsewhere.reset();
    }
    // These start new exchanges and finish more tickets: taken over first.
    const auto exchanged_now = std::exchange(wire.exchanges, {});
    const auto pinged_now = std::exchange(wire.pings, {});
    const auto finished_now = std::exchange(wire.finished, {});
    for (const swim::ExchangeResult& result : exchanged_now) {
        exchanged(now, result, effects);
    }
    for (const swim::PingResult& ping : pinged_now) {
        if (!renamed.pinged(now, ping, effects) && !rejoin.pinged(now, ping, effects.wire)) {
            retries.pinged(now, ping, effects.wire);
        }
    }
    if (std::exchange(wire.arrived, false)) {
        cluster.arrived(now, up);
    }
    renamed.turn(now, up, effects.wire);
    for (const std::uint64_t ticket : finished_now) {
        finished(now, ticket, effects);
    }
}

// Where members stand follows from how long our probes took.
void Node::Parts::measure(Effects& effects) {
    const swim::Output& wire = effects.wire;
    for (const swim::RoundTrip& trip : wire.round_trips) {
        const BytesView name = wire.name(trip);
        if (cluster.members().find(name) != nullptr &&
            !coordinates.observe(name, wire.payload(trip), trip.time)) {
            effects.notices.push_back(
                {Notice::Level::Info, "the coordinate that " + Bytes(name) +
                                          " sent with an ack cannot be read: it is passed over"});
        }
    }
    effects.wire.round_trips.clear();
}

// What the Serf layer wants goes to swim, or out.
void Node::Parts::hand_down(TimePoint now, Effects& effects) {
    for (const cluster::Broadcast& broadcast : up.broadcasts) {
        swim.broadcast(now, static_cast<swim::Tier>(broadcast.tier), broadcast.message,
                       broadcast.id, effects.wire);
    }
    for (const cluster::Direct& direct : up.directs) {
        swim.send(direct.to, direct.message, effects.wire);
    }
    if (up.attempt) {
        swim.ping_by_name(now, up.attempt->name, up.attempt->endpoint, effects.wire);
    }
    if (up.leave_wire) {
        const bool alone = swim.table().live() <= 1;
        swim.leave(now, leave_ticket, effects.wire);
        if (alone) {
            effects.wire.finished.push_back(leave_ticket);
        }
    }
    for (const MemberEvent& event : up.events) {
        election.saw(now, event, effects);
    }
    for (const cluster::HeardEvent& event : up.user_events) {
        election.heard(now, event, effects);
    }
    keep_ring_queries(now);
    for (const Bytes& name : up.pruned) {
        report_again(now, name);
    }
    const auto append = [](auto& from, auto& to) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    for (const MemberEvent& event : up.events) {
        if (event.kind == MemberEvent::Kind::Reap) {
            coordinates.forget(event.name);
        }
    }
    append(up.events, effects.events);
    append(up.conflicts, effects.conflicts);
    append(up.user_events, effects.user_events);
    append(up.queries, effects.queries);
    append(up.answers, effects.answers);
    append(up.key_requests, effects.key_requests);
    append(up.key_reports, effects.key_reports);
    append(up.done, effects.done);
    append(up.notices, effects.notices);
    for (const swim::PacketFault& fault : up.faults) {
        ++message_faults[static_cast<std::size_t>(fault.fault)];
    }
    effects.resolve_seeds = effects.resolve_seeds || up.resolve_seeds;
    effects.left = effects.left || up.left;
    effects.name_lost = effects.name_lost || up.name_lost;
    up.clear();
}

void Node::Parts::report_again(TimePoint now, BytesView name) {
    using Kind = swim::WireEvent::Kind;
    const swim::Member* member = swim.table().find(name);
    if (member == nullptr || !member->is_live()) {
        return;
    }
    swim::WireEvent event{Kind::Join,
                          member->name,
                          swim::State::Dead,
                          swim::State::Alive,
                          member->incarnation,
                          {swim::CauseKind::Alive, {}, {}},
                          {}};
    cluster.wire_event(now, event, {member->endpoint, member->meta, member->versions}, up);
    if (member->state == swim::State::Suspect) {
        event.kind = Kind::Suspect;
        event.from = swim::State::Alive;
        event.to = swim::State::Suspect;
        event.cause.kind = swim::CauseKind::Accused;
        cluster.wire_event(now, event, {}, up);
    }
}

void Node::Parts::finished(TimePoint now, std::uint64_t ticket, Effects& effects) {
    if (ticket == leave_ticket) {
        cluster.wire_left(now, up);
        return;
    }
    const auto update = std::find_if(updates.begin(), updates.end(), [&](const Update& candidate) {
        return candidate.ticket == ticket;
    });
    if (update != updates.end()) {
        effects.done.push_back({update->request, 0, {}, {}});
        updates.erase(update);
        return;
    }
    cluster.transmitted(now, ticket, up);
}

void Node::Parts::exchanged(TimePoint now, const swim::ExchangeResult& result, Effects& effects) {
    if (result.error.empty()) {
        election.joined(now, effects);
    }
    const bool had_rejoined = rejoin.has_succeeded();
    const bool asked_for = joins.exchanged(now, result, up, effects) ||
                           rejoin.exchanged(now, result, effects.wire) ||
                           retries.exchanged(now, result, effects.wire);
    if (!had_rejoined && rejoin.has_succeeded()) {
        cluster.joined(now, /*announce=*/true, up);
    }
    first_join_over = first_join_over || joins.has_ended() || rejoin.has_succeeded();
    if (!asked_for && !result.error.empty()) {
        effects.notices.push_back(
            {Notice::Level::Info,
             "exchange of state with " + result.peer.to_string() + " failed: " + result.error});
    }
}

void Node::Parts::announce(TimePoint now, std::optional<RequestId> request, const Bytes& meta,
                           Effects& effects) {
    remembering.note_own();
    const std::uint64_t ticket = ++last_update;
    if (request) {
        updates.push_back({ticket, *request, now + config.cluster.broadcast_timeout});
    }
    const bool alone = swim.table().live() <= 1;
    swim.update(now, meta, ticket, effects.wire);
    if (alone) {
        effects.wire.finished.push_back(ticket);
    }
}

void Node::Parts::expire_updates(TimePoint now, Effects& effects) {
    std::erase_if(updates, [&](const Update& update) {
        if (now < update.deadline) {
            return false;
        }
        // It is on its way with whatever is sent next: nothing is undone.
        effects.done.push_back({update.request, 0, {}, {}});
        return true;
    });
}

}  // namespace muster
