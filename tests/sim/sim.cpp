#include "tests/sim/sim.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace muster::sim {

namespace {

std::string replay_text(std::uint64_t seed) {
    return "seed " + std::to_string(seed) + "; to replay: MUSTER_SIM_SEED=" + std::to_string(seed) +
           " sim_tests \"" + Catch::getResultCapture().getCurrentTestName() + "\"";
}

std::optional<std::uint64_t> environment(const char* name) {
    const char* text = std::getenv(name);
    if (text == nullptr) {
        return std::nullopt;
    }
    return std::strtoull(text, nullptr, 10);
}

Options with_text(Options options, std::uint64_t seed) {
    options.seed = seed;
    options.keep_text = options.keep_text || std::getenv("MUSTER_SIM_TEXT") != nullptr;
    return options;
}

}  // namespace

std::vector<std::uint64_t> seeds(unsigned ordinarily) {
    if (const auto seed = environment("MUSTER_SIM_SEED")) {
        return {*seed};
    }
    std::vector<std::uint64_t> all;
    const std::uint64_t count = environment("MUSTER_SIM_SEEDS").value_or(ordinarily);
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        all.push_back(seed);
    }
    return all;
}

Options lan() {
    return {};
}

Sim::Sim(std::uint64_t seed, Options options)
    : World(with_text(std::move(options), seed)),
      replay_(Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
              << replay_text(seed)) {}

Sim::~Sim() {
    if (const char* file = std::getenv("MUSTER_SIM_TEXT")) {
        std::ofstream(file) << transcript().text();
    }
}

void Sim::start(std::size_t count) {
    const auto first = static_cast<HostId>(size());
    for (std::size_t i = 0; i < count; ++i) {
        boot(add());
    }
    for (HostId host = first; host < size(); ++host) {
        if (host != 0) {
            join(host, {0});
        }
    }
    // Gossip misses one now and then; without push/pull nothing else repairs it.
    if (!run_until([&] { return converged(); }, 5s)) {
        for (HostId host = first; host < size(); ++host) {
            if (host != 0) {
                join(host, {0});
            }
        }
    }
    settle(repair);
    // The news of the joins is still being repeated: let the queues run dry.
    run_for(5s);
}

void Sim::settle(Duration bound) {
    const TimePoint begin = now();
    run_until([&] { return converged(); }, bound);
    INFO("after " << std::chrono::duration<double>(now() - begin).count() << " s");
    REQUIRE_THAT(divergence(), Catch::Equals(""));
}

void Sim::partition(const Hosts& a, const Hosts& b, const Hosts& c) {
    network().partition({a, b, c});
}

void Sim::block(HostId from, HostId to, Traffic traffic) {
    network().block(from, to, traffic);
}

void Sim::cut_off(HostId host) {
    Hosts others;
    for (HostId other = 0; other < size(); ++other) {
        if (other != host) {
            others.push_back(other);
        }
    }
    partition({host}, others);
}

TimePoint Sim::first(HostId observer, HostId subject, Status status, TimePoint from) const {
    for (const Observed& seen : events(observer)) {
        if (seen.at >= from && seen.event.name == name(subject) && seen.event.to == status &&
            seen.event.from != status) {
            return seen.at;
        }
    }
    return never;
}

std::size_t Sim::count(Status status) const {
    std::size_t total = 0;
    for (HostId subject = 0; subject < size(); ++subject) {
        total += count(subject, status);
    }
    return total;
}

std::size_t Sim::count(HostId subject, Status status) const {
    std::size_t total = 0;
    for (HostId observer = 0; observer < size(); ++observer) {
        for (const Observed& seen : events(observer)) {
            total += one_if(seen.event.name == name(subject) && seen.event.to == status &&
                            seen.event.from != status);
        }
    }
    return total;
}

std::size_t Sim::count(HostId subject, MemberEvent::Kind kind) const {
    std::size_t total = 0;
    for (HostId observer = 0; observer < size(); ++observer) {
        for (const Observed& seen : events(observer)) {
            total += one_if(seen.event.name == name(subject) && seen.event.kind == kind);
        }
    }
    return total;
}

bool gossips(BytesView packet) {
    return carries<swim::Alive>(packet) || carries<swim::Suspect>(packet) ||
           carries<swim::Dead>(packet);
}

}  // namespace muster::sim
