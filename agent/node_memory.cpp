// What the node takes over from an earlier life at its start, and gives to a later one.
#include <utility>

#include "agent/node_parts.h"

namespace muster {

using cluster::Remembered;

swim::Config Node::Parts::with_former_life(const NodeConfig& config) {
    swim::Config own = config.swim;
    own.former = former_life(config.memory, own.name);
    return own;
}

void Node::Parts::recall_life(TimePoint now, Effects& effects) {
    const Memory& memory = config.memory;
    if (memory.empty()) {
        return;
    }
    cluster::Tags wanted = config.tags;
    wanted.insert(memory.live_tags.begin(), memory.live_tags.end());
    if (tags.size() < wanted.size()) {
        effects.notices.push_back(
            {Notice::Level::Warning,
             "the tags that were set while it ran do not fit beside those of the configuration: "
             "left out (set them again, or take some out of the configuration)"});
    }
    if (judge_return(memory, config.swim.name, config.swim.advertise) == Return::Renamed &&
        !memory.left) {
        renamed.start(now, memory.name, memory.advertise, memory.incarnation, effects.wire);
    }
    if (memory.coordinate) {
        coordinates.recall(*memory.coordinate);
    }
    Recalled recalled = recall(now, memory, config.swim.name, config.cluster);
    for (const Bytes& name : recalled.forgotten) {
        remembering.note(name);
    }
    const bool tried = rejoins(memory, config.has_seeds, config.cluster.rejoin_after_leave);
    // What a leave ended is not taken up again by itself; it stays remembered.
    cluster.recall(now, memory.clocks, tried ? recalled.members : std::vector<Remembered>{}, tried);
    if (!tried) {
        return;
    }
    std::vector<cluster::Try> targets;
    for (const Remembered& member : recalled.members) {
        if (was_present(member.status)) {
            targets.push_back({member.name, member.endpoint});
        }
    }
    random.shuffle(targets);
    rejoin.start(now, std::move(targets), effects.wire);
    config.memory.members = {};
}

Remembering::Own Node::Parts::own_memory() const {
    return {cluster.clocks(), swim.self().incarnation};
}

MemoryChange Node::remember(TimePoint /*now*/, bool whole) {
    return parts_->take_memory(whole);
}

MemoryChange Node::Parts::take_memory(bool whole) {
    const Remembering::Own own = own_memory();
    MemoryChange change;
    change.whole = whole;
    change.now.name = config.swim.name;
    change.now.advertise = swim.self().endpoint;
    change.now.incarnation = own.incarnation;
    change.now.left = left;
    change.now.clocks = own.clocks;
    change.now.coordinate = coordinates.find(config.swim.name);
    change.now.live_tags = live_tags(config.tags, tags);
    change.now.drained_until = draining.until();
    const auto& table = cluster.members().table();
    const auto keep = [&](const Bytes& name, const cluster::Member& member) {
        change.now.members.push_back({name, member.endpoint, member.meta, member.versions,
                                      member.status, member.status_ltime, member.incarnation,
                                      member.since});
    };
    const auto changed = remembering.take(own);
    if (whole) {
        for (const auto& [name, member] : table) {
            if (name != config.swim.name) {
                keep(name, member);
            }
        }
        cluster.address_book().each(
            [&](const Bytes& name, const Endpoint& endpoint, TimePoint failed) {
                if (table.find(name) == table.end()) {
                    change.now.members.push_back(
                        {name, endpoint, {}, {}, cluster::Status::Failed, 0, 0, failed});
                }
            });
        return change;
    }
    for (const Bytes& name : changed) {
        if (name == config.swim.name) {
            continue;
        }
        const auto position = table.find(name);
        if (position != table.end()) {
            keep(name, position->second);
        } else if (!cluster.address_book().contains(name)) {
            change.forgotten.push_back(name);
        }
    }
    return change;
}

}  // namespace muster
