#include "agent/memory.h"

#include <algorithm>

#include "agent/cluster/mark.h"

namespace muster {

using cluster::Remembered;
using cluster::Status;

void apply(const MemoryChange& change, Memory& memory) {
    std::vector<Remembered> members;
    if (!change.whole) {
        members = std::move(memory.members);
    }
    const auto find = [&](BytesView name) {
        return std::lower_bound(
            members.begin(), members.end(), name,
            [](const Remembered& member, BytesView wanted) { return member.name < wanted; });
    };
    for (const Bytes& name : change.forgotten) {
        const auto found = find(name);
        if (found != members.end() && found->name == name) {
            members.erase(found);
        }
    }
    for (const Remembered& member : change.now.members) {
        const auto found = find(member.name);
        if (found != members.end() && found->name == member.name) {
            *found = member;
        } else {
            members.insert(found, member);
        }
    }
    memory = change.now;
    memory.members = std::move(members);
}

Return judge_return(const Memory& memory, BytesView name, const Endpoint& advertise) {
    if (memory.empty()) {
        return Return::New;
    }
    if (memory.name != name) {
        return Return::Renamed;
    }
    // Exactly: the two forms of one IPv4 address are two addresses on this wire.
    return memory.advertise == advertise ? Return::Same : Return::Moved;
}

std::optional<swim::FormerLife> former_life(const Memory& memory, BytesView name) {
    if (memory.empty() || memory.name != name) {
        return std::nullopt;
    }
    return swim::FormerLife{memory.advertise, memory.incarnation, memory.left};
}

bool rejoins(const Memory& memory, bool has_seeds, bool rejoin_after_leave) {
    return !memory.empty() && (!memory.left || has_seeds || rejoin_after_leave);
}

bool was_present(Status status) {
    return status == Status::Alive || status == Status::Leaving;
}

Recalled recall(TimePoint now, const Memory& memory, BytesView self,
                const cluster::Config& config) {
    Recalled out;
    for (const Remembered& member : memory.members) {
        Remembered one = member;
        one.since = was_present(one.status) ? now : std::min(one.since, now);
        const Duration limit = one.status == Status::Left
                                   ? config.tombstone_timeout
                                   : std::max(config.reconnect_timeout, config.forget_after);
        const bool worth = one.name != self && !one.name.empty() && one.status != Status::None &&
                           now - one.since <= limit;
        if (worth) {
            out.members.push_back(std::move(one));
        } else {
            out.forgotten.push_back(std::move(one.name));
        }
    }
    const std::size_t most = config.max_members;
    if (out.members.size() > most) {
        const auto rest = out.members.begin() + static_cast<std::ptrdiff_t>(most);
        std::nth_element(
            out.members.begin(), rest, out.members.end(),
            [](const Remembered& a, const Remembered& b) { return a.since > b.since; });
        for (auto one = rest; one != out.members.end(); ++one) {
            out.forgotten.push_back(one->name);
        }
        out.members.resize(most);
    }
    return out;
}

cluster::Tags live_tags(const cluster::Tags& configured, const cluster::Tags& current) {
    cluster::Tags live;
    for (const auto& [key, value] : current) {
        const auto said = configured.find(key);
        if (said == configured.end() || said->second != value) {
            live.emplace(key, value);
        }
    }
    return live;
}

cluster::Tags tags_at_start(const cluster::Tags& configured, const cluster::Tags& live,
                            BytesView mark) {
    cluster::Tags tags = configured;
    tags.insert(live.begin(), live.end());  // what is there stays
    return cluster::encode_own(tags, mark, /*drained=*/false) ? tags : configured;
}

}  // namespace muster
