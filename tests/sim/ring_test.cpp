// The rings of whole agents: the same once it is quiet, and never two answers under one fingerprint
// (docs/ring.md).
#include <map>
#include <set>

#include "agent/cluster/holds.h"
#include "agent/cluster/mark.h"
#include "agent/ring/ring.h"
#include "agent/ring/rings.h"
#include "agent/ring/status.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

using ring::MemberSet;

constexpr Duration settle = 3s;
// After the last change of membership, and with nobody held.
constexpr Duration quiet = 5 * settle + 2s;

const MemberSet& used(const Sim& sim, HostId host) {
    return *sim.node(host).rings().all().front().in_use();
}

bool in_ring(const Sim& sim, HostId observer, HostId subject) {
    return used(sim, observer).find(sim.name(subject)) != ring::nobody;
}

std::uint32_t weight(const Sim& sim, HostId observer, HostId subject) {
    const std::uint32_t rank = used(sim, observer).find(sim.name(subject));
    return rank == ring::nobody ? 0 : used(sim, observer).members()[rank].weight;
}

// The fingerprints of all that run.
std::set<std::uint64_t> fingerprints(const Sim& sim) {
    std::set<std::uint64_t> all;
    for (HostId host = 0; host < sim.size(); ++host) {
        if (sim.running(host)) {
            all.insert(used(sim, host).fingerprint());
        }
    }
    return all;
}

// Who owns some keys, by name: first owners, and three in distinct zones.
std::vector<Bytes> answers(const ring::SharedMembers& set) {
    const auto ring = ring::Ring::build(set);
    REQUIRE(ring);
    std::vector<Bytes> all;
    std::vector<std::uint32_t> owners;
    for (int i = 0; i < 20; ++i) {
        (*ring)->owners("key " + std::to_string(i), {3, /*distinct_zones=*/true}, owners);
        for (const std::uint32_t rank : owners) {
            all.push_back(set->members()[rank].name);
        }
        all.emplace_back("/");
    }
    return all;
}

// Builds every ring that is adopted anywhere: one fingerprint is one set of answers.
struct Answers {
    explicit Answers(World& world) {
        world.watch([this](HostId host, const Effects& effects) {
            for (const ring::Adoption& adoption : effects.adoptions) {
                ++adoptions[host];
                const auto known = told.find(adoption.after->fingerprint());
                const std::vector<Bytes> now = answers(adoption.after);
                if (known == told.end()) {
                    told.emplace(adoption.after->fingerprint(), now);
                } else {
                    contradictions += one_if(known->second != now);
                    ++compared;
                }
            }
        });
    }

    std::map<std::uint64_t, std::vector<Bytes>> told;
    std::map<HostId, std::size_t> adoptions;
    std::size_t compared = 0;
    std::size_t contradictions = 0;
};

Options small_rings() {
    Options options = lan();
    ring::RingSettings settings;
    settings.function.vnodes = 16;
    options.node.rings = {settings};
    return options;
}

TEST_CASE("once membership is quiet all agents have the same ring") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(6);
    sim.run_for(quiet);
    CHECK(fingerprints(sim).size() == 1);
    CHECK(used(sim, 0).members().size() == 6);

    REQUIRE(sim.set_tags(1, {{"weight", "3"}, {"zone", "a"}}));
    sim.kill(5);
    REQUIRE(sim.run_until([&] { return sim.all_see(5, Status::Failed); }, 1min));
    sim.run_for(quiet);
    CHECK(fingerprints(sim).size() == 1);
    CHECK(used(sim, 0).members().size() == 5);
    CHECK(weight(sim, 4, 1) == 3);

    sim.drain(2, Duration::max());
    const HostId late = sim.add();
    sim.boot(late);
    sim.join(late, {0});
    sim.leave(3);
    sim.run_for(15s + quiet);
    CHECK(fingerprints(sim).size() == 1);
    CHECK(used(sim, late).members().size() == 5);
    CHECK(weight(sim, late, 2) == 0);
    CHECK_FALSE(in_ring(sim, 0, 3));
}

