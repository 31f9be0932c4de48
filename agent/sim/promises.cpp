#include "agent/sim/promises.h"

#include "agent/sim/bounds.h"

namespace muster::sim {

namespace {

constexpr std::size_t most_broken = 10;
constexpr Duration look_interval = std::chrono::seconds(1);

bool has_ended(Process process) {
    return process == Process::Killed || process == Process::Left;
}

std::string in_seconds(Duration duration) {
    return std::to_string(std::chrono::duration<double>(duration).count()) + " s";
}

}  // namespace

Promises::Promises(World& world, swim::Config config) : world_(world), config_(std::move(config)) {
    world_.watch([this](HostId host, const Effects& effects) { see(host, effects); });
}

void Promises::expect_agreement(Duration bound) {
    agreement_from_ = world_.now();
    agreement_due_ = world_.now() + bound;
    agreed_after_.reset();
}

void Promises::see(HostId host, const Effects& effects) {
    for (const MemberEvent& event : effects.events) {
        if (!accurate_ || event.kind != MemberEvent::Kind::Failed) {
            continue;
        }
        for (HostId subject = 0; subject < world_.size(); ++subject) {
            if (world_.name(subject) == event.name && world_.running(subject) &&
                !excused_.contains(subject)) {
                complain(host, "reports " + event.name + " failed, which runs");
            }
        }
    }
    if (world_.now() >= next_look_) {
        next_look_ = world_.now() + look_interval;
        look();
    }
}

void Promises::look() {
    for (HostId subject = 0; subject < world_.size(); ++subject) {
        if (!has_ended(world_.process(subject))) {
            continue;  // its next life is another one
        }
        for (HostId observer = 0; observer < world_.size(); ++observer) {
            if (world_.running(observer)) {
                look_at(observer, subject);
            } else {
                beliefs_.erase({observer, subject});
            }
        }
    }
    look_for_agreement();
}

void Promises::look_at(HostId observer, HostId subject) {
    const Seen seen = world_.sees(observer, subject);
    if (!is_here(seen.status)) {
        beliefs_.erase({observer, subject});
        return;
    }
    Belief& belief = beliefs_[{observer, subject}];
    if (belief.observer != world_.life(observer) || belief.subject != world_.life(subject) ||
        belief.incarnation != seen.incarnation) {
        belief = {.observer = world_.life(observer),
                  .subject = world_.life(subject),
                  .incarnation = seen.incarnation,
                  .since = world_.now(),
                  .told = false};
    }
    const Duration bound = completeness_bound(config_, world_.size());
    if (world_.now() - belief.since > bound && !belief.told) {
        belief.told = true;
        complain(observer, "holds " + world_.name(subject) + " for " +
                               cluster::to_string(seen.status) + " still, " + in_seconds(bound) +
                               " after its end");
    }
}

void Promises::look_for_agreement() {
    if (!agreement_due_) {
        return;
    }
    if (world_.converged()) {
        agreed_after_ = world_.now() - agreement_from_;
        agreement_due_.reset();
    } else if (world_.now() > *agreement_due_) {
        agreement_due_.reset();
        complain(0, "and others do not agree after " + in_seconds(world_.now() - agreement_from_) +
                        ": " + world_.divergence());
    }
}

void Promises::complain(HostId host, const std::string& what) {
    if (broken_.size() < most_broken) {
        broken_.push_back(in_seconds(world_.elapsed()) + ", " + world_.name(host) + " " + what);
    }
}

}  // namespace muster::sim
