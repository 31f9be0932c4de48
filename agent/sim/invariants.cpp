#include "agent/sim/invariants.h"

#include <algorithm>

namespace muster::sim {

namespace {

constexpr std::size_t sentences_max = 10;
// A walk over everything, so not at each step.
constexpr std::uint64_t deep_check_every = 16;
// A cluster up to this size is looked at whole after each change of a view. In a larger one only
// the members that the events name are, and the whole of it now and then.
constexpr std::size_t small_world = 64;

}  // namespace

Invariants::Invariants(World& world) : world_(world) {
    world_.watch([this](HostId host, const Effects& effects) { check(host, effects); });
}

void Invariants::check(HostId host, const Effects& effects) {
    while (observers_.size() <= host) {
        observers_.push_back({.life = 0, .ledger = Ledger({}), .changes = 0});
    }
    Observer& observer = observers_[host];
    if (observer.life != world_.life(host)) {
        start_ledger(host);
    }
    observer.ledger.set_names(world_.size());
    if (++steps_ % std::max<std::uint64_t>(deep_check_every, world_.size() / 4) == 0) {
        world_.node(host).check();
        observer.ledger.look(world_.node(host).stats());
    }
    observer.ledger.hear(effects.user_events);
    const std::uint64_t index = world_.node(host).index();
    if (index != observer.ledger.index() || !effects.events.empty()) {
        observer.ledger.hear(world_.now(), effects.events, index);
        look(host, observer, effects);
    }
    for (const Ledger::Complaint& complaint : observer.ledger.take()) {
        if (broken_.size() < sentences_max) {
            const double seconds = std::chrono::duration<double>(world_.elapsed()).count();
            broken_.push_back(std::to_string(seconds) + " s, " + world_.name(host) +
                              (complaint.about.empty() ? "" : " about " + complaint.about) + ": " +
                              complaint.what);
        }
    }
}

void Invariants::start_ledger(HostId host) {
    const NodeConfig& config = world_.config(host);
    observers_[host] = {.life = world_.life(host),
                        .ledger = Ledger({.reaped_after = config.swim.gossip_to_the_dead_time,
                                          .queue_max = config.cluster.queue_max}),
                        .changes = 0};
}

void Invariants::look(HostId host, Observer& observer, const Effects& effects) {
    const Node& node = world_.node(host);
    const bool stays = world_.running(host) && !node.leaving();
    const bool whole = world_.size() <= small_world ||
                       ++observer.changes % std::max<std::size_t>(1, world_.size() / 4) == 0;
    if (whole) {
        members_.clear();
        node.members(members_);
        observer.ledger.look(world_.now(), members_, node.stats(), stays);
        return;
    }
    for (const MemberEvent& event : effects.events) {
        if (const auto member = node.member(event.name)) {
            observer.ledger.look(world_.now(), *member, stays);
        }
    }
}

}  // namespace muster::sim