TEST_CASE("under churn two agents with one fingerprint never differ in an answer") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Options options = small_rings();
    options.disks = true;
    Sim sim{seed, options};
    Answers answers(sim);
    sim.start(8);
    // One of them is configured otherwise: E1 of the rules.
    sim.config(7).rings.front().function.vnodes = 15;
    Random chance(seed);
    for (int step = 0; step < 40; ++step) {
        const HostId host = static_cast<HostId>(chance.below(std::uint64_t{8}));
        switch (chance.below(std::uint64_t{4})) {
            case 0:
                sim.restart(host);
                break;
            case 1:
                if (sim.running(host)) {
                    sim.set_tags(host, {{"weight", std::to_string(chance.below(std::uint64_t{5}))},
                                        {"zone", std::to_string(host % 3)}});
                }
                break;
            case 2:
                if (sim.running(host)) {
                    sim.drain(host, sim.node(host).draining() ? std::nullopt
                                                              : std::optional(Duration::max()));
                }
                break;
            default:
                sim.set_loss(0.05 * static_cast<double>(chance.below(std::uint64_t{4})));
        }
        sim.run_for(chance.below(Duration(8s)) + 100ms);
    }
    CHECK(answers.contradictions == 0);
    CHECK(answers.told.size() > 20);
    CHECK(answers.compared > 50);
    sim.set_loss(0);
    sim.settle(cluster::longest_hold + repair);
    sim.run_for(quiet);
    const HostId other = 7;  // it never agrees, and says so
    std::set<std::uint64_t> agreed;
    for (HostId host = 0; host < other; ++host) {
        agreed.insert(used(sim, host).fingerprint());
    }
    CHECK(agreed.size() == 1);
    if (used(sim, other).function().vnodes == 15) {
        CHECK(used(sim, other).fingerprint() != *agreed.begin());
    }
}

TEST_CASE("a member that flaps is held out of every ring until it has been quiet") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, small_rings()};
    Answers answers(sim);
    sim.start(6);
    sim.run_for(quiet);
    const std::map<HostId, std::size_t> before = answers.adoptions;
    // It stands still for longer than a suspicion lasts, and is back for a few seconds.
    for (int i = 0; i < 5; ++i) {
        sim.pause(5);
        REQUIRE(sim.run_until([&] { return sim.all_see(5, Status::Failed); }, 1min));
        sim.run_for(settle + 2s);
        CHECK_FALSE(in_ring(sim, 0, 5));
        sim.resume(5);
        sim.run_for(6s);
        // It is back on the wire, and reported as it was.
        CHECK(sim.sees(0, 5, Status::Failed));
        CHECK(sim.node(0).member("n5")->held_until.has_value());
        CHECK_FALSE(in_ring(sim, 0, 5));
    }
    for (HostId host = 0; host < 5; ++host) {
        CHECK(answers.adoptions[host] == before.at(host) + 1);
    }
    CHECK(sim.count(5, MemberEvent::Kind::Failed) == 5);  // once for each of the others
    // Quiet: it comes back to all of them, and they agree.
    sim.settle(cluster::longest_hold + repair);
    sim.run_for(quiet);
    CHECK(in_ring(sim, 0, 5));
    CHECK(fingerprints(sim).size() == 1);
}

TEST_CASE("a newcomer is told who is held out, and has the same ring") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, small_rings()};
    sim.start(5);
    sim.pause(4);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 1min));
    sim.run_for(settle + 2s);
    sim.resume(4);
    REQUIRE(sim.run_until([&] { return sim.node(0).member("n4")->held_until.has_value(); }, 10s));
    const HostId late = sim.add();
    sim.boot(late);
    sim.join(late, {0});
    REQUIRE(sim.run_until([&] { return sim.node(late).member("n4").has_value(); }, 2s));
    CHECK(sim.sees(late, 4, Status::Failed));
    CHECK_FALSE(in_ring(sim, late, 4));
    // The same fixed point for both, within the bound.
    sim.run_for(cluster::hold_time(1) + quiet + 10s);
    CHECK(in_ring(sim, late, 4));
    CHECK(fingerprints(sim).size() == 1);
}

