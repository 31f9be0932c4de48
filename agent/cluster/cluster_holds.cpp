// What the Serf layer tells the holds, and what it makes of them (docs/detection.md, "Held out"):
// members that are held have their true status in the table, and are reported failed.
#include <algorithm>

#include "agent/cluster/cluster.h"

namespace muster::cluster {

bool Cluster::returns_held(TimePoint now, const swim::WireEvent& event, const WireRecord& record) {
    if (event.name == name_) {
        return false;
    }
    const Member* before = members_.find(event.name);
    const Intent* buffered = intents_.find(event.name);
    Holds::Return how;
    how.members = members_.table().size() - members_.count(Status::Left);
    if (before != nullptr) {
        how.status_ltime = before->status_ltime;
        how.rose = event.incarnation > before->incarnation && before->meta == record.meta;
    } else if (buffered != nullptr) {
        how.status_ltime = buffered->ltime;
    }
    return holds_.returned(now, event.name, how);
}

// While it is on the wire. A suspicion that ended without a rise is one no longer either way.
void Cluster::note_restlessness(TimePoint now, const swim::WireEvent& event,
                                const WireRecord& record) {
    using Kind = swim::WireEvent::Kind;
    const Member* member = event.name == name_ ? nullptr : members_.find(event.name);
    if (member == nullptr) {
        return;
    }
    switch (event.kind) {
        case Kind::Suspect:
            return holds_.suspected(event.name);
        case Kind::Cleared:
            return holds_.rose(now, event.name, record.meta != member->meta);
        case Kind::Update:
        case Kind::Refreshed:
            if (event.incarnation > member->incarnation) {
                holds_.rose(now, event.name,
                            event.kind == Kind::Update && record.meta != member->meta);
            }
            return;
        case Kind::Join:
        case Kind::Leave:
        case Kind::Conflict:
            return;
    }
}

void Cluster::note_intent(TimePoint now, BytesView name, const Intent& intent, Output& out) {
    const Member* member = members_.find(name);
    if (member == nullptr || member->status == Status::Left) {
        return holds_.forget(name);
    }
    if (intent.kind == Intent::Kind::Join && holds_.joined(now, name, intent.ltime)) {
        members_.release(now, name, out.events);
    }
}

void Cluster::forget_erased(std::size_t events_before, const Output& out) {
    for (std::size_t i = events_before; i < out.events.size(); ++i) {
        if (out.events[i].kind == MemberEvent::Kind::Reap) {
            holds_.forget(out.events[i].name);
        }
    }
}

void Cluster::release_held(TimePoint now, Output& out) {
    std::vector<Bytes> released;
    holds_.tick(now, released);
    for (const Bytes& name : released) {
        members_.release(now, name, out.events);
    }
}

// What cannot be read is reported when it is merged.
void Cluster::expect_held(TimePoint now, BytesView bytes) {
    if (bytes.empty()) {
        return;
    }
    swim::Scratch scratch;
    const Result<PushPull> state = decode_push_pull(bytes, scratch);
    if (!state) {
        return;
    }
    for (const HeldTime& held : state->held) {
        const Member* member = members_.find(held.name);
        const bool is_here = member != nullptr &&
                             (member->status == Status::Alive || member->status == Status::Leaving);
        if (held.name.empty() || held.name == name_ || is_here) {
            continue;
        }
        const auto time = std::lower_bound(
            state->status_ltimes.begin(), state->status_ltimes.end(), held.name,
            [](const PushPull::StatusTime& each, BytesView name) { return each.name < name; });
        const bool known = time != state->status_ltimes.end() && time->name == held.name;
        holds_.expect(now, held.name, held.left, known ? time->ltime : 0);
    }
}

}  // namespace muster::cluster
