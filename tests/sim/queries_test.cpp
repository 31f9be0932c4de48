// Queries, keys over the cluster, a disputed name: what several agents do together.
#include <algorithm>
#include <set>

#include "tests/sim/sim.h"
#include "tests/support/keys.h"

namespace muster::sim {
namespace {

using Kind = cluster::QueryAnswer::Kind;

cluster::QueryRequest load(unsigned relays = 0) {
    cluster::QueryRequest wanted;
    wanted.name = "load";
    wanted.wants_acks = true;
    wanted.relay_factor = static_cast<std::uint8_t>(relays);
    return wanted;
}

// Who answered the queries of `host`, each as often as it did.
std::multiset<Bytes> who(const Sim& sim, HostId host, Kind kind) {
    std::multiset<Bytes> names;
    for (const cluster::QueryAnswer& answer : sim.host(host).query_answers) {
        if (answer.kind == kind) {
            names.insert(answer.from);
        }
    }
    return names;
}

Bytes answer_of(HostId host) {
    return "answer of " + std::to_string(host);
}

// Programs that answer every query, and who was told of one: gossip misses somebody now and then,
// and no exchange tells of a query later.
struct Programs {
    explicit Programs(Sim& sim) {
        sim.respond_with([this, &sim](HostId host, const cluster::HeardQuery&) {
            told.insert(sim.name(host));
            return answer_of(host);
        });
    }
    std::multiset<Bytes> told;
};

TEST_CASE("who is told of a query acks and answers it, once, and it ends once") {
    std::size_t told = 0;
    const auto run = seeds(5);
    for (const std::uint64_t seed : run) {
        Sim sim{seed};
        sim.start(8);
        const Programs programs(sim);
        sim.network().link().duplication = 0.5;
        const auto request = sim.query(2, load(/*relays=*/2));
        REQUIRE(request);
        sim.run_for(1min);
        told += programs.told.size();
        CHECK(who(sim, 2, Kind::Ack) == programs.told);
        CHECK(who(sim, 2, Kind::Response) == programs.told);
        const auto& answers = sim.host(2).query_answers;
        for (const cluster::QueryAnswer& answer : answers) {
            CHECK(answer.request == *request);
            if (answer.kind == Kind::Response) {
                CHECK(answer.payload == answer_of(static_cast<HostId>(answer.from[1] - '0')));
            }
        }
        CHECK(who(sim, 2, Kind::Done).size() == 1);
        CHECK(answers.back().kind == Kind::Done);
    }
    CAPTURE(told, run.size());
    CHECK(told * 100 >= 8 * run.size() * 95);
}

// The answers to one query that come with a fifth of all packets lost, over all seeds.
std::size_t answers_under_loss(unsigned relays, const std::vector<std::uint64_t>& run) {
    std::size_t came = 0;
    for (const std::uint64_t seed : run) {
        Sim sim{seed};
        sim.start(10);
        const Programs programs(sim);
        sim.set_loss(0.2);
        REQUIRE(sim.query(0, load(relays)));
        sim.run_for(10s);
        came += who(sim, 0, Kind::Response).size();
    }
    return came;
}

TEST_CASE("relays bring the answers that the direct way loses") {
    const auto run = seeds(6);
    const std::size_t direct = answers_under_loss(0, run);
    const std::size_t relayed = answers_under_loss(3, run);
    const std::size_t all = 10 * run.size();
    CAPTURE(direct, relayed, all);
    CHECK(direct < relayed);
    CHECK(relayed * 100 >= all * 93);
}

TEST_CASE("only those who are meant are told of a query") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    sim.set_tags(1, {{"role", "web"}});
    sim.set_tags(3, {{"role", "web-canary"}});
    sim.settle(repair);
    const Programs programs(sim);
    cluster::QueryRequest wanted = load();
    wanted.filter_tags = {{"role", "^web"}};
    wanted.filter_nodes = {"n1", "n3", "n4"};
    REQUIRE(sim.query(0, wanted));
    sim.run_for(10s);
    CHECK(who(sim, 0, Kind::Response) == programs.told);
    CHECK(who(sim, 0, Kind::Ack) == programs.told);
    const std::multiset<Bytes> meant{"n1", "n3"};
    CHECK(std::includes(meant.begin(), meant.end(), programs.told.begin(), programs.told.end()));
    CHECK_FALSE(programs.told.empty());
}

TEST_CASE("who asks and dies is no burden: its query ends for the others too") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    std::size_t told = 0;
    sim.respond_with([&](HostId, const cluster::HeardQuery&) {
        ++told;
        return Bytes("to nobody");
    });
    REQUIRE(sim.query(4, load(/*relays=*/2)));
    sim.run_for(1ms);
    sim.kill(4);
    sim.run_for(5min);
    CHECK(sim.all_see(4, Status::Failed));
    CHECK(told >= 1);
    CHECK(told <= 5);
}

