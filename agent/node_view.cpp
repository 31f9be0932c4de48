#include <algorithm>

#include "agent/node_parts.h"
#include "swim/assert.h"

namespace muster {

std::uint64_t Node::index() const {
    return parts_->cluster.members().index();
}

std::size_t Node::member_count() const {
    return parts_->cluster.members().table().size();
}

namespace {

MemberView view(const Bytes& name, const cluster::Member& member, const cluster::Holds& holds,
                BytesView self) {
    MemberView view{name,
                    member.endpoint,
                    member.meta,
                    member.versions,
                    cluster::reported(member),
                    member.suspect,
                    member.incarnation,
                    member.since,
                    name == self};
    if (member.held) {
        view.suspect = false;
        view.since = member.reported_since;
        view.held_until = holds.release_of(name);
    }
    return view;
}

}  // namespace

void Node::members(std::vector<MemberView>& out) const {
    for (const auto& [name, member] : parts_->cluster.members().table()) {
        out.push_back(view(name, member, parts_->cluster.holds(), parts_->config.swim.name));
    }
}

std::optional<MemberView> Node::member(BytesView name) const {
    const auto& table = parts_->cluster.members().table();
    const auto found = table.find(name);
    if (found == table.end()) {
        return std::nullopt;
    }
    return view(found->first, found->second, parts_->cluster.holds(), parts_->config.swim.name);
}

const Bytes& Node::name() const {
    return parts_->config.swim.name;
}

const cluster::Tags& Node::tags() const {
    return parts_->tags;
}

Endpoint Node::advertise() const {
    return parts_->swim.here();
}

std::uint32_t Node::incarnation() const {
    return parts_->swim.self().incarnation;
}

bool Node::leaving() const {
    return parts_->cluster.phase() != cluster::GracefulLeave::Phase::Running;
}

election::LeaderView Node::leader(TimePoint now) const {
    return parts_->election.leader(now);
}

const election::Election* Node::election() const {
    return parts_->election.election();
}

std::optional<cluster::Coordinate> Node::coordinate(BytesView name) const {
    return parts_->coordinates.find(name);
}

std::optional<swim::LastHeard> Node::last_heard(BytesView name) const {
    const swim::Member* member = parts_->swim.table().find(name);
    return member != nullptr ? std::optional(member->heard) : std::nullopt;
}

ProbePaths Node::probe_paths(TimePoint now) const {
    constexpr Duration lately = std::chrono::minutes(10);
    constexpr Duration detour = std::chrono::minutes(1);
    ProbePaths paths;
    for (const auto& member : parts_->swim.table().entries()) {
        const swim::LastHeard& heard = member->heard;
        const auto last = std::max({heard.direct(), heard.relayed(), heard.streamed()});
        if (!member->is_live() || member->name == parts_->config.swim.name) {
            continue;
        }
        ++paths.others;
        if (!last || now - *last > lately) {
            continue;
        }
        ++paths.heard;
        if (!heard.direct() || *last - *heard.direct() >= detour) {
            ++(last == heard.streamed() ? paths.streamed : paths.relayed);
        }
    }
    return paths;
}

NodeStats Node::stats() const {
    const auto& members = parts_->cluster.members();
    const auto& sender = parts_->swim.sender();
    NodeStats stats;
    stats.members = members.table().size();
    stats.alive = members.count_reported(cluster::Status::Alive);
    stats.leaving = members.count_reported(cluster::Status::Leaving);
    stats.left = members.count_reported(cluster::Status::Left);
    stats.failed = members.count_reported(cluster::Status::Failed);
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
    stats.coordinate_resets = parts_->coordinates.resets();
    stats.absent = stats.failed;
    parts_->cluster.address_book().each([&](const Bytes& name, const Endpoint&, TimePoint) {
        stats.absent += members.find(name) == nullptr ? 1U : 0U;
    });
    return stats;
}

unsigned Node::health() const {
    return parts_->swim.health();
}

void Node::check() const {
    parts_->swim.check();
    parts_->cluster.members().check();
    parts_->cluster.holds().check();
    if (parts_->rings) {
        parts_->rings->check(parts_->last_input);
    }
    for (const auto& member : parts_->swim.table().entries()) {
        const cluster::Member* reported = parts_->cluster.members().find(member->name);
        MUSTER_ASSERT(reported != nullptr || member->is_gone() ||
                      parts_->cluster.awaits(member->name));
        // Whoever lives on the wire is reported so, or held; whoever does not, is not.
        MUSTER_ASSERT(reported == nullptr ||
                      reported->held == parts_->cluster.holds().held(member->name));
        if (reported != nullptr && member->name != parts_->config.swim.name) {
            const bool here = reported->status == cluster::Status::Alive ||
                              reported->status == cluster::Status::Leaving;
            MUSTER_ASSERT(here == member->is_live());
        }
    }
}

}  // namespace muster
