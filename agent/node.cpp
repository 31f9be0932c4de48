#include "agent/node.h"

#include <algorithm>
#include <utility>

#include "agent/cluster/cluster.h"
#include "agent/joins.h"
#include "agent/retries.h"
#include "swim/assert.h"
#include "swim/swim.h"

namespace muster {

namespace {

// Tickets of broadcasts: the Serf layer counts up from 1, swim has the top bit, the node the next
// ones.
constexpr std::uint64_t leave_ticket = std::uint64_t{1} << 62U;
constexpr std::uint64_t update_ticket_base = std::uint64_t{1} << 61U;

std::size_t at(swim::Fault fault) {
    return static_cast<std::size_t>(fault);
}

}  // namespace

// Glue, and no rule: hands what one part answers to the other until both are quiet.
struct Node::Parts final : swim::LocalState {
    explicit Parts(NodeConfig given)
        : config(std::move(given)),
          random(config.seed),
          swim(config.swim, *this, random.split()),
          cluster(config.cluster, config.swim.name, config.has_seeds, random.split()),
          tags(config.tags),
          joins(swim, cluster),
          retries(swim, cluster) {}

    void append_user_state(bool /*join*/, Bytes& out) const override { cluster.user_state(out); }
    void append_ack_payload(Bytes& /*out*/) const override {
    }  // coordinates come with a later issue

    // An update of our tags whose sending is waited for.
    struct Update {
        std::uint64_t ticket = 0;
        RequestId request = 0;
        TimePoint deadline{};
    };

    Effects take();
    void settle(TimePoint now, Effects& effects);
    void hand_up(TimePoint now, Effects& effects);
    void hand_down(TimePoint now, Effects& effects);
    void report_again(TimePoint now, BytesView name);
    void finished(TimePoint now, std::uint64_t ticket, Effects& effects);
    void exchanged(TimePoint now, const swim::ExchangeResult& result, Effects& effects);
    void expire_updates(TimePoint now, Effects& effects);

