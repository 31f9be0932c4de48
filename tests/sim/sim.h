// The vocabulary of the scenarios: a simulated world that a test speaks to in short sentences, and
// that says how to replay it when a check fails.
//
//     Sim sim{seed};
//     sim.start(5);
//     sim.partition({0, 1}, {2, 3, 4});
//     sim.run_for(30s);
//     CHECK(sim.sees(0, 3, Status::Failed));
//
// MUSTER_SIM_SEEDS=500 runs more seeds of each scenario, MUSTER_SIM_SEED=17 that one alone,
// MUSTER_SIM_TEXT=FILE writes the transcript of the last world there.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/sim/world.h"
#include "swim/packet.h"

namespace muster::sim {

using cluster::Status;
using namespace std::chrono_literals;

// The seeds that a scenario runs with: `ordinarily` of them, or what the environment says.
std::vector<std::uint64_t> seeds(unsigned ordinarily);

// Every piece of news is sent a few times, to members by chance: now and then somebody misses it
// (2 % of the changes, with 9 members). Push/pull, every 30 s with one other, has told everybody by
// then, in the small clusters here.
inline constexpr Duration repair = std::chrono::minutes(5);

// The reference's LAN profile, as a musterd has it by default.
Options lan();

class Sim : public World {
public:
    explicit Sim(std::uint64_t seed, Options options = lan());
    ~Sim();

    // `count` more members, up and joined to the first, and everybody knows it.
    void start(std::size_t count);
    // Runs until all report the same. REQUIREs that they do within `bound`, says what differs.
    void settle(Duration bound);

    void partition(const Hosts& a, const Hosts& b, const Hosts& c = {});
    void block(HostId from, HostId to, Traffic traffic = Traffic::Both);
    void unblock(HostId from, HostId to) { network().unblock(from, to); }
    void heal() { network().heal(); }
    void set_loss(double loss) { network().link().loss = loss; }
    void cut_off(HostId host);  // a partition of one

    // When `observer` first reported `subject` so, since `from`; never if it did not.
    TimePoint first(HostId observer, HostId subject, Status status, TimePoint from = {}) const;
    // How often anybody reported anybody (or the subject) so.
    std::size_t count(Status status) const;
    std::size_t count(HostId subject, Status status) const;
    std::size_t count(HostId subject, MemberEvent::Kind kind) const;
    unsigned health(HostId host) const { return node(host).stats().health; }

private:
    Catch::ScopedMessage replay_;
};

// Whether a packet holds a message of type M for which `match` is true.
template <class M, class Match>
bool carries(BytesView packet, Match match) {
    swim::PacketReader reader;
    reader.open(packet);
    for (const swim::Message& message : reader.messages()) {
        const M* m = std::get_if<M>(&message);
        if (m != nullptr && match(*m)) {
            return true;
        }
    }
    return false;
}

template <class M>
bool carries(BytesView packet) {
    return carries<M>(packet, [](const M&) { return true; });
}

// For sums: how many does this make?
inline std::size_t one_if(bool condition) {
    return condition ? 1U : 0U;
}

// Whether it says anything about members: alive, suspect or dead.
bool gossips(BytesView packet);

}  // namespace muster::sim
