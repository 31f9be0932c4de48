#include "tests/sim/storm.h"

#include <algorithm>

namespace muster::sim {

Storm::Storm(Sim& sim, Weather weather)
    : sim_(sim), weather_(weather), random_(sim.seed() ^ 0x5707A11DU) {
    choices_ = {
        {4, &Storm::kill},        {8, &Storm::boot},        {4, &Storm::stop_or_go},
        {3, &Storm::part},        {3, &Storm::block},       {4, &Storm::heal},
        {4, &Storm::change_link}, {4, &Storm::change_tags}, {1, &Storm::slow_down},
    };
    if (weather_.leaves) {
        choices_.push_back({3, &Storm::leave});
        choices_.push_back({2, &Storm::force_leave});
    }
}

void Storm::rage() {
    sim_.start(weather_.hosts);
    const TimePoint end = sim_.now() + weather_.length;
    while (sim_.now() < end) {
        act();
        sim_.run_for(50ms + random_.below(Duration(3s)));
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
    sim_.heal();
    sim_.network().link() = Link{};
    for (HostId host = 0; host < sim_.size(); ++host) {
        sim_.set_work(host, 0s);
        if (sim_.process(host) == Process::Paused) {
            sim_.resume(host);
        }
    }
    if (weather_.leaves) {
        sim_.run_for(15s);  // who is leaving gets to leave
    }
}

std::size_t Storm::reunite() {
    const std::vector<HostId> running = hosts([&](HostId host) { return sim_.running(host); });
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
            sim_.join(host, {running.front()});
        }
    }
    return strangers;
}

bool Storm::knows(HostId observer, HostId subject) const {
    const Seen seen = sim_.sees(observer, subject);
    return seen.status != Status::None && seen.status != Status::Left &&
           seen.endpoint == sim_.endpoint(subject);
}

std::vector<HostId> Storm::hosts(const std::function<bool(HostId)>& wanted) const {
    std::vector<HostId> found;
    for (HostId host = 0; host < sim_.size(); ++host) {
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
    const auto runs = [&](HostId host) { return sim_.running(host); };
    if (hosts(runs).size() > 2) {
        sim_.kill(*pick(runs));
    }
}

void Storm::boot() {
    const auto host = pick([&](HostId candidate) {
        const Process process = sim_.process(candidate);
        return process == Process::Killed || process == Process::Left;
    });
    if (!host) {
        return;
    }
    if (weather_.leaves && random_.chance(0.2)) {
        sim_.move(*host);
    }
    sim_.boot(*host);
    const auto peer = pick([&](HostId candidate) { return candidate != *host; });
    sim_.join(*host, {*peer});
}

void Storm::leave() {
    const auto runs = [&](HostId host) { return sim_.running(host); };
    if (hosts(runs).size() > 2) {
        sim_.leave(*pick(runs));
    }
}

void Storm::force_leave() {
    const auto host = pick([&](HostId candidate) { return sim_.running(candidate); });
    const auto whom = static_cast<HostId>(random_.below(sim_.size()));
    if (host && *host != whom) {
        sim_.force_leave(*host, sim_.name(whom), /*prune=*/random_.chance(0.3));
    }
}

void Storm::stop_or_go() {
    const auto stopped = pick([&](HostId host) { return sim_.process(host) == Process::Paused; });
    if (stopped) {
        sim_.resume(*stopped);
        return;
    }
    const auto runs = [&](HostId host) { return sim_.running(host); };
    if (hosts(runs).size() > 2) {
        sim_.pause(*pick(runs));
    }
}

void Storm::part() {
    Hosts sides[2];
    for (HostId host = 0; host < sim_.size(); ++host) {
        sides[random_.below(2)].push_back(host);
    }
    sim_.partition(sides[0], sides[1]);
}

void Storm::block() {
    const auto from = static_cast<HostId>(random_.below(sim_.size()));
    const auto to = static_cast<HostId>(random_.below(sim_.size()));
    const Traffic kinds[] = {Traffic::Both, Traffic::Datagrams, Traffic::Streams};
    sim_.block(from, to, kinds[random_.below(3)]);
}

void Storm::heal() {
    sim_.heal();
}

void Storm::change_link() {
    const auto up_to = [&](double most) {
        return random_.chance(0.5) ? 0 : most * static_cast<double>(random_.below(1000)) / 1000;
    };
    Link& link = sim_.network().link();
    link.loss = up_to(0.4);
    link.duplication = up_to(0.3);
    link.breakage = up_to(0.3);
    link.delay_mean = link.delay_min + random_.below(Duration(30ms));
}

void Storm::change_tags() {
    const auto host = pick([&](HostId candidate) { return sim_.running(candidate); });
    if (host) {
        sim_.set_tags(*host, {{"turn", std::to_string(++turn_)}});
    }
}

void Storm::slow_down() {
    const auto host = static_cast<HostId>(random_.below(sim_.size()));
    sim_.set_work(host, random_.chance(0.5) ? Duration(0s) : random_.below(Duration(50ms)));
}

}  // namespace muster::sim
