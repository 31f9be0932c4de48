// The world's part in elections: the file of two slots on a host's disk, and what is asked of a
// node about its leader.
#include <string>
#include <utility>

#include "agent/sim/world.h"
#include "swim/assert.h"

namespace muster::sim {

namespace {

constexpr std::uint64_t no_ticket = 0;  // an election's begin with 1

Bytes slot_key(std::size_t slot) {
    return "election-" + std::to_string(slot);
}

}  // namespace

// As the next process finds it: a slot that was being written may be cut short.
void Host::find_election() {
    const auto slot = [&](std::size_t number) {
        const auto found = disk.records().find(slot_key(number));
        Bytes bytes = found == disk.records().end() ? Bytes() : found->second;
        bytes.resize(election::slot_size, '\0');
        return bytes;
    };
    config.election->found = election::choose(slot(0), slot(1), config.swim.name);
    slot_failed = false;
}

// One slot after the other, as the file's writer does; the ticket is the second one's.
void World::write_election(Host& host, const election::Write& write) {
    store(host.id, {no_ticket, slot_key(write.first), write.slot});
    store(host.id, {write.ticket, slot_key(1 - write.first), write.slot});
}

// What the file's writer tells the node, if anything: of both slots together.
std::optional<bool> Host::election_outcome(const Disk::Answer& answer) {
    if (answer.ticket == no_ticket) {
        slot_failed = slot_failed || !answer.stored;
        return std::nullopt;
    }
    return answer.stored && !slot_failed;
}

RequestId World::lead(HostId id, const election::Request& wanted) {
    const RequestId number = ++last_request_;
    leads_[number];
    transcript_.line(now_, id, "is asked about the leader");
    input(at(id), [&](Node& node, TimePoint now) { return node.lead(now, number, wanted); });
    return number;
}

const election::Answer* World::answer(RequestId request) const {
    const auto found = leads_.find(request);
    return found != leads_.end() && found->second ? &*found->second : nullptr;
}

void World::observe_election(Host& host, Effects& effects) {
    for (election::Answer& answer : effects.leadership_answers) {
        const auto found = leads_.find(answer.request);
        MUSTER_ASSERT(found != leads_.end() && !found->second);
        found->second = std::move(answer);
    }
    for (const election::Event& event : effects.leadership) {
        transcript_.line(now_, host.id,
                         std::string(election::to_string(event.kind)) + " " + event.leader +
                             " term " + std::to_string(event.term));
        if (options_.keep_events) {
            host.leadership.push_back(event);
        }
    }
}

}  // namespace muster::sim
