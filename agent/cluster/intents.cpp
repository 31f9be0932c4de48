#include "agent/cluster/intents.h"

#include <string>

namespace muster::cluster {
namespace {

// What an entry costs beside its name: the tree's node, with the allocator's share.
constexpr std::size_t entry_overhead = 128;

std::size_t cost(BytesView name) {
    return name.size() + entry_overhead;
}

Verdict judge_leave(Status status, bool prune) {
    switch (status) {
        case Status::Alive:
        case Status::Leaving:
            return {true, Status::Leaving, true, prune};
        case Status::Left:
        case Status::Failed:
            return {true, Status::Left, true, prune};
        case Status::None:
            break;
    }
    return {true, status, false, false};
}

}  // namespace

Verdict judge(Status status, LamportTime status_ltime, const Intent& intent) {
    if (intent.precedence() <= status_ltime) {
        return {false, status, false, false};
    }
    if (intent.kind == Intent::Kind::Leave) {
        return judge_leave(status, intent.prune);
    }
    return {true, status == Status::Leaving ? Status::Alive : status, true, false};
}

bool RecentIntents::add(TimePoint now, BytesView name, const Intent& intent) {
    if (const auto known = entries_.find(name); known != entries_.end()) {
        if (intent.precedence() <= known->second.intent.precedence()) {
            return false;
        }
        known->second = {intent, now};
        return true;
    }
    if (size_ + cost(name) > max_size_) {
        return false;
    }
    entries_.emplace(Bytes(name), Entry{intent, now});
    size_ += cost(name);
    return true;
}

const Intent* RecentIntents::find(BytesView name) const {
    const auto known = entries_.find(name);
    return known == entries_.end() ? nullptr : &known->second.intent;
}

void RecentIntents::expire(TimePoint now, Duration timeout) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (now - entry->second.heard > timeout) {
            size_ -= cost(entry->first);
            entry = entries_.erase(entry);
        } else {
            ++entry;
        }
    }
}

}  // namespace muster::cluster