TEST_CASE("a member that is started again is believed at once: it says that it is a new life") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const bool remembers = GENERATE(false, true);
    Options options = small_rings();
    options.disks = remembers;
    Sim sim{seed, options};
    sim.start(5);
    sim.run_for(2s);
    sim.kill(4);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 1min));
    sim.boot(4);
    if (!remembers) {
        sim.join(4, {0});
    }
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Alive); }, 8s));
    CHECK_FALSE(sim.node(0).member("n4")->held_until.has_value());
}

TEST_CASE("a split that heals leaves no ring empty, and all equal") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Sim sim{seed, small_rings()};
    std::size_t smallest = 100;
    sim.start(8);
    sim.run_for(quiet);
    sim.watch([&](HostId, const Effects& effects) {
        for (const ring::Adoption& adoption : effects.adoptions) {
            smallest = std::min(smallest, adoption.after->members().size());
        }
    });
    sim.partition({0, 1, 2, 3}, {4, 5, 6, 7});
    sim.run_for(1min);
    CHECK(fingerprints(sim).size() == 2);
    sim.heal();
    sim.settle(repair);
    sim.run_for(quiet);
    CHECK(fingerprints(sim).size() == 1);
    CHECK(used(sim, 0).members().size() == 8);
    CHECK(smallest >= 4);
}

TEST_CASE("a drain survives a restart, and ends by itself after its time") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Options options = small_rings();
    options.disks = true;
    Sim sim{seed, options};
    sim.start(3);
    sim.run_for(quiet);
    sim.drain(1, 2min);
    sim.run_for(quiet);
    CHECK(weight(sim, 0, 1) == 0);
    CHECK(cluster::is_drained(cluster::decode_tags(sim.node(0).member("n1")->tags)));
    sim.restart(1);
    sim.run_for(5s);
    CHECK(sim.node(1).draining());
    sim.run_for(30s);
    CHECK(weight(sim, 0, 1) == 0);
    sim.run_for(2min);
    CHECK_FALSE(sim.node(1).draining());
    CHECK(weight(sim, 0, 1) == 1);
    CHECK(fingerprints(sim).size() == 1);
}

TEST_CASE("every agent answers which ring it uses, and no program is asked") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Sim sim{seed, small_rings()};
    sim.start(6);
    sim.run_for(quiet);
    std::size_t programs = 0;
    sim.watch([&](HostId, const Effects& effects) { programs += effects.queries.size(); });
    cluster::QueryRequest query;
    query.name = ring::status_query;
    query.payload = "default";
    REQUIRE(sim.query(0, query));
    sim.run_for(10s);
    ring::Tally tally("default", {"n0", "n1", "n2", "n3", "n4", "n5"});
    for (const cluster::QueryAnswer& answer : sim.host(0).query_answers) {
        if (answer.kind == cluster::QueryAnswer::Kind::Response) {
            tally.take(answer.from, answer.payload);
        }
    }
    const ring::Agreement agreement = tally.finish(used(sim, 0).fingerprint());
    CHECK(agreement.agree.size() == 6);
    CHECK(agreement.differ.empty());
    CHECK(agreement.silent.empty());
    CHECK(programs == 0);
}

TEST_CASE("other settings take the place of the old ones when they have settled") {
    Sim sim{seeds(1).front()};
    sim.start(3);
    sim.run_for(quiet);
    const std::uint64_t before = used(sim, 0).fingerprint();
    ring::RingSettings settings;
    settings.function.vnodes = 7;
    sim.set_rings(0, {settings});
    CHECK(used(sim, 0).fingerprint() == before);
    sim.run_for(settle + 1s);
    CHECK(used(sim, 0).function().vnodes == 7);
    CHECK(used(sim, 0).members().size() == 3);
}

}  // namespace
}  // namespace muster::sim
