#include "agent/sim/world.h"

#include <algorithm>
#include <utility>

#include "swim/assert.h"

namespace muster::sim {

namespace {

constexpr unsigned wakes_in_place_max = 1000;
// Nonces take nothing from the chance of the rest: a seed's history is the same with keys.
constexpr std::uint64_t nonce_salt = 0x6E6F6E6365;

}  // namespace

World::World(Options options)
    : options_(std::move(options)),
      random_(options_.seed),
      nonces_(options_.seed ^ nonce_salt),
      disk_random_(options_.seed ^ 0xD15CU),
      network_(random_.split(), options_.link),
      streams_(
          queue_, network_, random_.split(),
          [this](HostId host) -> swim::Seal& { return at(host).seal; },
          options_.node.swim.tcp_timeout),
      transcript_(options_.keep_text) {}

World::~World() = default;

// ---- hosts and processes ----

HostId World::add() {
    const auto id = static_cast<HostId>(hosts_.size());
    Host& host = hosts_.emplace_back();
    host.id = id;
    host.address = new_address(id);
    host.config = options_.node;
    host.config.swim.name = "n" + std::to_string(id);
    host.socket_buffer = options_.socket_buffer;
    host.keys = options_.keyring;
    host.verify = options_.verify;
    reseal(host);
    host.clock = Clock(std::chrono::hours(1) + random_.below(std::chrono::hours(1000)));
    lives_.push_back(0);
    return id;
}

void World::boot(HostId id) {
    Host& host = at(id);
    MUSTER_ASSERT(lives_[id] == 0);
    host.config.swim.advertise = endpoint_of(host.address);
    host.config.swim.packet_overhead = host.seal.packet_overhead();
    host.config.has_seeds = !host.seeds.empty();
    host.config.seed = random_.next();
    host.config.memory = host.memory;
    if (host.config.election) {
        host.find_election();
    }
    host.node.emplace(host.config);
    host.process = Process::Running;
    lives_[id] = ++host.life;
    transcript_.line(now_, id, "boots");
    input(host, [](Node& node, TimePoint now) { return node.start(now); });
}

void World::kill(HostId id) {
    transcript_.line(now_, id, "is killed");
    end_process(at(id), Process::Killed);
}

void World::restart(HostId id) {
    if (lives_[id] != 0) {
        kill(id);
    }
    boot(id);
}

void World::end_process(Host& host, Process how) {
    MUSTER_ASSERT(lives_[host.id] != 0);
    host.process = how;
    host.wake = never;
    lives_[host.id] = 0;
    for (const std::uint64_t parcel : host.waiting) {
        drop_parcel(parcel);
    }
    host.waiting.clear();
    host.waiting_bytes = 0;
    host.working = false;
    host.stopped.clear();
    host.answers.clear();
    host.disk_due = never;
    host.disk.abandon(disk_random_);
    if (host.asleep) {
        host.asleep = false;
        network_.set_asleep(host.id, /*asleep=*/false);
    }
    streams_.process_died(now_, host.id);
    ++version_;
}

void World::pause(HostId id) {
    Host& host = at(id);
    MUSTER_ASSERT(host.process == Process::Running);
    transcript_.line(now_, id, "is stopped");
    host.process = Process::Paused;
    host.working = false;
    ++version_;
}

// What can be read is read before the timers are looked at, as the agent does.
void World::resume(HostId id) {
    Host& host = at(id);
    MUSTER_ASSERT(host.process == Process::Paused);
    transcript_.line(now_, id, "goes on");
    host.process = Process::Running;
    host.wake = never;
    ++version_;
    if (host.work == Duration::zero()) {
        while (!host.waiting.empty() && host.process == Process::Running) {
            const std::uint64_t parcel = host.waiting.front();
            host.waiting.pop_front();
            handle_parcel(host, parcel);
        }
        host.waiting_bytes = 0;
    } else {
        work(host);
    }
    std::vector<Event> stopped = std::move(host.stopped);
    host.stopped.clear();
    std::stable_partition(stopped.begin(), stopped.end(),
                          [](const Event& event) { return !Streams::is_deadline(event); });
    for (const Event& event : stopped) {
        advance_stream(event);
    }
    for (const Disk::Answer& answer : std::exchange(host.answers, {})) {
        tell_stored(host, answer);
    }
    rearm(host);
}

void World::set_work(HostId id, Duration work) {
    at(id).work = work;
}

void World::move(HostId id) {
    Host& host = at(id);
    MUSTER_ASSERT(lives_[id] == 0);
    owners_[host.address].reset();
    host.address = new_address(id);
}

void World::move_to_address_of(HostId id, HostId former) {
    Host& host = at(id);
    MUSTER_ASSERT(lives_[id] == 0 && lives_[former] == 0);
    owners_[host.address].reset();
    host.address = at(former).address;
    owners_[host.address] = id;
}

void World::set_keys(HostId id, const swim::Keyring& keyring) {
    at(id).keys = keyring;
    reseal(at(id));
}

void World::set_verify(HostId id, swim::Verify verify) {
    at(id).verify = verify;
    reseal(at(id));
}

void World::reseal(Host& host) const {
    host.seal = swim::Seal(options_.label, host.verify);
    host.seal.set_keys(host.keys);
}

void World::set_seeds(HostId id, const Hosts& seeds) {
    Host& host = at(id);
    host.seeds.clear();
    for (const HostId seed : seeds) {
        host.seeds.push_back(endpoint(seed));
    }
}

// ---- requests ----

RequestId World::join(HostId id, const Hosts& peers) {
    std::vector<Endpoint> endpoints;
    for (const HostId peer : peers) {
        endpoints.push_back(endpoint(peer));
    }
    return join_endpoints(id, endpoints);
}

RequestId World::join_endpoints(HostId id, const std::vector<Endpoint>& peers) {
    const RequestId request = ++last_request_;
    requests_[request];
    transcript_.line(now_, id, "is told to join");
    input(at(id), [&](Node& node, TimePoint now) { return node.join(now, request, peers); });
    return request;
}

RequestId World::leave(HostId id) {
    const RequestId request = ++last_request_;
    requests_[request];
    transcript_.line(now_, id, "is told to leave");
    input(at(id), [&](Node& node, TimePoint now) { return node.leave(now, request); });
    return request;
}

RequestId World::force_leave(HostId id, BytesView name, bool prune) {
    const RequestId request = ++last_request_;
    requests_[request];
    transcript_.line(now_, id, "is told to remove " + Bytes(name));
    input(at(id),
          [&](Node& node, TimePoint now) { return node.force_leave(now, request, name, prune); });
    return request;
}

void World::set_advertise(HostId id, const Endpoint& endpoint) {
    transcript_.line(now_, id, "advertises " + endpoint.to_string());
    input(at(id), [&](Node& node, TimePoint now) { return node.set_advertise(now, endpoint); });
}

const RequestDone* World::outcome(RequestId request) const {
    const auto found = requests_.find(request);
    MUSTER_ASSERT(found != requests_.end());
    return found->second ? &*found->second : nullptr;
}

void World::inject(HostId id, const Endpoint& source, BytesView packet) {
    transcript_.datagram(now_, "injected", id, id, packet);
    input(at(id), [&](Node& node, TimePoint now) { return node.receive(now, source, packet); });
}

// ---- time ----

void World::run_for(Duration time) {
    const TimePoint end = now_ + time;
    while (step(end)) {
    }
}

bool World::run_until(const std::function<bool()>& condition, Duration bound) {
    const TimePoint end = now_ + bound;
    bool holds = condition();
    while (!holds && step(end)) {
        holds = condition();
    }
    return holds;
}

void World::after(Duration delay, std::function<void()> call) {
    calls_.emplace(++last_call_, std::move(call));
    queue_.push({.at = now_ + delay, .item = last_call_, .kind = Event::Kind::Call});
}

bool World::step(TimePoint limit) {
    if (queue_.empty() || queue_.next().at > limit) {
        now_ = limit;
        return false;
    }
    const Event event = queue_.pop();
    if (event.at > now_) {
        wakes_in_place_ = 0;
    }
    now_ = std::max(now_, event.at);
    ++steps_;
    dispatch(event);
    return true;
}

void World::dispatch(const Event& event) {
    switch (event.kind) {
        case Event::Kind::Datagram:
            deliver(event.item);
            return;
        case Event::Kind::Work:
            if (at(event.host).working && lives_[event.host] == event.item) {
                at(event.host).working = false;
                work(at(event.host));
            }
            return;
        case Event::Kind::Wake: {
            Host& host = at(event.host);
            if (host.process == Process::Running && host.wake == event.at) {
                MUSTER_ASSERT(++wakes_in_place_ < wakes_in_place_max);
                host.wake = never;
                input(host, [](Node& node, TimePoint now) { return node.tick(now); });
            }
            return;
        }
        case Event::Kind::Stream: {
            Host& host = at(event.host);
            if (host.process == Process::Paused && !Streams::is_kernels(event)) {
                host.stopped.push_back(event);
            } else {
                advance_stream(event);
            }
            return;
        }
        case Event::Kind::Seeds: {
            Host& host = at(event.host);
            if (host.process == Process::Running && host.life == event.item) {
                input(host, [&](Node& node, TimePoint now) {
                    return node.seeds_resolved(now, host.seeds);
                });
            }
            return;
        }
        case Event::Kind::Disk:
            advance_disk(event);
            return;
        case Event::Kind::Call: {
            const auto found = calls_.find(event.item);
            const std::function<void()> call = std::move(found->second);
            calls_.erase(found);
            call();
            return;
        }
    }
}

// What every input of a node ends in.
void World::settle(Host& host, Effects&& effects) {
    const bool left = effects.left;
    if (options_.disks && effects.remember) {
        apply(host.node->remember(host.clock.local(now_), /*whole=*/false), host.memory);
    }
    const bool name_lost = effects.name_lost;
    perform(host, effects);
    const std::uint64_t index = host.node->index();
    if (index != host.index) {
        host.index = index;
        ++version_;
    }
    for (const cluster::KeyRequest& request : effects.key_requests) {
        perform(host, request);
    }
    for (const cluster::HeardQuery& query : effects.queries) {
        perform(host, query);
    }
    host.node->recycle(std::move(effects));
    if (left || name_lost) {
        transcript_.line(now_, host.id, left ? "has left" : "has lost its name");
        end_process(host, left ? Process::Left : Process::Killed);
    } else {
        rearm(host);
    }
}

void World::rearm(Host& host) {
    const TimePoint deadline = host.clock.world(host.node->next_deadline());
    const TimePoint wake = deadline == never ? never : std::max(deadline, now_);
    if (wake != host.wake) {
        host.wake = wake;
        if (wake != never) {
            queue_.push({.at = wake, .host = host.id, .kind = Event::Kind::Wake});
        }
    }
}

}  // namespace muster::sim
