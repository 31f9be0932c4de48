#include "tests/sim/storm.h"

#include <algorithm>

namespace muster::sim {

using cluster::Status;
using namespace std::chrono_literals;

Storm::Storm(World& world, Weather weather)
    : world_(world), weather_(weather), random_(world.seed() ^ 0x5707A11DU) {
    // What brings the cluster back is always among it, or a storm would end in a graveyard.
    choose(8, &Storm::boot, /*always=*/true);
    choose(4, &Storm::heal, /*always=*/true);
    choose(4, &Storm::kill);
    choose(4, &Storm::stop_or_go);
    choose(3, &Storm::part);
    choose(3, &Storm::block);
    choose(2, &Storm::clog);
    choose(4, &Storm::change_link);
    choose(4, &Storm::change_tags);
    choose(1, &Storm::slow_down);
    if (weather_.talk) {
        choose(12, &Storm::talk, /*always=*/true);
        world_.respond_with([](HostId, const cluster::HeardQuery&) { return Bytes("yes"); });
    }
    if (weather_.leaves) {
        choose(3, &Storm::leave, /*always=*/true);
        choose(2, &Storm::force_leave);
    }
}

void Storm::choose(unsigned weight, Action action, bool always) {
    if (always || random_.chance(0.75)) {
        choices_.push_back({1 + random_.below(std::uint64_t{2} * weight), action});
    }
}

void Storm::rage() {
    for (std::size_t i = 0; i < weather_.hosts; ++i) {
        const HostId host = world_.add();
        world_.boot(host);
        if (host != 0) {
            world_.join(host, {0});
        }
    }
    world_.run_for(10s);
    const TimePoint end = world_.now() + weather_.length;
    while (world_.now() < end) {
        act();
        world_.run_for(50ms + random_.below(Duration(3s)));
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

void Storm::calm() {
    heal();
    world_.network().link() = Link{};
    for (const auto& [from, to] : clogged_) {
        world_.network().link(from, to) = Link{};
    }
    for (HostId host = 0; host < world_.size(); ++host) {
        world_.set_work(host, 0s);
        if (world_.process(host) == Process::Paused) {
            world_.resume(host);
        }
    }
    if (weather_.leaves) {
        world_.run_for(15s);  // who is leaving gets to leave
    }
}

std::size_t Storm::reunite() {
    const auto runs = [&](HostId host) { return world_.running(host); };
    if (hosts(runs).empty()) {  // all have left: somebody begins again
        world_.boot(0);
    }
    const std::vector<HostId> running = hosts(runs);
    std::vector<HostId> known{running.front()};
    for (std::size_t i = 0; i < known.size(); ++i) {
        for (const HostId host : running) {
            const bool new_here = std::find(known.begin(), known.end(), host) == known.end();
            if (new_here && (knows(known[i], host) || knows(host, known[i]))) {
                known.push_back(host);
            }
        }
    }
    std::size_t strangers = 0;
    for (const HostId host : running) {
        if (weather_.leaves || std::find(known.begin(), known.end(), host) == known.end()) {
            ++strangers;
            world_.join(host, {running.front()});
        }
    }
    return strangers;
}

bool Storm::knows(HostId observer, HostId subject) const {
    const Seen seen = world_.sees(observer, subject);
    return seen.status != Status::None && seen.status != Status::Left &&
           seen.endpoint == world_.endpoint(subject);
}

std::vector<HostId> Storm::hosts(const std::function<bool(HostId)>& wanted) const {
    std::vector<HostId> found;
    for (HostId host = 0; host < world_.size(); ++host) {
        if (wanted(host)) {
            found.push_back(host);
        }
    }
    return found;
}

std::optional<HostId> Storm::pick(const std::function<bool(HostId)>& wanted) {
    const std::vector<HostId> found = hosts(wanted);
    if (found.empty()) {
        return std::nullopt;
    }
    return found[random_.below(found.size())];
}

// ---- what goes wrong ----

void Storm::kill() {
    const auto runs = [&](HostId host) { return world_.running(host); };
    if (hosts(runs).size() > 2) {
        world_.kill(*pick(runs));
    }
}

void Storm::boot() {
    const auto host = pick([&](HostId candidate) {
        const Process process = world_.process(candidate);
        return process == Process::Killed || process == Process::Left;
    });
    if (!host) {
        return;
    }
    if (weather_.leaves && random_.chance(0.2)) {
        world_.move(*host);
    }
    world_.boot(*host);
    const auto peer = pick([&](HostId candidate) { return candidate != *host; });
    world_.join(*host, {*peer});
}

void Storm::leave() {
    const auto runs = [&](HostId host) { return world_.running(host); };
    if (hosts(runs).size() > 2) {
        world_.leave(*pick(runs));
    }
}

void Storm::force_leave() {
    const auto host = pick([&](HostId candidate) { return world_.running(candidate); });
    const auto whom = static_cast<HostId>(random_.below(world_.size()));
    if (host && *host != whom) {
        world_.force_leave(*host, world_.name(whom), /*prune=*/random_.chance(0.3));
    }
}

void Storm::stop_or_go() {
    const auto stopped = pick([&](HostId host) { return world_.process(host) == Process::Paused; });
    if (stopped) {
        world_.resume(*stopped);
        return;
    }
    const auto runs = [&](HostId host) { return world_.running(host); };
    if (hosts(runs).size() > 2) {
        world_.pause(*pick(runs));
    }
}

// Sides drawn host by host, sides of a drawn size, or one against all; both ways or one way.
void Storm::part() {
    std::vector<HostId> order = hosts([](HostId) { return true; });
    random_.shuffle(order);
    std::size_t size = 1;
    switch (random_.below(3)) {
        case 0:
            for (std::size_t i = 2; i < order.size(); ++i) {
                size += random_.below(2) == 0 ? 1U : 0U;
            }
            break;
        case 1:
            size = 1 + static_cast<std::size_t>(random_.below(order.size() - 1));
            break;
        default:
            break;
    }
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(size);
    const Hosts near(order.begin(), middle);
    const Hosts far(middle, order.end());
    if (random_.chance(0.5)) {
        world_.network().partition({near, far});
        return;
    }
    for (const HostId from : near) {
        for (const HostId to : far) {
            world_.network().block(from, to, Traffic::Both);
        }
    }
}

void Storm::block() {
    const auto from = static_cast<HostId>(random_.below(world_.size()));
    const auto to = static_cast<HostId>(random_.below(world_.size()));
    const Traffic kinds[] = {Traffic::Both, Traffic::Datagrams, Traffic::Streams};
    world_.network().block(from, to, kinds[random_.below(3)]);
}

// What is sent on the link meanwhile arrives late, and out of order.
void Storm::clog() {
    const auto from = static_cast<HostId>(random_.below(world_.size()));
    const auto to = static_cast<HostId>(random_.below(world_.size()));
    Link& link = world_.network().link(from, to);
    link = world_.network().link();
    link.delay_min = random_.below(Duration(5s));
    link.delay_mean = link.delay_min + 30ms;
    clogged_.emplace_back(from, to);
    world_.after(link.delay_min, [&network = world_.network(), from, to] {
        network.link(from, to) = network.link();
    });
}

void Storm::heal() {
    world_.network().heal();
}

void Storm::change_link() {
    const auto up_to = [&](double most) {
        return random_.chance(0.5) ? 0 : most * static_cast<double>(random_.below(1000)) / 1000;
    };
    Link& link = world_.network().link();
    link.loss = up_to(0.3);
    link.duplication = up_to(0.5);
    link.breakage = up_to(0.3);
    link.delay_min = random_.below(Duration(30ms));
    link.delay_mean = link.delay_min + random_.below(Duration(70ms));
}

void Storm::change_tags() {
    const auto host = pick([&](HostId candidate) { return world_.running(candidate); });
    if (host) {
        world_.set_tags(*host, {{"turn", std::to_string(++turn_)}});
    }
}

void Storm::talk() {
    const auto host = pick([&](HostId candidate) { return world_.running(candidate); });
    if (!host) {
        return;
    }
    const Bytes name = "talk-" + std::to_string(++turn_);
    switch (random_.below(3)) {
        case 0:
            world_.user_event(*host, name, "", /*coalesce=*/random_.chance(0.5));
            return;
        case 1: {
            cluster::QueryRequest wanted;
            wanted.name = name;
            wanted.wants_acks = random_.chance(0.5);
            wanted.relay_factor = static_cast<std::uint8_t>(random_.below(4));
            world_.query(*host, wanted);
            return;
        }
        default:
            world_.change_keys(*host, cluster::KeyAction::List, {});
            return;
    }
}

void Storm::slow_down() {
    const auto host = static_cast<HostId>(random_.below(world_.size()));
    world_.set_work(host, random_.chance(0.5) ? Duration(0s) : random_.below(Duration(50ms)));
}

}  // namespace muster::sim
