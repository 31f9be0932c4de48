#include "tests/sim/election/storm.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace muster::election::sim {

namespace {

std::optional<std::uint64_t> environment(const char* name) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (text == nullptr) {
        return std::nullopt;
    }
    return std::strtoull(text, nullptr, 10);
}

double up_to(double most, Random& random) {
    return random.chance(0.4)
               ? 0
               : most * static_cast<double>(random.below(std::uint64_t{1000})) / 1000;
}

}  // namespace

std::vector<std::uint64_t> seeds(unsigned ordinarily) {
    if (const auto seed = environment("MUSTER_SIM_SEED")) {
        return {*seed};
    }
    std::vector<std::uint64_t> all(environment("MUSTER_SIM_SEEDS").value_or(ordinarily));
    std::iota(all.begin(), all.end(), std::uint64_t{1});
    return all;
}

std::string replay(std::uint64_t seed, const std::string& test) {
    return "replay: MUSTER_SIM_SEED=" + std::to_string(seed) +
           " build/dev/tests/sim/election/election_sim_tests \"" + test + "\"";
}

Weather weather(std::uint64_t seed) {
    Random random(seed ^ 0xE1EC7104U);
    Weather weather;
    weather.world.seed = seed;
    weather.voters = 2 + random.below(std::uint64_t{4});
    const Timing timings[] = {
        standard_timing, standard_timing, fast_timing, {400, 4, 200000}, {100, 20, 200000}};
    weather.world.timing = timings[random.below(std::uint64_t{5})];
    weather.instant = weather.world.timing.drift_ppm > 10000 && random.chance(0.7);
    return weather;
}

Weather changing_weather(std::uint64_t seed) {
    Random random(seed ^ 0xC4A46E5U);
    Weather changing = weather(seed);
    changing.voters = 1 + random.below(std::uint64_t{5});
    changing.spares = 1 + random.below(std::uint64_t{3});
    changing.changes = true;
    changing.wipes = random.chance(0.5);
    changing.world.gossip = true;
    changing.world.lies = 0.1;
    return changing;
}

Storm::Storm(Weather weather)
    : weather_(weather),
      world_(weather.world),
      invariants_(world_),
      random_(weather.world.seed ^ 0x5707A11DU) {
    choices_ = {
        {5, &Storm::crash},        {14, &Storm::boot},          {6, &Storm::pause_or_resume},
        {4, &Storm::split},        {4, &Storm::cut_one_way},    {3, &Storm::clog},
        {14, &Storm::heal},        {4, &Storm::change_network}, {3, &Storm::change_disk},
        {4, &Storm::change_clock},
    };
    if (weather_.transfers) {
        choices_.push_back({5, &Storm::give_up});
    }
    if (weather_.changes) {
        choices_.push_back({24, &Storm::change_voters});
        choices_.push_back({3, &Storm::use_once});
    }
    if (weather_.wipes) {
        choices_.push_back({3, &Storm::wipe});
    }
    std::vector<HostId> members;
    for (std::size_t i = 0; i < weather_.voters; ++i) {
        members.push_back(world_.add_host());
    }
    world_.found(members, static_cast<std::uint8_t>(weather_.voters));
    for (std::size_t i = 0; i < weather_.spares; ++i) {
        world_.add_host();
    }
    for (Host& host : world_.hosts()) {
        host.config.settle = 2s;
        host.config.change_pause = random_.below(Duration(1s));
        host.disk.latency = weather_.instant ? 0ns : 2ms;
    }
    if (weather_.instant) {
        world_.network().delay_min = 0ns;
        world_.network().delay_spread = 1ns;
    }
    world_.finished = [this](HostId, const RequestDone& done) {
        changes_done_ += done.error.empty() ? 1U : 0U;
        const auto once = once_asked_.find(done.request);
        if (once != once_asked_.end() && done.error.empty()) {
            ++once_ran_[once->second];
        }
    };
    const auto look = world_.observe;
    world_.observe = [this, look](HostId host) {
        look(host);
        aim(host);
    };
}

void Storm::rage() {
    for (HostId host = 0; host < world_.hosts().size(); ++host) {
        change_clock();
        world_.boot(host);
    }
    raging_ = true;
    const Moment end = world_.now() + weather_.length;
    while (world_.now() < end) {
        act();
        world_.run_for(10ms + random_.below(Duration(random_.chance(0.3) ? 3s : 400ms)));
    }
}

void Storm::act() {
    std::uint64_t total = 0;
    for (const Choice& choice : choices_) {
        total += choice.weight;
    }
    std::uint64_t dice = random_.below(total);
    for (const Choice& choice : choices_) {
        if (dice < choice.weight) {
            (this->*choice.action)();
            return;
        }
        dice -= choice.weight;
    }
}