    const NodeConfig config;
    Random random;
    swim::Swim swim;
    cluster::Cluster cluster;
    cluster::Tags tags;
    cluster::Output up;  // what the Serf layer wants done
    Joins joins;
    Retries retries;
    std::vector<Update> updates;
    std::uint64_t last_update = update_ticket_base;
    std::vector<Effects> spare;
    std::uint64_t message_faults[swim::fault_count] = {};
};

Effects Node::Parts::take() {
    if (spare.empty()) {
        return {};
    }
    Effects effects = std::move(spare.back());
    spare.pop_back();
    return effects;
}

void Node::Parts::settle(TimePoint now, Effects& effects) {
    while (true) {
        hand_up(now, effects);
        const bool quiet = up.broadcasts.empty() && !up.attempt && !up.leave_wire;
        hand_down(now, effects);
        if (quiet) {
            break;
        }
    }
    swim.set_user_population(cluster.members().table().size());
}

// What swim noticed goes to the Serf layer.
void Node::Parts::hand_up(TimePoint now, Effects& effects) {
    swim::Output& wire = effects.wire;
    for (const swim::WireEvent& event : wire.events) {
        cluster::WireRecord record;
        if (const swim::Member* member = swim.table().find(event.name)) {
            record = {member->endpoint, member->meta, member->versions};
        }
        cluster.wire_event(now, event, record, up);
    }
    wire.events.clear();
    for (const swim::UserMessage& message : wire.user_messages) {
        cluster.user_message(now, message.payload, up);
    }
    wire.user_messages.clear();
    for (const swim::UserState& state : wire.user_states) {
        cluster.merge_user_state(now, state.payload, state.join && state.ours, up);
    }
    wire.user_states.clear();
    wire.round_trips.clear();
    for (const swim::Refusal& refusal : wire.refusals) {
        effects.notices.push_back(
            {Notice::Level::Warning, "the state that " + refusal.peer.to_string() +
                                         " sent was not merged: " + refusal.error});
    }
    wire.refusals.clear();
    // These start new exchanges and finish more tickets: taken over first.
    const auto exchanged_now = std::exchange(wire.exchanges, {});
    const auto pinged_now = std::exchange(wire.pings, {});
    const auto finished_now = std::exchange(wire.finished, {});
    for (const swim::ExchangeResult& result : exchanged_now) {
        exchanged(now, result, effects);
    }
    for (const swim::PingResult& ping : pinged_now) {
        retries.pinged(now, ping, effects.wire);
    }
    for (const std::uint64_t ticket : finished_now) {
        finished(now, ticket, effects);
    }
}

// What the Serf layer wants goes to swim, or out.
void Node::Parts::hand_down(TimePoint now, Effects& effects) {
    for (const cluster::Broadcast& broadcast : up.broadcasts) {
        swim.broadcast(now, static_cast<swim::Tier>(broadcast.tier), broadcast.message,
                       broadcast.id, effects.wire);
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
    for (const Bytes& name : up.pruned) {
        report_again(now, name);
    }
    const auto append = [](auto& from, auto& to) {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    };
    append(up.events, effects.events);
    append(up.conflicts, effects.conflicts);
    append(up.done, effects.done);
    append(up.notices, effects.notices);
    for (const swim::PacketFault& fault : up.faults) {
        ++message_faults[at(fault.fault)];
    }
    effects.resolve_seeds = effects.resolve_seeds || up.resolve_seeds;
    effects.left = effects.left || up.left;
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
    const bool asked_for =
        joins.exchanged(now, result, up, effects) || retries.exchanged(now, result, effects.wire);
    if (!asked_for && !result.error.empty()) {
        effects.notices.push_back(
            {Notice::Level::Info,
             "exchange of state with " + result.peer.to_string() + " failed: " + result.error});
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

Node::Node(NodeConfig config) : parts_(std::make_unique<Parts>(std::move(config))) {}
Node::~Node() = default;
Node::Node(Node&&) noexcept = default;

Effects Node::receive(TimePoint now, const Endpoint& from, BytesView packet) {
    Effects effects = parts_->take();
    parts_->swim.receive(now, from, packet, effects.wire);
    parts_->settle(now, effects);
    return effects;
}

void Node::refused(swim::Fault fault) {
    parts_->swim.refused(fault);
}

Effects Node::receive_stream(TimePoint now, swim::StreamId id, const Endpoint& from,
                             const swim::StreamMessage& message) {
    Effects effects = parts_->take();
    parts_->swim.receive_stream(now, id, from, message, effects.wire);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::stream_failed(TimePoint now, swim::StreamId id, const std::string& error) {
    Effects effects = parts_->take();
    parts_->swim.stream_failed(now, id, error, effects.wire);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::stream_refused(TimePoint now, swim::StreamId id, const swim::StreamFault& fault) {
    Effects effects = parts_->take();
    if (id.inbound) {
        parts_->swim.stream_refused(id, fault, effects.wire);
    } else {
        parts_->swim.refused(fault.fault);
        parts_->swim.stream_failed(now, id, "its answer cannot be read: " + fault.detail,
                                   effects.wire);
    }
    parts_->settle(now, effects);
    return effects;
}

Effects Node::start(TimePoint now) {
    Effects effects = parts_->take();
    const auto meta = cluster::encode_tags(parts_->tags);
    MUSTER_ASSERT(meta.has_value());
    parts_->swim.start(now, *meta, effects.wire);
    parts_->cluster.start(now, parts_->up);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::tick(TimePoint now) {
    Effects effects = parts_->take();
    parts_->swim.tick(now, effects.wire);
    parts_->cluster.tick(now, parts_->up);
    parts_->expire_updates(now, effects);
    parts_->settle(now, effects);
    return effects;
}

TimePoint Node::next_deadline() const {
    TimePoint next = std::min(parts_->swim.next_deadline(), parts_->cluster.next_deadline());
    for (const Parts::Update& update : parts_->updates) {
        next = std::min(next, update.deadline);
    }
    return next;
}

Effects Node::join(TimePoint now, RequestId request, std::span<const Endpoint> peers) {
    Effects effects = parts_->take();
    parts_->joins.start(now, request, peers, effects);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::seeds_resolved(TimePoint now, std::span<const Endpoint> seeds) {
    Effects effects = parts_->take();
    parts_->joins.start(now, std::nullopt, seeds, effects);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::leave(TimePoint now, RequestId request) {
    Effects effects = parts_->take();
    parts_->cluster.leave(now, request, parts_->up);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::force_leave(TimePoint now, RequestId request, BytesView name, bool prune) {
    Effects effects = parts_->take();
    parts_->cluster.force_leave(now, request, name, prune, parts_->up);
    parts_->settle(now, effects);
    return effects;
}

Result<Effects> Node::set_tags(TimePoint now, RequestId request, const cluster::Tags& tags) {
    const auto meta = cluster::encode_tags(tags);
    if (!meta) {
        return meta.error();
    }
    Effects effects = parts_->take();
    parts_->tags = tags;
    const std::uint64_t ticket = ++parts_->last_update;
    parts_->updates.push_back({ticket, request, now + parts_->config.cluster.broadcast_timeout});
    const bool alone = parts_->swim.table().live() <= 1;
    parts_->swim.update(now, *meta, ticket, effects.wire);
    if (alone) {
        effects.wire.finished.push_back(ticket);
    }
    parts_->settle(now, effects);
    return effects;
}

Effects Node::set_advertise(TimePoint now, const Endpoint& advertise) {
    Effects effects = parts_->take();
    parts_->swim.move(now, advertise, effects.wire);
    parts_->settle(now, effects);
    return effects;
}

// Nothing is gated yet, so no ticket is out.
Effects Node::stored(TimePoint /*now*/, std::uint64_t /*ticket*/) {
    return parts_->take();
}

Effects Node::store_failed(TimePoint /*now*/, std::uint64_t /*ticket*/) {
    return parts_->take();
}

std::uint64_t Node::index() const {
    return parts_->cluster.members().index();
}

std::size_t Node::member_count() const {
    return parts_->cluster.members().table().size();
}

namespace {

MemberView view(const Bytes& name, const cluster::Member& member, BytesView self) {
    return {name,           member.endpoint,    member.meta,  member.versions, member.status,
            member.suspect, member.incarnation, member.since, name == self};
}

}  // namespace

void Node::members(std::vector<MemberView>& out) const {
    for (const auto& [name, member] : parts_->cluster.members().table()) {
        out.push_back(view(name, member, parts_->config.swim.name));
    }
}

std::optional<MemberView> Node::member(BytesView name) const {
    const auto& table = parts_->cluster.members().table();
    const auto found = table.find(name);
    if (found == table.end()) {
        return std::nullopt;
    }
    return view(found->first, found->second, parts_->config.swim.name);
}

const Bytes& Node::name() const {
    return parts_->config.swim.name;
}

const cluster::Tags& Node::tags() const {
    return parts_->tags;
}

Endpoint Node::advertise() const {
    return parts_->swim.self().endpoint;
}

std::uint32_t Node::incarnation() const {
    return parts_->swim.self().incarnation;
}

bool Node::leaving() const {
    return parts_->cluster.phase() != cluster::GracefulLeave::Phase::Running;
}

NodeStats Node::stats() const {
    const auto& members = parts_->cluster.members();
    const auto& sender = parts_->swim.sender();
    NodeStats stats;
    stats.members = members.table().size();
    stats.alive = members.count(cluster::Status::Alive);
    stats.leaving = members.count(cluster::Status::Leaving);
    stats.left = members.count(cluster::Status::Left);
    stats.failed = members.count(cluster::Status::Failed);
    stats.suspect = parts_->swim.table().suspects().size();
    stats.health = parts_->swim.health();
    stats.member_time = parts_->cluster.member_time();
    stats.event_time = parts_->cluster.event_time();
    stats.query_time = parts_->cluster.query_time();
    stats.member_queue = sender.queued();
    stats.intent_queue = sender.queued(swim::Tier::Intent);
    stats.query_queue = sender.queued(swim::Tier::Query);
    stats.event_queue = sender.queued(swim::Tier::Event);
    for (std::size_t i = 0; i < swim::fault_count; ++i) {
        stats.faults[i] =
            parts_->swim.faults(static_cast<swim::Fault>(i)) + parts_->message_faults[i];
    }
    stats.stalls = parts_->swim.stalls();
    stats.packets_in = parts_->swim.packets_in();
    stats.bytes_in = parts_->swim.bytes_in();
    stats.packets_out = sender.packets();
    stats.bytes_out = sender.bytes();
    stats.probes = parts_->swim.prober().probes();
    stats.probes_failed = parts_->swim.prober().failures();
    stats.refutations = parts_->swim.refutations();
    return stats;
}

void Node::check() const {
    parts_->swim.check();
    parts_->cluster.members().check();
    for (const auto& member : parts_->swim.table().entries()) {
        const cluster::Member* reported = parts_->cluster.members().find(member->name);
        MUSTER_ASSERT(reported != nullptr || member->is_gone() ||
                      parts_->cluster.awaits(member->name));
        // Whoever lives on the wire is reported so; whoever does not, is not.
        if (reported != nullptr && member->name != parts_->config.swim.name) {
            const bool here = reported->status == cluster::Status::Alive ||
                              reported->status == cluster::Status::Leaving;
            MUSTER_ASSERT(here == member->is_live());
        }
    }
}

void Node::recycle(Effects&& effects) {
    constexpr std::size_t kept = 4;
    if (parts_->spare.size() < kept) {
        effects.clear();
        parts_->spare.push_back(std::move(effects));
    }
}

}  // namespace muster
