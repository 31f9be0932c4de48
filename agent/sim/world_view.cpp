// The world's questions: what the nodes report of each other.
#include <algorithm>

#include "agent/cluster/mark.h"
#include "agent/sim/world.h"
#include "swim/assert.h"

namespace muster::sim {

Host& World::at(HostId host) {
    MUSTER_ASSERT(host < hosts_.size());
    return hosts_[host];
}

const Host& World::at(HostId host) const {
    MUSTER_ASSERT(host < hosts_.size());
    return hosts_[host];
}

const Node& World::node(HostId host) const {
    MUSTER_ASSERT(at(host).node.has_value());
    return *at(host).node;
}

Traffics World::total_traffic() const {
    Traffics total;
    for (const Host& host : hosts_) {
        total.datagrams_sent += host.traffic.datagrams_sent;
        total.bytes_sent += host.traffic.bytes_sent;
        total.datagrams_received += host.traffic.datagrams_received;
        total.bytes_received += host.traffic.bytes_received;
        total.streams_opened += host.traffic.streams_opened;
        total.stream_bytes_sent += host.traffic.stream_bytes_sent;
        total.dropped_by_network += host.traffic.dropped_by_network;
        total.dropped_by_socket += host.traffic.dropped_by_socket;
    }
    return total;
}

Seen World::sees(HostId observer, HostId subject) const {
    const std::optional<MemberView> view = node(observer).member(name(subject));
    if (!view) {
        return {};
    }
    return {.status = view->status,
            .suspect = view->suspect,
            .incarnation = view->incarnation,
            .endpoint = view->endpoint};
}

bool World::sees(HostId observer, HostId subject, cluster::Status status) const {
    return sees(observer, subject).status == status;
}

bool World::all_see(HostId subject, cluster::Status status) const {
    return std::all_of(hosts_.begin(), hosts_.end(), [&](const Host& host) {
        return host.id == subject || host.process != Process::Running ||
               sees(host.id, subject, status);
    });
}

bool World::converged() const {
    return divergence().empty();
}

std::string World::divergence() const {
    if (judged_ == version_) {
        return divergence_;
    }
    judged_ = version_;
    divergence_ = judge();
    return divergence_;
}

// Begins with the pair that was wrong the last time: mostly it still is, and nothing else needs to
// be looked at.
std::string World::judge() const {
    const std::size_t pairs = hosts_.size() * hosts_.size();
    for (std::size_t looked = 0; looked < pairs; ++looked, ++suspicious_pair_) {
        if (suspicious_pair_ >= pairs) {
            suspicious_pair_ = 0;
        }
        const Host& observer = hosts_[suspicious_pair_ / hosts_.size()];
        if (observer.process != Process::Running) {
            continue;
        }
        const Host& subject = hosts_[suspicious_pair_ % hosts_.size()];
        const std::string wrong = judge(observer, subject);
        if (!wrong.empty()) {
            return observer.config.swim.name + " reports " + subject.config.swim.name + " " + wrong;
        }
    }
    return {};
}

// What is wrong with what `observer` reports of `subject`; empty: nothing.
std::string World::judge(const Host& observer, const Host& subject) const {
    const std::optional<MemberView> view = observer.node->member(subject.config.swim.name);
    const cluster::Status status = view ? view->status : cluster::Status::None;
    if (subject.process != Process::Running) {
        const bool gone = status != cluster::Status::Alive && status != cluster::Status::Leaving;
        return gone ? "" : std::string(cluster::to_string(status)) + ", which does not run";
    }
    if (status != cluster::Status::Alive) {
        return std::string(cluster::to_string(status)) + ", which runs";
    }
    if (view->suspect) {
        return "suspect, which runs";
    }
    if (view->incarnation != subject.node->incarnation()) {
        return "at incarnation " + std::to_string(view->incarnation) + ", which is at " +
               std::to_string(subject.node->incarnation());
    }
    if (view->endpoint != subject.node->advertise()) {
        return "at " + view->endpoint.to_string() + ", which is at " +
               subject.node->advertise().to_string();
    }
    cluster::Tags tags = cluster::decode_tags(view->tags);
    if (!cluster::is_marked(tags) || cluster::is_drained(tags) != subject.node->draining()) {
        return "with a mark that it does not have";
    }
    tags.erase(Bytes(cluster::mark_tag));
    if (tags != subject.node->tags()) {
        return "with tags that it does not have";
    }
    return {};
}

}  // namespace muster::sim