// A new candidate, leader or proposal: half of them meet a fault within about a round trip.
void Storm::aim(HostId host) {
    if (!raging_ || !world_.up(host)) {
        return;
    }
    const Election& election = *world_[host].election;
    const bool busy = election.tenure_term() != 0 ||
                      election.campaign().phase() == Campaign::Phase::Voting ||
                      election.campaign().phase() == Campaign::Phase::Standing;
    const Key mark{election.state().term, election.state().key().index};
    if (!busy || seen_[host] == mark) {
        return;
    }
    seen_[host] = mark;
    if (!random_.chance(0.5)) {
        return;
    }
    const Moment at = world_.now() + random_.below(Duration(weather_.instant ? 1us : 8ms));
    const std::uint64_t kind = random_.below(std::uint64_t{4});
    world_.at(at, [this, host, kind] {
        if (!raging_) {
            return;
        }
        switch (kind) {
            case 0:
                return world_.crash(host);
            case 1:
                return split();
            case 2:
                return cut_one_way();
            default:
                return world_.pause(host);
        }
    });
}

void Storm::calm() {
    raging_ = false;
    world_.network() = Network{};
    if (weather_.instant) {
        world_.network().delay_min = 0ns;
        world_.network().delay_spread = 1ns;
    }
    for (HostId id = 0; id < world_.hosts().size(); ++id) {
        Host& host = world_[id];
        host.disk.failing = false;
        host.disk.latency = weather_.instant ? 0ns : 2ms;
        const auto rho = static_cast<std::int64_t>(weather_.world.timing.drift_ppm);
        host.clock.set_rate(world_.now(), random_.chance(0.5) ? rho : -rho);
        world_.resume(id);
        if (world_.up(id) && world_[id].election->mute()) {
            world_.crash(id);
        }
        if (!world_.up(id)) {
            world_.boot(id);
        }
    }
    // The faults are over when the last slow write is.
    const auto writes = [this] {
        return std::any_of(world_.hosts().begin(), world_.hosts().end(),
                           [](const Host& host) { return host.disk.running.has_value(); });
    };
    const Moment end = world_.now() + 7s;
    while (writes() && world_.step(end)) {
    }
}

bool Storm::leader_in_time() {
    const Timing& timing = weather_.world.timing;
    const Duration promise =
        std::chrono::milliseconds(promise_ms(timing.lease_ms, timing.drift_ppm));
    const Duration bound =
        10 * (promise + std::chrono::milliseconds(timing.spread_ms) + 6 * 2ms + 3 * 8ms);
    const Moment end = world_.now() + bound;
    while (!world_.leader()) {
        if (!world_.step(end)) {
            return world_.leader().has_value();
        }
    }
    return true;
}

std::optional<HostId> Storm::pick(const std::function<bool(HostId)>& wanted) {
    std::vector<HostId> found;
    for (HostId host = 0; host < world_.hosts().size(); ++host) {
        if (wanted(host)) {
            found.push_back(host);
        }
    }
    if (found.empty()) {
        return std::nullopt;
    }
    return found[random_.below(found.size())];
}

// ---- what goes wrong ----

void Storm::crash() {
    if (const auto host = pick([this](HostId each) { return world_.up(each); })) {
        world_.crash(*host);
    }
}

void Storm::boot() {
    if (const auto host = pick([this](HostId each) { return !world_.up(each); })) {
        world_.boot(*host);
    }
}

void Storm::pause_or_resume() {
    const auto paused = [this](HostId each) { return world_.up(each) && world_[each].paused; };
    if (const auto host = pick(paused); host && random_.chance(0.9)) {
        return world_.resume(*host);
    }
    const auto runs = [&](HostId each) { return world_.up(each) && !paused(each); };
    if (const auto host = pick(runs)) {
        world_.pause(*host);
    }
}

void Storm::split() {
    std::vector<bool> sides;
    for (std::size_t i = 0; i < world_.hosts().size(); ++i) {
        sides.push_back(random_.chance(0.5));
    }
    for (HostId from = 0; from < sides.size(); ++from) {
        for (HostId to = 0; to < sides.size(); ++to) {
            if (sides[from] != sides[to]) {
                world_.network().blocked.insert({from, to});
            }
        }
    }
}

void Storm::cut_one_way() {
    const HostId from = random_.below(world_.hosts().size());
    for (HostId to = 0; to < world_.hosts().size(); ++to) {
        if (random_.chance(0.5)) {
            world_.network().blocked.insert({from, to});
        }
    }
}

