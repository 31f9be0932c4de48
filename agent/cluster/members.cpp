#include "agent/cluster/members.h"

#include <algorithm>

#include "swim/assert.h"

namespace muster::cluster {
namespace {

void mark(std::set<std::pair<TimePoint, BytesView>>& agenda, BytesView name, TimePoint& at,
          TimePoint then) {
    if (at != never) {
        agenda.erase({at, name});
    }
    at = then;
    if (at != never) {
        agenda.emplace(at, name);
    }
}

void copy(const WireRecord& record, Member& member) {
    member.endpoint = record.endpoint;
    member.meta = record.meta;
    member.versions = record.versions;
}

bool has_departed(Status status) {
    return status == Status::Left || status == Status::Failed;
}

}  // namespace

// ---- reports of the wire ----

void Members::joined(TimePoint now, const swim::WireEvent& event, const WireRecord& record,
                     const Intent* buffered, Events& events, bool held) {
    auto position = table_.find(event.name);
    Status status = Status::Alive;
    TimePoint reported_since = now;
    if (position != table_.end()) {
        reported_since = position->second.since;
    } else {
        position = insert(event.name, events);
        if (buffered != nullptr) {
            position->second.status_ltime = buffered->ltime;
            if (buffered->kind == Intent::Kind::Leave) {
                status = Status::Leaving;
            }
        }
    }
    Member& member = position->second;
    const Status from = member.status;
    copy(record, member);
    member.incarnation = event.incarnation;
    member.suspect = false;
    member.recalled = false;
    if (held && from == Status::Left) {
        set_status(now, *position, Status::Failed);
        report(MemberEvent::Kind::Failed, *position, from, event.cause, events);
        reported_since = now;
    }
    set_status(now, *position, status);
    if (held && !member.held) {
        member.held = true;
        member.reported_since = reported_since;
        ++held_;
    }
    report(MemberEvent::Kind::Join, *position, from, event.cause, events);
}

void Members::release(TimePoint now, BytesView name, Events& events) {
    const auto position = table_.find(name);
    if (position == table_.end() || !position->second.held) {
        return;
    }
    unhold(position->second);
    position->second.since = now;
    report(MemberEvent::Kind::Join, *position, Status::Failed, {swim::CauseKind::Alive, {}, {}},
           events);
    if (position->second.suspect) {
        report(MemberEvent::Kind::Suspect, *position, position->second.status,
               {swim::CauseKind::Accused, {}, {}}, events);
    }
}

void Members::unhold(Member& member) {
    member.held = false;
    --held_;
}

void Members::left(TimePoint now, const swim::WireEvent& event, Events& events) {
    const auto position = table_.find(event.name);
    if (position == table_.end()) {
        return;
    }
    Member& member = position->second;
    member.incarnation = event.incarnation;
    member.suspect = false;
    const Status from = reported(member);
    const Status was = member.status;
    const bool present = was == Status::Alive || was == Status::Leaving;
    const bool held = member.held;
    if (held) {
        unhold(member);
    }
    if (present && (was == Status::Leaving || event.to == swim::State::Left)) {
        depart(now, *position, Status::Left);
        report(MemberEvent::Kind::Leave, *position, from, event.cause, events);
    } else if (present) {
        depart(now, *position, Status::Failed);
        if (!held) {
            report(MemberEvent::Kind::Failed, *position, from, event.cause, events);
            return;
        }
        // It was reported failed all the time.
        member.since = member.reported_since;
        touch(*position);
        ++index_;
    }
}

void Members::updated(const swim::WireEvent& event, const WireRecord& record, Events& events) {
    const auto position = table_.find(event.name);
    if (position == table_.end()) {
        return;
    }
    copy(record, position->second);
    position->second.incarnation = event.incarnation;
    report(MemberEvent::Kind::Update, *position, position->second.status, event.cause, events);
}

void Members::suspected(const swim::WireEvent& event, Events& events) {
    set_suspect(event, /*suspect=*/true, MemberEvent::Kind::Suspect, events);
}

void Members::cleared(const swim::WireEvent& event, Events& events) {
    set_suspect(event, /*suspect=*/false, MemberEvent::Kind::Cleared, events);
}

void Members::refreshed(const swim::WireEvent& event) {
    const auto position = table_.find(event.name);
    if (position != table_.end() && position->second.incarnation != event.incarnation) {
        position->second.incarnation = event.incarnation;
        ++index_;
    }
}

void Members::touch(const Entry& entry) {
    touched_.push_back(entry.first);
}

void Members::set_suspect(const swim::WireEvent& event, bool suspect, MemberEvent::Kind kind,
                          Events& events) {
    const auto position = table_.find(event.name);
    if (position == table_.end() || has_departed(position->second.status)) {
        return;
    }
    position->second.suspect = suspect;
    position->second.incarnation = event.incarnation;
    report(kind, *position, position->second.status, event.cause, events);
}

// ---- intents ----

Verdict Members::apply(TimePoint now, BytesView name, const Intent& intent, Duration prune_delay,
                       Events& events) {
    const auto position = table_.find(name);
    MUSTER_ASSERT(position != table_.end());
    Member& member = position->second;
    const Verdict verdict = judge(member.status, member.status_ltime, intent);
    if (!verdict.applied) {
        return verdict;
    }
    member.status_ltime = intent.ltime;
    member.recalled = false;
    const Status from = member.status;
    if (verdict.status == Status::Left && from == Status::Failed) {
        depart(now, *position, Status::Left);
        report(MemberEvent::Kind::Leave, *position, from, {swim::CauseKind::Left, {}, {}}, events);
    } else if (verdict.status != from) {
        set_status(now, *position, verdict.status);
        touch(*position);
        ++index_;
    }
    if (verdict.erase) {
        if (verdict.status == Status::Leaving) {
            mark(prunes_, position->first, member.prune_at, now + prune_delay);
        } else {
            erase(position, events);
        }
    }
    return verdict;
}

void Members::recall(const Remembered& remembered) {
    if (table_.size() >= max_members_ || table_.find(remembered.name) != table_.end()) {
        return;
    }
    Events none;
    const auto position = insert(remembered.name, none);
    Member& member = position->second;
    member.endpoint = remembered.endpoint;
    member.meta = remembered.meta;
    member.versions = remembered.versions;
    member.status_ltime = remembered.status_ltime;
    member.incarnation = remembered.incarnation;
    member.recalled = true;
    const Status status = remembered.status == Status::Left ? Status::Left : Status::Failed;
    depart(remembered.since, *position, status);
    touch(*position);
    ++index_;
}

// ---- time ----

void Members::prune(TimePoint now, Events& events) {
    while (next_prune() <= now) {
        erase(table_.find(prunes_.begin()->second), events);
    }
}

void Members::reap(TimePoint now, Duration failed_for, Duration left_for, Events& events) {
    std::vector<BytesView> expired;
    for (const auto& [departed, name] : departures_) {
        const Status status = table_.find(name)->second.status;
        if (now - departed > (status == Status::Failed ? failed_for : left_for)) {
            expired.push_back(name);
        }
    }
    for (BytesView name : expired) {
        erase(table_.find(name), events);
    }
}

void Members::unleave(TimePoint now, Duration patience) {
    if (count(Status::Leaving) == 0) {
        return;
    }
    for (Entry& entry : table_) {
        if (entry.second.status == Status::Leaving && now - entry.second.since > patience) {
            set_status(now, entry, Status::Alive);
            touch(entry);
            ++index_;
        }
    }
}

std::size_t Members::count_reported(Status status) const {
    if (held_ == 0) {
        return count(status);
    }
    return static_cast<std::size_t>(
        std::count_if(table_.begin(), table_.end(),
                      [status](const Entry& entry) { return reported(entry.second) == status; }));
}

// ---- the table ----

const Member* Members::find(BytesView name) const {
    const auto position = table_.find(name);
    return position == table_.end() ? nullptr : &position->second;
}

Members::Table::iterator Members::insert(BytesView name, Events& events) {
    if (table_.size() >= max_members_ && !departures_.empty()) {
        erase(table_.find(departures_.begin()->second), events);
    }
    ++counts_[static_cast<std::size_t>(Status::None)];
    return table_.emplace(Bytes(name), Member{}).first;
}

// A status that says that the member is there ends its departure; one that says that it stays ends
// a prune that is due.
void Members::set_status(TimePoint now, Entry& entry, Status status) {
    auto& [name, member] = entry;
    if (!has_departed(status)) {
        mark(departures_, name, member.departed, never);
    }
    if (status == Status::Alive) {
        mark(prunes_, name, member.prune_at, never);
    }
    if (status != member.status) {
        --counts_[static_cast<std::size_t>(member.status)];
        ++counts_[static_cast<std::size_t>(status)];
        member.status = status;
        member.since = now;
    }
}

// A failure that is turned into a leave keeps its time (section 10.7).
void Members::depart(TimePoint now, Entry& entry, Status status) {
    auto& [name, member] = entry;
    if (member.departed == never) {
        mark(departures_, name, member.departed, now);
    }
    set_status(now, entry, status);
}

void Members::erase(Table::iterator position, Events& events) {
    auto& [name, member] = *position;
    const Status from = reported(member);
    mark(departures_, name, member.departed, never);
    mark(prunes_, name, member.prune_at, never);
    --counts_[static_cast<std::size_t>(member.status)];
    member.status = Status::None;
    if (member.held) {
        unhold(member);
    }
    report(MemberEvent::Kind::Reap, *position, from, {swim::CauseKind::Reaped, {}, {}}, events);
    table_.erase(position);
}

void Members::report(MemberEvent::Kind kind, const Entry& entry, Status from,
                     const swim::Cause& cause, Events& events) {
    const auto& [name, member] = entry;
    touch(entry);
    if (member.held) {
        ++index_;  // it is listed, with its new record
        return;
    }
    MemberEvent event;
    event.kind = kind;
    event.index = ++index_;
    event.name = name;
    event.endpoint = member.endpoint;
    event.tags = member.meta;
    event.versions = member.versions;
    event.from = from;
    event.to = member.status;
    event.incarnation = member.incarnation;
    event.cause = cause;
    events.push_back(std::move(event));
}

void Members::check() const {
    std::array<std::size_t, 5> counts{};
    std::size_t departed = 0;
    std::size_t prunes = 0;
    std::size_t held = 0;
    for (const auto& [name, member] : table_) {
        ++counts[static_cast<std::size_t>(member.status)];
        MUSTER_ASSERT(member.status != Status::None);
        MUSTER_ASSERT(has_departed(member.status) == (member.departed != never));
        MUSTER_ASSERT(!member.suspect || !has_departed(member.status));
        MUSTER_ASSERT(!member.held || !has_departed(member.status));
        held += member.held ? 1U : 0U;
        if (member.departed != never) {
            ++departed;
            MUSTER_ASSERT(departures_.count({member.departed, name}) == 1);
        }
        if (member.prune_at != never) {
            ++prunes;
            MUSTER_ASSERT(prunes_.count({member.prune_at, name}) == 1);
        }
    }
    MUSTER_ASSERT(counts == counts_);
    MUSTER_ASSERT(departed == departures_.size());
    MUSTER_ASSERT(held == held_);
    MUSTER_ASSERT(prunes == prunes_.size());
}

}  // namespace muster::cluster