// ---- keys ----

Options keyed() {
    Options options = lan();
    options.keyring = muster::test::ring_of("a");
    return options;
}

TEST_CASE("a key is installed everywhere at once, or the report names who has it not") {
    std::size_t complete = 0;
    const auto run = seeds(6);
    for (const std::uint64_t seed : run) {
        Sim sim{seed, keyed()};
        sim.start(6);
        const auto request = sim.change_keys(1, cluster::KeyAction::Install, Bytes(16, 'k'));
        REQUIRE(request);
        const TimePoint begin = sim.now();
        REQUIRE(sim.run_until([&] { return !sim.host(1).key_reports.empty(); }, 4s));
        const cluster::KeyReport& report = sim.host(1).key_reports[0];
        CHECK(report.request == *request);
        CHECK(report.members == 6);
        for (HostId host = 0; host < 6; ++host) {
            const bool silent = std::find(report.silent.begin(), report.silent.end(),
                                          sim.name(host)) != report.silent.end();
            CHECK(muster::test::order(sim.host(host).keys) == (silent ? "a" : "ak"));
        }
        CHECK(report.error.empty() == report.silent.empty());
        // Long before the query's time.
        complete += one_if(report.error.empty() && sim.now() - begin < 1500ms);
        sim.run_for(1min);
        CHECK(sim.host(1).key_reports.size() == 1);
    }
    CAPTURE(complete, run.size());
    CHECK(complete * 10 >= run.size() * 8);
}

TEST_CASE("a member that is dead, and not yet known to be, is named as the one without the key") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed, keyed()};
    sim.start(6);
    sim.kill(4);
    REQUIRE(sim.change_keys(1, cluster::KeyAction::Install, Bytes(16, 'k')));
    sim.run_for(10s);
    REQUIRE(sim.host(1).key_reports.size() == 1);
    const cluster::KeyReport& report = sim.host(1).key_reports[0];
    CHECK(report.error.find("/6 nodes reported success") == 1);
    CHECK(std::count(report.silent.begin(), report.silent.end(), "n4") == 1);
    CHECK(report.errors == 0);
    // Once it is known to be dead nobody waits for it.
    sim.run_for(2min);
    REQUIRE(sim.change_keys(1, cluster::KeyAction::Install, Bytes(16, 'j')));
    sim.run_for(10s);
    REQUIRE(sim.host(1).key_reports.size() == 2);
    const auto& after = sim.host(1).key_reports[1];
    CHECK(after.members == 5);
    CHECK(std::count(after.silent.begin(), after.silent.end(), "n4") == 0);
}

// ---- names ----

TEST_CASE("of two hosts with one name, the one that the cluster knows stays") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed};
    sim.start(5);
    const HostId twin = sim.add();
    sim.config(twin).swim.name = sim.name(2);
    sim.boot(twin);
    sim.join(twin, {0});
    CHECK(sim.run_until([&] { return !sim.running(twin); }, 1min));
    CHECK(sim.process(twin) == Process::Killed);
    bool said = false;
    for (const Notice& notice : sim.host(twin).notices) {
        said = said || (notice.level == Notice::Level::Error &&
                        notice.text.find("this agent ends") != std::string::npos);
    }
    CHECK(said);
    sim.run_for(2min);
    CHECK(sim.running(2));
    for (HostId host = 0; host < 5; ++host) {
        CHECK(sim.sees(host, 2, Status::Alive));
        CHECK(sim.sees(host, 2).endpoint == sim.endpoint(2));
    }
}

TEST_CASE("with the rule switched off, two hosts with one name both stay") {
    Options options = lan();
    options.node.cluster.name_conflict_resolution = false;
    Sim sim{1, options};
    sim.start(5);
    const HostId twin = sim.add();
    sim.config(twin).swim.name = sim.name(2);
    sim.boot(twin);
    sim.join(twin, {0});
    sim.run_for(2min);
    CHECK(sim.running(twin));
    CHECK_FALSE(sim.host(twin).conflicts.empty());
}

TEST_CASE("a host that comes back at another address is not held for a stranger") {
    const auto seed = GENERATE(from_range(seeds(5)));
    Sim sim{seed};
    sim.start(5);
    sim.kill(2);
    sim.run_for(30s);
    sim.move(2);
    sim.boot(2);
    sim.join(2, {0});
    sim.run_for(5min);
    CHECK(sim.running(2));
}

}  // namespace
}  // namespace muster::sim