void Storm::clog() {
    const HostId from = random_.below(world_.hosts().size());
    const HostId to = random_.below(world_.hosts().size());
    world_.network().clogged[{from, to}] = world_.now() + random_.below(Duration(3s));
}

void Storm::heal() {
    world_.network().blocked.clear();
}

void Storm::change_network() {
    Network& network = world_.network();
    network.loss = up_to(0.3, random_);
    network.duplication = up_to(0.5, random_);
    if (!weather_.instant) {
        network.delay_spread = 1ms + random_.below(Duration(random_.chance(0.3) ? 200ms : 10ms));
    }
}

void Storm::change_disk() {
    Disk& disk = world_[random_.below(world_.hosts().size())].disk;
    disk.failing = random_.chance(0.1);
    if (!weather_.instant) {
        disk.latency = random_.chance(0.3) ? random_.below(Duration(3s)) : Duration(2ms);
    }
}

// The ends of the range are where it hurts.
void Storm::change_clock() {
    auto rho = static_cast<std::int64_t>(weather_.world.timing.drift_ppm);
    if (weather_.beyond_drift && random_.chance(0.5)) {
        rho *= 10;
    }
    const std::int64_t rates[] = {
        rho, -rho,
        static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * rho))) - rho};
    Host& host = world_[random_.below(world_.hosts().size())];
    host.clock.set_rate(world_.now(), rates[random_.below(std::uint64_t{3})]);
}

void Storm::give_up() {
    const auto leader = world_.leader();
    if (!leader) {
        return;
    }
    Departure departure;
    if (random_.chance(0.7)) {
        const Record& record = *world_[*leader].election->state().record;
        departure.target = record.voters[random_.below(record.voters.size())].id;
    }
    world_.input(*leader, [&](Election& election, TimePoint now, Output& out) {
        election.give_up(now, departure, out);
    });
}

const Record* Storm::greatest_record() const {
    const Record* greatest = nullptr;
    for (const Host& host : world_.hosts()) {
        const auto& record = host.disk.held.record;
        if (record && (greatest == nullptr || record->key > greatest->key)) {
            greatest = &*record;
        }
    }
    return greatest;
}

// Whether the set as it is, and as it was before a change in flight, keeps a majority of disks that
// hold their voter's state, with one disk fewer.
bool Storm::can_lose_a_disk() const {
    const Record* record = greatest_record();
    if (record == nullptr) {
        return false;
    }
    const auto spared = [this](const std::vector<Voter>& set) {
        std::size_t whole = 0;
        for (const Voter& voter : set) {
            for (const Host& host : world_.hosts()) {
                whole += host.name == voter.name && host.disk.held.id == voter.id ? 1U : 0U;
            }
        }
        return whole > set.size() / 2 + 1;
    };
    return spared(record->voters) && spared(record->before());
}

void Storm::wipe() {
    if (!can_lose_a_disk()) {
        return;
    }
    const HostId host = random_.below(world_.hosts().size());
    world_.crash(host);
    world_.wipe(host);
}

void Storm::change_voters() {
    const auto leader = world_.leader();
    if (!leader) {
        return;
    }
    const Record& record = *world_[*leader].election->state().record;
    Change change;
    const Host& other = world_[random_.below(world_.hosts().size())];
    const State& state = other.disk.held;
    if (random_.chance(0.2)) {
        const std::uint32_t lease = weather_.world.timing.lease_ms;
        change.lease_ms = random_.chance(0.5) ? lease : lease * 2;
    } else {
        if (state.id != no_voter && record.voter(state.id) == nullptr) {
            change.add = Voter{other.name, state.id, 100};
        }
        if (record.voters.size() > 1 && (!change.add || random_.chance(0.5))) {
            change.remove = record.voters[random_.below(record.voters.size())].id;
        }
    }
    world_.input(*leader, [&](Election& election, TimePoint now, Output& out) {
        election.change(now, next_request_++, change, out);
    });
}

void Storm::use_once() {
    const auto leader = world_.leader();
    if (!leader) {
        return;
    }
    const RequestId request = next_request_++;
    const std::uint64_t hash = 1 + random_.below(std::uint64_t{12});
    once_asked_[request] = hash;
    world_.input(*leader, [&](Election& election, TimePoint now, Output& out) {
        election.use_once(now, request, {hash, 1000000000}, out);
    });
}

unsigned Storm::most_runs_of_one_key() const {
    unsigned most = 0;
    for (const auto& [key, runs] : once_ran_) {
        most = std::max(most, runs);
    }
    return most;
}

}  // namespace muster::election::sim
