#include "agent/sim/invariants.h"

namespace muster::sim {

namespace {

using cluster::Status;

constexpr std::size_t sentences_max = 10;
// A walk over everything, so not at each step.
constexpr std::uint64_t deep_check_every = 16;

bool is_gone(Status status) {
    return status == Status::Failed || status == Status::Left || status == Status::None;
}

bool is_here(Status status) {
    return status == Status::Alive || status == Status::Leaving;
}

}  // namespace

Invariants::Invariants(World& world) : world_(world) {
    world_.watch([this](HostId host, const Effects& effects) { check(host, effects); });
}

void Invariants::check(HostId host, const Effects& effects) {
    if (observers_.size() <= host) {
        observers_.resize(host + 1);
    }
    Observer& observer = observers_[host];
    if (observer.life != world_.life(host)) {
        observer = Observer{};
        observer.life = world_.life(host);
    }
    if (++steps_ % deep_check_every == 0) {
        world_.node(host).check();
        check_bounds(host);
    }
    const std::uint64_t index = world_.node(host).index();
    if (index == observer.index && effects.events.empty()) {
        return;
    }
    if (index < observer.index) {
        complain(host, {}, "its index went back");
    }
    check_events(host, observer, effects);
    check_view(host, observer);
    observer.index = index;
}

// The view follows the events, so that checking it afterwards finds what they did not say.
void Invariants::check_events(HostId host, Observer& observer, const Effects& effects) {
    std::uint64_t last = observer.index;
    for (const MemberEvent& event : effects.events) {
        Report& report = observer.view[event.name];
        const bool silent = is_here(event.from) && is_here(report.status);
        if (event.from != report.status && !silent) {
            complain(host, event.name,
                     std::string("an event starts at ") + cluster::to_string(event.from) +
                         ", the last one ended at " + cluster::to_string(report.status));
        }
        if (event.index <= last) {
            complain(host, event.name, "an event's index does not rise");
        }
        last = event.index;
        if (report.status == Status::Left && is_here(event.to)) {
            const bool reaped =
                world_.now() - report.departed > world_.config(host).swim.gossip_to_the_dead_time;
            if (event.incarnation <= report.incarnation && event.endpoint == report.endpoint &&
                !reaped) {
                complain(host, event.name, "it had left, and is back without a new life");
            }
        }
        report.status = event.to;
        if (is_gone(event.to) && !is_gone(event.from)) {
            report.departed = world_.now();
        }
    }
    if (last > world_.node(host).index()) {
        complain(host, {}, "an event's index is beyond the view's");
    }
}

void Invariants::check_view(HostId host, Observer& observer) {
    members_.clear();
    world_.node(host).members(members_);
    if (members_.size() != world_.node(host).member_count()) {
        complain(host, {}, "it counts other members than it lists");
    }
    for (const MemberView& member : members_) {
        Report& before = observer.view[Bytes(member.name)];
        check_change(host, member, before);
        before.status = member.status;
        before.incarnation = member.incarnation;
        before.endpoint = member.endpoint;
    }
}

void Invariants::check_change(HostId host, const MemberView& now, const Report& before) {
    if (now.status != before.status && !(is_here(now.status) && is_here(before.status))) {
        complain(host, now.name,
                 std::string("it is ") + cluster::to_string(now.status) + ", its events ended at " +
                     cluster::to_string(before.status));
    }
    const bool reaped =
        before.departed != TimePoint{} &&
        world_.now() - before.departed > world_.config(host).swim.gossip_to_the_dead_time;
    if (now.incarnation < before.incarnation && now.endpoint == before.endpoint && !reaped) {
        complain(host, now.name,
                 "its incarnation went back from " + std::to_string(before.incarnation) + " to " +
                     std::to_string(now.incarnation));
    }
    if (now.self && world_.running(host) && !is_here(now.status) && !world_.node(host).leaving()) {
        complain(host, now.name, "it holds itself for gone");
    }
    if (now.suspect && !is_here(now.status)) {
        complain(host, now.name, "it is gone and suspect");
    }
}

void Invariants::check_bounds(HostId host) {
    const NodeStats stats = world_.node(host).stats();
    const std::size_t queue_max = world_.config(host).cluster.queue_max;
    if (stats.intent_queue > queue_max || stats.event_queue > queue_max ||
        stats.query_queue > queue_max) {
        complain(host, {}, "a queue has outgrown its limit");
    }
    // Statements replace older ones about the same member.
    if (stats.member_queue > world_.size()) {
        complain(host, {}, "it queues more statements than there are members");
    }
}

void Invariants::complain(HostId host, BytesView about, const std::string& what) {
    if (broken_.size() < sentences_max) {
        const double seconds = std::chrono::duration<double>(world_.elapsed()).count();
        broken_.push_back(std::to_string(seconds) + " s, " + world_.name(host) +
                          (about.empty() ? "" : " about " + Bytes(about)) + ": " + what);
    }
}

}  // namespace muster::sim
