#include "agent/sim/ledger.h"

#include <array>

namespace muster::sim {

namespace {

using cluster::Status;

bool is_gone(Status status) {
    return status == Status::Failed || status == Status::Left || status == Status::None;
}

}  // namespace

// The view follows the events, so that looking at it afterwards finds what they did not say.
void Ledger::hear(TimePoint now, std::span<const MemberEvent> events, std::uint64_t index) {
    const bool back = index < index_;
    if (back) {
        complain({}, "its index went back");
    }
    for (const MemberEvent& event : events) {
        if (event.index <= index_) {
            complain(event.name, "an event's index does not rise");
        }
        index_ = event.index;
        hear(now, event);
    }
    if (!back && index_ > index) {
        complain({}, "an event's index is beyond the view's");
    }
    index_ = index;
}

void Ledger::hear(TimePoint now, const MemberEvent& event) {
    Report& report = view_[event.name];
    const bool silent = is_here(event.from) && is_here(report.status);
    // Held out from the first on: the end of that is the first that is told.
    const bool held_before_us =
        event.from == Status::Failed && report.status == Status::None && event.to != Status::Failed;
    if (event.from != report.status && !silent && !held_before_us) {
        complain(event.name, std::string("an event starts at ") + cluster::to_string(event.from) +
                                 ", the last one ended at " + cluster::to_string(report.status));
    }
    if (report.status == Status::Left && is_here(event.to) &&
        event.incarnation <= report.incarnation && event.endpoint == report.endpoint &&
        !reaped(now, report)) {
        complain(event.name, "it had left, and is back without a new life");
    }
    report.status = event.to;
    if (is_gone(event.to) && (!is_gone(event.from) || held_before_us)) {
        report.departed = now;
    }
}

void Ledger::hear(std::span<const cluster::HeardEvent> events) {
    for (const cluster::HeardEvent& event : events) {
        if (!told_.emplace(event.ltime, event.name, event.payload).second) {
            complain({}, "it is told twice of the user event " + event.name);
        }
    }
}

void Ledger::look(TimePoint now, const MemberView& member, bool stays) {
    Report& before = view_[Bytes(member.name)];
    const bool held_before_us =
        member.held_until && member.status == Status::Failed && before.status == Status::None;
    if (member.status != before.status && !held_before_us &&
        !(is_here(member.status) && is_here(before.status))) {
        complain(member.name, std::string("it is ") + cluster::to_string(member.status) +
                                  ", its events ended at " + cluster::to_string(before.status));
    }
    if (member.incarnation < before.incarnation && member.endpoint == before.endpoint &&
        !(before.departed != TimePoint{} && reaped(now, before))) {
        complain(member.name, "its incarnation went back from " +
                                  std::to_string(before.incarnation) + " to " +
                                  std::to_string(member.incarnation));
    }
    if (held_before_us) {
        before.departed = now;
    }
    if (member.self && stays && !is_here(member.status)) {
        complain(member.name, "it holds itself for gone");
    }
    if (member.suspect && !is_here(member.status)) {
        complain(member.name, "it is gone and suspect");
    }
    before.status = member.status;
    before.incarnation = member.incarnation;
    before.endpoint = member.endpoint;
}

void Ledger::look(TimePoint now, std::span<const MemberView> members, const NodeStats& stats,
                  bool stays) {
    std::array<std::size_t, 5> counts{};
    std::size_t selves = 0;
    for (const MemberView& member : members) {
        ++counts[static_cast<std::size_t>(member.status)];
        selves += member.self ? 1U : 0U;
        look(now, member, stays);
    }
    const auto count = [&](Status status) { return counts[static_cast<std::size_t>(status)]; };
    if (members.size() != stats.members || count(Status::Alive) != stats.alive ||
        count(Status::Leaving) != stats.leaving || count(Status::Left) != stats.left ||
        count(Status::Failed) != stats.failed) {
        complain({}, "it counts other members than it lists");
    }
    if (stays && selves != 1) {
        complain({}, "it lists itself " + std::to_string(selves) + " times");
    }
    look(stats);
}

void Ledger::look(const NodeStats& stats) {
    if (stats.intent_queue > terms_.queue_max || stats.event_queue > terms_.queue_max ||
        stats.query_queue > terms_.queue_max) {
        complain({}, "a queue has outgrown its limit");
    }
    // Statements replace older ones about the same member.
    if (stats.member_queue > names_) {
        complain({}, "it queues more statements than there are members");
    }
    if (stats.members > names_) {
        complain({}, "it reports more members than there are names");
    }
}

bool Ledger::reaped(TimePoint now, const Report& report) const {
    return now - report.departed > terms_.reaped_after;
}

void Ledger::complain(BytesView about, std::string what) {
    complaints_.push_back({Bytes(about), std::move(what)});
}

}  // namespace muster::sim
