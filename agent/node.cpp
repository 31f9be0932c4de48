#include "agent/node.h"

#include <algorithm>
#include <utility>

#include "agent/node_parts.h"
#include "swim/assert.h"

namespace muster {

Node::Node(NodeConfig config) : parts_(std::make_unique<Parts>(std::move(config))) {}
Node::~Node() = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(Node&&) noexcept = default;

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
    parts_->rings.emplace(parts_->config.rings, now);
    parts_->draining.tick(now);
    parts_->mark = parts_->election.mark();
    const auto meta = parts_->meta_of(parts_->tags);
    MUSTER_ASSERT(meta.has_value());
    parts_->swim.start(now, *meta, effects.wire);
    parts_->recall_life(now, effects);
    parts_->cluster.start(now, parts_->up);
    parts_->election.start(now, effects);
    parts_->election.set_draining(now, parts_->draining.active(), effects);
    if (!parts_->config.has_seeds) {
        parts_->election.joined(now, effects);
    }
    parts_->settle(now, effects);
    return effects;
}

Effects Node::tick(TimePoint now) {
    Effects effects = parts_->take();
    parts_->swim.tick(now, effects.wire);
    parts_->cluster.tick(now, parts_->up);
    parts_->answer_ring_queries(now);
    parts_->tick_drain(now, effects);
    parts_->election.tick(now, effects);
    parts_->expire_updates(now, effects);
    parts_->settle(now, effects);
    return effects;
}

TimePoint Node::next_deadline() const {
    TimePoint next = std::min({parts_->swim.next_deadline(), parts_->cluster.next_deadline(),
                               parts_->ring_answers.next_deadline(),
                               parts_->draining.next_deadline(), parts_->election.next_deadline()});
    if (parts_->leave_request) {
        next = std::min(next, parts_->election.leave_deadline());
    }
    if (parts_->rings) {
        next = std::min(next, parts_->rings->next_deadline());
    }
    for (const Parts::Update& update : parts_->updates) {
        next = std::min(next, update.deadline);
    }
    return next;
}

Effects Node::join(TimePoint now, RequestId request, std::span<const Endpoint> peers, bool replay) {
    Effects effects = parts_->take();
    parts_->joins.start(now, request, peers, replay, effects);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::seeds_resolved(TimePoint now, std::span<const Endpoint> seeds) {
    Effects effects = parts_->take();
    parts_->joins.start(now, std::nullopt, seeds, /*replay=*/false, effects);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::leave(TimePoint now, RequestId request, bool for_good) {
    Effects effects = parts_->take();
    const bool again = std::exchange(parts_->left, true);
    parts_->remembering.note_own();
    if (again) {
        parts_->cluster.leave(now, request, parts_->up);
    } else {
        parts_->election.depart(now, for_good, effects);
        parts_->leave_request = request;
    }
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
    if (tags.find(cluster::mark_tag) != tags.end()) {
        return Error{"the tag 'muster' is reserved for musterd itself: leave it out"};
    }
    const auto longest =
        cluster::encode_own(tags, parts_->election.longest_mark(), /*drained=*/false);
    if (!longest) {
        return longest.error();
    }
    const auto meta = parts_->meta_of(tags);
    MUSTER_ASSERT(meta.has_value());
    Effects effects = parts_->take();
    parts_->tags = tags;
    parts_->announce(now, request, *meta, effects);
    parts_->settle(now, effects);
    return effects;
}

Result<Effects> Node::user_event(TimePoint now, RequestId request, BytesView name,
                                 BytesView payload, bool coalesce) {
    return parts_->finish(
        now, parts_->cluster.user_event(now, request, name, payload, coalesce, parts_->up));
}

Result<Effects> Node::query(TimePoint now, RequestId request, const cluster::QueryRequest& wanted) {
    return parts_->finish(now, parts_->cluster.query(now, request, wanted, parts_->up));
}

Result<Effects> Node::respond(TimePoint now, cluster::QueryHandle handle, BytesView payload) {
    return parts_->finish(now, parts_->cluster.respond(now, handle, payload, parts_->up));
}

Result<Effects> Node::keys(TimePoint now, RequestId request, cluster::KeyAction action,
                           BytesView key) {
    return parts_->finish(now, parts_->cluster.keys(now, request, action, key, parts_->up));
}

Effects Node::key_answer(TimePoint now, cluster::QueryHandle handle,
                         const cluster::KeyAnswer& answer) {
    Effects effects = parts_->take();
    parts_->cluster.key_answer(now, handle, answer, parts_->up);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::set_advertise(TimePoint now, const Endpoint& advertise) {
    Effects effects = parts_->take();
    parts_->swim.move(now, advertise, effects.wire);
    parts_->remembering.note_own();
    parts_->settle(now, effects);
    return effects;
}

Effects Node::lead(TimePoint now, RequestId request, const election::Request& wanted) {
    Effects effects = parts_->take();
    parts_->election.request(now, request, wanted, effects);
    parts_->settle(now, effects);
    return effects;
}

void Node::set_wall(std::uint64_t seconds) {
    parts_->election.set_wall(seconds);
}

Effects Node::stored(TimePoint now, std::uint64_t ticket) {
    Effects effects = parts_->take();
    parts_->election.stored(now, ticket, /*done=*/true, effects);
    parts_->settle(now, effects);
    return effects;
}

Effects Node::store_failed(TimePoint now, std::uint64_t ticket) {
    Effects effects = parts_->take();
    parts_->election.stored(now, ticket, /*done=*/false, effects);
    parts_->settle(now, effects);
    return effects;
}

void Node::recycle(Effects&& effects) {
    constexpr std::size_t kept = 4;
    if (parts_->spare.size() < kept) {
        effects.clear();
        parts_->spare.push_back(std::move(effects));
    }
}

}  // namespace muster
