// What the Serf layer takes over from an earlier life, and gives to a later one.
#include "agent/cluster/cluster.h"

namespace muster::cluster {

void Cluster::recall(TimePoint now, const Clocks& clocks, const std::vector<Remembered>& members,
                     bool tried) {
    clock_.witness(clocks.member);
    rumours_.restore(clocks.event, clocks.query);
    for (const Remembered& member : members) {
        const bool left = member.status == Status::Left;
        // A failed member that is reported no longer is still tried.
        if (left || now - member.since <= config_.reconnect_timeout) {
            members_.recall(member);
        }
        if (tried && !left) {
            book_.recall(now, member.name, member.endpoint, member.since);
        }
    }
    count_members(now);
}

// The leave may have been stamped by another with the time that is the clock's next one.
void Cluster::arrived(TimePoint now, Output& out) {
    if (running()) {
        clock_.increment();
        announce_join(now, out);
    }
}

void Cluster::say_left(TimePoint now, BytesView name, Output& out) {
    const Leave intent{clock_.time(), name, /*prune=*/false};
    hear(now, name, {Intent::Kind::Leave, intent.ltime, /*prune=*/false}, out);
    broadcast_leave(intent, out);
    count_members(now);
}

// A clock stands at the first time that is not used up.
Clocks Cluster::clocks() const {
    const auto before = [](LamportTime time) { return time == 0 ? 0 : time - 1; };
    return {before(clock_.time()), before(rumours_.event_time()), before(rumours_.query_time())};
}

}  // namespace muster::cluster
