#include "tests/sim/election/world.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "swim/assert.h"

namespace muster::election::sim {

// ---- clocks ----

Moment DriftingClock::when(TimePoint local) const {
    if (local <= local_) {
        return since_;
    }
    __extension__ using Wide = __int128;
    const Wide span = static_cast<Wide>((local - local_).count()) * million;
    Moment moment = since_ + Duration(static_cast<Duration::rep>(span / (million + ppm_)));
    while (at(moment) < local) {
        moment += 1ns;
    }
    return moment;
}

void DriftingClock::set_rate(Moment now, std::int64_t ppm) {
    local_ = at(now);
    since_ = now;
    ppm_ = ppm;
}

// ---- building ----

World::World(WorldOptions options) : options_(options), random_(options.seed) {
    hosts_.reserve(16);
    if (options_.gossip) {
        schedule(Moment{}, [this] { gossip(); });
    }
}

HostId World::add_host() {
    const HostId id = hosts_.size();
    MUSTER_ASSERT(id < hosts_.capacity());
    Host& host = hosts_.emplace_back();
    host.name = "n" + std::to_string(id + 1);
    host.config.name = host.name;
    host.config.candidate = true;
    host.config.timing = options_.timing;
    host.disk.slots[0].assign(slot_size, '\0');
    host.disk.slots[1].assign(slot_size, '\0');
    return id;
}

void World::found(const std::vector<HostId>& members, std::uint8_t target) {
    Record record;
    record.key = {1, 1};
    record.cluster = ClusterId{random_.next() | 1U};
    record.target = target;
    record.lease_ms = options_.timing.lease_ms;
    record.drift_ppm = options_.timing.drift_ppm;
    for (const HostId member : members) {
        record.voters.push_back(
            {hosts_[member].name, VoterId{random_.next() | 1U}, hosts_[member].config.priority});
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        State state;
        state.name = record.voters[i].name;
        state.id = record.voters[i].id;
        state.term = 1;
        state.record = record;
        Disk& disk = hosts_[members[i]].disk;
        disk.slots[0] = disk.slots[1] = disk.acknowledged = encode_slot(state, 1);
        reread(members[i]);
    }
}

void World::boot(HostId id) {
    Host& host = hosts_[id];
    MUSTER_ASSERT(!host.election);
    ++host.life;
    host.paused = false;
    host.backlog.clear();
    host.disk.running.reset();
    const TimePoint start = local(id);
    host.election.emplace(host.config, choose(host.disk.slots[0], host.disk.slots[1], host.name),
                          start, random_.split());
    host.election->start(start, host.out);
    perform(id);
}

void World::reread(HostId id) {
    Disk& disk = hosts_[id].disk;
    Found found = choose(disk.slots[0], disk.slots[1], hosts_[id].name);
    disk.held = found.slot ? std::move(found.slot->state) : State{};
}

// ---- faults ----

void World::crash(HostId id) {
    Host& host = hosts_[id];
    if (!host.election) {
        return;
    }
    if (host.disk.running) {
        const Bytes& slot = host.disk.running->slot;
        const std::uint64_t fate = random_.below(std::uint64_t{4});
        Bytes& first = host.disk.slots[host.disk.running->first];
        Bytes& second = host.disk.slots[1 - host.disk.running->first];
        if (fate >= 1 && second != slot) {
            first = slot;
        }
        if (fate == 1 && second != slot) {
            first.replace(2048, 2048, 2048, '\x55');
        }
        if (fate == 3) {
            second = slot;
        }
        host.disk.running.reset();
        reread(id);
    }
    host.election.reset();
    host.paused = false;
    host.backlog.clear();
    ++host.life;
    if (host.runner) {
        host.orphans.push_back(*std::exchange(host.runner, std::nullopt));
    }
}

void World::pause(HostId id) {
    hosts_[id].paused = up(id);
}

void World::resume(HostId id) {
    Host& host = hosts_[id];
    if (!host.paused) {
        return;
    }
    host.paused = false;
    observe(id);  // who asks now is answered before any timer
    std::vector<std::function<void()>> backlog = std::exchange(host.backlog, {});
    const unsigned life = host.life;
    // Messages that lay in the socket are read in some order, and timers come anywhere between.
    random_.shuffle(backlog);
    for (const auto& what : backlog) {
        if (host.life == life) {
            what();
        }
    }
    if (host.life == life) {
        arm(id);
    }
}

void World::wipe(HostId id) {
    MUSTER_ASSERT(!up(id));
    Disk& disk = hosts_[id].disk;
    disk.slots[0].assign(slot_size, '\0');
    disk.slots[1].assign(slot_size, '\0');
    disk.acknowledged.clear();
    disk.held = State{};
}

// ---- time ----

void World::schedule(Moment at, std::function<void()> what) {
    queue_.emplace(Due{std::max(at, now_), order_++}, std::move(what));
}

void World::at_host(HostId id, Moment at, std::function<void()> what) {
    const unsigned life = hosts_[id].life;
    schedule(at, [this, id, life, what = std::move(what)] {
        Host& host = hosts_[id];
        if (host.life != life || !host.election) {
            return;
        }
        if (host.paused) {
            host.backlog.push_back(what);
        } else {
            what();
        }
    });
}

bool World::step(Moment end) {
    if (queue_.empty() || queue_.begin()->first.at > end) {
        now_ = std::max(now_, end);
        return false;
    }
    auto next = queue_.extract(queue_.begin());
    at_once_ = next.key().at == now_ ? at_once_ + 1 : 0;
    MUSTER_ASSERT(at_once_ < 100000);  // else time stands still
    now_ = next.key().at;
    next.mapped()();
    return true;
}

void World::run_for(Duration span) {
    const Moment end = now_ + span;
    while (step(end)) {
    }
}

void World::input(HostId id, const std::function<void(Election&, TimePoint, Output&)>& give) {
    Host& host = hosts_[id];
    if (!host.election || host.paused) {
        return;
    }
    give(*host.election, local(id), host.out);
    perform(id);
}

// ---- what an election asks for ----

void World::perform(HostId id) {
    Host& host = hosts_[id];
    observe(id);
    for (const Outgoing& message : host.out.messages) {
        transmit(id, message);
    }
    for (const Event& happened : host.out.events) {
        event(id, happened);
    }
    for (const RequestDone& done : host.out.done) {
        finished(id, done);
    }
    host.refused += host.out.refused;
    if (host.runner && !host.out.release.empty()) {
        host.runner->told_to_end = true;
    }
    if (host.out.write) {
        MUSTER_ASSERT(!host.disk.running);
        host.disk.running = std::move(host.out.write);
        start_write(id);
    }
    host.out.clear();
    if (options_.runners && leads(id) && !host.runner) {
        host.runner.emplace();
        at_host(id, now_ + random_.below(Duration(20ms)), [this, id] { run_runner(id); });
    }
    arm(id);
}

void World::arm(HostId id) {
    Host& host = hosts_[id];
    const TimePoint deadline = host.election->next_deadline();
    if (deadline == never) {
        host.tick_at = Moment::max();
        return;
    }
    const Moment at = std::max(host.clock.when(deadline), now_);
    if (at >= host.tick_at && host.tick_at > now_) {
        return;  // one comes earlier, and arms again
    }
    host.tick_at = at;
    at_host(id, at, [this, id, at] {
        if (hosts_[id].tick_at != at && hosts_[id].tick_at > now_) {
            return;
        }
        hosts_[id].tick_at = Moment::max();
        input(id, [](Election& election, TimePoint now, Output& out) { election.tick(now, out); });
    });
}

HostId World::find(const Outgoing& message) const {
    for (HostId id = 0; id < hosts_.size(); ++id) {
        if (hosts_[id].name == message.to_name) {
            return id;
        }
    }
    return hosts_.size();
}

void World::transmit(HostId from, const Outgoing& outgoing) {
    const Result<Message> message = decode_message(outgoing.bytes);
    MUSTER_ASSERT(message.has_value());
    sending(from, *message);
    ++messages_;
    const HostId to = find(outgoing);
    if (to == hosts_.size() || to == from || network_.blocked.count({from, to}) != 0) {
        return;
    }
    unsigned copies = random_.chance(network_.loss) ? 0 : 1;
    while (copies < 3 && random_.chance(network_.duplication)) {
        ++copies;
    }
    const auto clogged = network_.clogged.find({from, to});
    const Moment free = clogged == network_.clogged.end() ? now_ : std::max(now_, clogged->second);
    const Bytes ip{10, 0, 0, static_cast<char>(from + 1)};
    const Endpoint source = *Endpoint::from_bytes(ip, 7946);
    for (; copies > 0; --copies) {
        const Moment arrival = free + network_.delay_min + random_.below(network_.delay_spread);
        schedule(arrival, [this, to, source, bytes = outgoing.bytes] {
            Host& host = hosts_[to];
            if (!host.election) {
                return;
            }
            const unsigned life = host.life;
            const auto read = [this, to, life, source, bytes] {
                if (hosts_[to].life == life && hosts_[to].election) {
                    delivering(to, *decode_message(bytes));
                    input(to, [&](Election& election, TimePoint now, Output& out) {
                        election.receive(now, source, bytes, out);
                    });
                }
            };
            if (host.paused) {
                host.backlog.emplace_back(read);
            } else {
                read();
            }
        });
    }
}

void World::start_write(HostId id) {
    Disk& disk = hosts_[id].disk;
    const std::uint64_t ticket = disk.running->ticket;
    const Duration took = disk.latency + random_.below(disk.latency + 1ns);
    // The disk works while the process is paused.
    const unsigned life = hosts_[id].life;
    schedule(now_ + took, [this, id, life, ticket] {
        Host& host = hosts_[id];
        if (host.life != life || !host.disk.running || host.disk.running->ticket != ticket) {
            return;
        }
        const bool failed = host.disk.failing;
        if (!failed || random_.chance(0.5)) {  // what failed may be there all the same
            host.disk.slots[host.disk.running->first] = host.disk.running->slot;
        }
        if (!failed) {
            host.disk.slots[1 - host.disk.running->first] = host.disk.running->slot;
        }
        reread(id);
        at_host(id, now_, [this, id, ticket, failed] { end_write(id, ticket, failed); });
    });
}

void World::end_write(HostId id, std::uint64_t ticket, bool failed) {
    Host& host = hosts_[id];
    const Write done = std::move(*std::exchange(host.disk.running, std::nullopt));
    if (failed) {
        input(id, [&](Election& election, TimePoint now, Output& out) {
            election.store_failed(now, ticket, out);
        });
        return;
    }
    host.disk.acknowledged = done.slot;
    input(id, [&](Election& election, TimePoint now, Output& out) {
        election.stored(now, ticket, out);
    });
}

// Late, and now and then wrong: hints.
void World::gossip() {
    for (HostId id = 0; id < hosts_.size(); ++id) {
        Host& host = hosts_[id];
        if (host.election) {
            host.seen.name = host.name;
            host.seen.mark = host.election->mark();
        }
        host.seen.alive = up(id);
    }
    for (HostId id = 0; id < hosts_.size(); ++id) {
        for (const Host& other : hosts_) {
            if (other.seen.name.empty()) {
                continue;
            }
            Seen seen = other.seen;
            seen.alive = seen.alive != random_.chance(options_.lies);
            input(id, [&](Election& election, TimePoint now, Output& out) {
                election.set_wall(static_cast<std::uint64_t>(now_.count() / 1000000000));
                election.saw(now, seen, out);
                election.joined(now, out);
            });
        }
    }
    schedule(now_ + 500ms, [this] { gossip(); });
}

// ---- who acts by a host's leadership ----

// Asks for more time every H/2; the request lay in a socket for a while before the node read it.
void World::run_runner(HostId id) {
    Host& host = hosts_[id];
    if (!host.runner) {
        return;
    }
    Runner& runner = *host.runner;
    const TimePoint asked = local(id) - random_.below(Duration(2ms));
    if (runner.holder == 0) {
        runner.holder = next_holder_++;
        runner.name = "job-" + std::to_string(runner.holder);
        runner.obstinate = random_.chance(0.5);
    }
    if (runner.told_to_end && !runner.obstinate && runner.term != 0) {
        const HolderId holder = runner.holder;
        host.runner.reset();
        input(id, [holder](Election& election, TimePoint now, Output& out) {
            election.released(now, holder, out);
        });
        return;
    }
    Output out;
    const Term term = host.election->tenure_term();
    const auto lease = host.election->hold(local(id), runner.holder, runner.name, out);
    if (lease) {
        runner.term = term;
        runner.cluster = host.election->state().record->cluster;
        runner.end = std::max(runner.end, asked + std::chrono::milliseconds(*lease));
        holding(id, runner);
    }
    host.out = std::move(out);
    const bool over = local(id) >= runner.end;
    if (over) {
        host.runner.reset();
    }
    perform(id);
    if (!over && host.election) {
        at_host(id, now_ + renewal(options_.timing.lease_ms) / 2, [this, id] { run_runner(id); });
    }
}

// ---- questions ----

bool World::leads(HostId id) const {
    return up(id) && hosts_[id].election->is_leader(local(id));
}

std::optional<HostId> World::leader() const {
    for (HostId id = 0; id < hosts_.size(); ++id) {
        if (leads(id)) {
            return id;
        }
    }
    return std::nullopt;
}

}  // namespace muster::election::sim
