// What the world does to a machine beyond its process: its clock, its disk, its sleep; and links
// that come and go.
#include <algorithm>
#include <utility>

#include "agent/sim/world.h"
#include "swim/assert.h"

namespace muster::sim {

// ---- the machine ----

void World::crash(HostId id) {
    Host& host = at(id);
    transcript_.line(now_, id, "crashes");
    host.disk.crash(disk_random_);
    end_process(host, Process::Killed);
}

void World::suspend(HostId id) {
    pause(id);
    transcript_.line(now_, id, "falls asleep");
    at(id).asleep = true;
    network_.set_asleep(id, /*asleep=*/true);
}

void World::wake_up(HostId id) {
    MUSTER_ASSERT(at(id).asleep);
    transcript_.line(now_, id, "wakes up");
    at(id).asleep = false;
    network_.set_asleep(id, /*asleep=*/false);
    resume(id);
}

void World::set_drift(HostId id, DriftPpb drift) {
    Host& host = at(id);
    transcript_.line(now_, id, "drifts by " + std::to_string(drift));
    host.clock.set_drift(now_, drift);
    if (host.process == Process::Running) {
        rearm(host);
    }
}

void World::leap(HostId id, Duration by) {
    Host& host = at(id);
    transcript_.line(now_, id, "leaps by " + std::to_string(by.count()));
    host.clock.leap(now_, by);
    if (host.process == Process::Running) {
        rearm(host);
    }
}

// ---- its disk ----

void World::set_disk(HostId id, const DiskHealth& health) {
    Host& host = at(id);
    await_disk(host, host.disk.set_health(now_, health, disk_random_));
}

void World::store(HostId id, DiskWrite&& record) {
    Host& host = at(id);
    MUSTER_ASSERT(host.process == Process::Running);
    transcript_.line(now_, id, "is to store " + std::to_string(record.ticket));
    await_disk(host, host.disk.write(now_, std::move(record), disk_random_));
}

void World::await_disk(Host& host, Disk::Due due) {
    if (due) {
        host.disk_due = *due;
        queue_.push({.at = *due, .host = host.id, .kind = Event::Kind::Disk});
    }
}

void World::advance_disk(const Event& event) {
    Host& host = at(event.host);
    if (host.disk_due != event.at) {
        return;
    }
    host.disk_due = never;
    const std::optional<Disk::Answer> answer = host.disk.advance(now_, disk_random_);
    if (!answer) {
        return;
    }
    await_disk(host, answer->next);
    if (host.process == Process::Paused) {
        host.answers.push_back(*answer);
    } else {
        tell_stored(host, *answer);
    }
}

void World::tell_stored(Host& host, const Disk::Answer& answer) {
    transcript_.line(
        now_, host.id,
        (answer.stored ? "has stored " : "could not store ") + std::to_string(answer.ticket));
    const std::optional<bool> stored =
        host.config.election ? host.election_outcome(answer) : std::optional(answer.stored);
    if (!stored) {
        return;
    }
    input(host, [&](Node& node, TimePoint now) {
        return *stored ? node.stored(now, answer.ticket) : node.store_failed(now, answer.ticket);
    });
}

// ---- links that come and go ----

void World::flip_link(HostId from, HostId to, Flip flip) {
    this->flip(
        [this, from, to](bool shut) {
            shut ? network_.block(from, to, Traffic::Both) : network_.unblock(from, to);
        },
        flip, now_ + flip.length);
}

void World::flip_host(HostId host, bool in, bool out, Flip flip) {
    this->flip(
        [this, host, in, out](bool shut) { network_.block_host(host, shut && in, shut && out); },
        flip, now_ + flip.length);
}

void World::flip(const std::function<void(bool shut)>& set, Flip flip, TimePoint end) {
    MUSTER_ASSERT(flip.shut > Duration::zero() && flip.open > Duration::zero());
    if (now_ >= end) {
        return;
    }
    set(/*shut=*/true);
    after(std::min(flip.shut, end - now_), [this, set, flip, end] {
        set(/*shut=*/false);
        after(flip.open, [this, set, flip, end] { this->flip(set, flip, end); });
    });
}

}  // namespace muster::sim
