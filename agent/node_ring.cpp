// The node's rings, and the drain that takes its weight in them: what the other parts say goes to
// the rings, and what other agents ask of them is answered.
#include <algorithm>
#include <utility>

#include "agent/node_parts.h"
#include "agent/ring/status.h"
#include "swim/assert.h"

namespace muster {

namespace {

// What an answer's message has beside our name and the payload: keys, heads and numbers at their
// longest.
constexpr std::size_t response_frame = 96;

ring::Standing standing_of(const cluster::Member* member) {
    if (member == nullptr) {
        return ring::Standing::Gone;
    }
    switch (cluster::reported(*member)) {
        case cluster::Status::Alive:
            return ring::Standing::Here;
        case cluster::Status::Leaving:
        case cluster::Status::Left:
            return ring::Standing::Left;
        case cluster::Status::Failed:
        case cluster::Status::None:
            break;
    }
    return ring::Standing::Gone;
}

}  // namespace

// ---- rings ----

void Node::Parts::put_into_rings(TimePoint now, BytesView name) {
    const cluster::Member* member = cluster.members().find(name);
    const ring::Standing standing = standing_of(member);
    cluster::Tags its_tags;
    if (standing == ring::Standing::Here) {
        its_tags = cluster::decode_tags(member->meta);
    }
    rings->put(now, name, standing, its_tags, cluster::is_drained(its_tags));
}

void Node::Parts::turn_rings(TimePoint now, Effects& effects) {
    for (const Bytes& name : cluster.take_touched()) {
        remembering.note(name);
        put_into_rings(now, name);
    }
    if (first_join_over && !told_rings_of_join) {
        told_rings_of_join = true;
        rings->joined();
    }
    rings->tick(now, effects.adoptions);
}

Effects Node::set_rings(TimePoint now, std::vector<ring::RingSettings> settings) {
    Effects effects = parts_->take();
    parts_->rings->configure(now, std::move(settings));
    for (const auto& [name, member] : parts_->cluster.members().table()) {
        parts_->put_into_rings(now, name);
    }
    parts_->settle(now, effects);
    return effects;
}

const ring::Rings& Node::rings() const {
    MUSTER_ASSERT(parts_->rings.has_value());
    return *parts_->rings;
}

// ---- the question between agents ----

// No program is asked: all agents answer it alike.
void Node::Parts::keep_ring_queries(TimePoint now) {
    const auto is_ours = [](const cluster::HeardQuery& query) {
        return query.name == ring::status_query;
    };
    for (const cluster::HeardQuery& query : up.queries) {
        if (is_ours(query)) {
            ring_answers.add(now, query, cluster.members().count(cluster::Status::Alive));
        }
    }
    std::erase_if(up.queries, is_ours);
}

void Node::Parts::answer_ring_queries(TimePoint now) {
    if (now < ring_answers.next_deadline()) {
        return;
    }
    std::vector<Bytes> held;
    for (const cluster::Holds::Hold& hold : cluster.holds().list(now)) {
        held.emplace_back(hold.name);
    }
    const std::size_t frame = response_frame + config.swim.name.size();
    const std::size_t most = config.cluster.query_response_size_limit;
    for (const RingAnswers::Due& due : ring_answers.take(now)) {
        const ring::StatusAnswer answer = ring::answer_status(now, *rings, due.payload, held);
        const Bytes payload = ring::encode_status(answer, most > frame ? most - frame : 0);
        if (const auto refused = cluster.respond(now, due.handle, payload, up)) {
            up.notices.push_back({Notice::Level::Debug,
                                  "did not say which rings this agent uses: " + refused->text});
        }
    }
}

// ---- drain ----

Result<Bytes> Node::Parts::meta_of(const cluster::Tags& own) const {
    return cluster::encode_own(own, mark, draining.active());
}

Effects Node::drain(TimePoint now, RequestId request, std::optional<TimePoint> until) {
    Effects effects = parts_->take();
    parts_->remembering.note_own();
    if (parts_->draining.set(until)) {
        // There was room for it in the tags that we have: encode_own() sees to that.
        const auto meta = parts_->meta_of(parts_->tags);
        MUSTER_ASSERT(meta.has_value());
        parts_->announce(now, request, *meta, effects);
        // A leader that drains hands over.
        parts_->election.set_draining(now, parts_->draining.active(), effects);
    } else {
        RequestDone done;
        done.request = request;
        effects.done.push_back(std::move(done));
    }
    parts_->settle(now, effects);
    return effects;
}

void Node::Parts::tick_drain(TimePoint now, Effects& effects) {
    if (!draining.tick(now)) {
        return;
    }
    const auto meta = meta_of(tags);
    MUSTER_ASSERT(meta.has_value());
    announce(now, std::nullopt, *meta, effects);
    election.set_draining(now, /*draining=*/false, effects);
    effects.notices.push_back(
        {Notice::Level::Info, "the time for which this agent was drained is over"});
}

const std::optional<TimePoint>& Node::drained_until() const {
    return parts_->draining.until();
}

}  // namespace muster
