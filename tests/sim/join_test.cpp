// Members find each other: joins in every direction, seeds, and what must never be joined.
#include "swim/codec.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

TEST_CASE("members that join in either direction, in a chain or all at once all see each other") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const HostId count = GENERATE(2U, 3U, 8U);
    const std::string way = GENERATE("all to the first", "the first to all", "a chain");
    CAPTURE(count, way);
    Sim sim{seed};
    for (HostId host = 0; host < count; ++host) {
        sim.boot(sim.add());
    }
    for (HostId host = 1; host < count; ++host) {
        if (way == "all to the first") {
            sim.join(host, {0});
        } else if (way == "the first to all") {
            sim.join(0, {host});
        } else {
            sim.join(host, {host - 1});
        }
    }
    sim.settle(repair);
    for (HostId host = 0; host < count; ++host) {
        CHECK(sim.node(host).member_count() == count);
        CHECK(sim.count(host, MemberEvent::Kind::Join) == count);
        CHECK(sim.count(host, Status::Failed) == 0);
    }
}

TEST_CASE("a join ends with how many members were reached, and why the others were not") {
    Sim sim{1};
    sim.start(3);
    const HostId newcomer = sim.add();
    const HostId absent = sim.add();
    sim.boot(newcomer);
    const RequestId request = sim.join(newcomer, {0, absent, 2});
    sim.run_until([&] { return sim.outcome(request) != nullptr; }, 60s);
    const RequestDone* done = sim.outcome(request);
    REQUIRE(done != nullptr);
    CHECK_THAT(done->error, Catch::Equals(""));
    CHECK(done->succeeded == 2);
    REQUIRE(done->failures.size() == 1);
    CHECK(done->failures[0].peer == sim.endpoint(absent));
    CHECK_THAT(done->failures[0].error, Catch::Contains("connection refused"));
}

TEST_CASE("a join of unreachable members fails within the stream's deadline") {
    Sim sim{1};
    sim.start(2);
    const HostId newcomer = sim.add();
    sim.boot(newcomer);
    sim.block(newcomer, 0);
    sim.block(1, newcomer);
    const RequestId request = sim.join(newcomer, {0, 1});
    CHECK(sim.run_until([&] { return sim.outcome(request) != nullptr; }, 21s));
    REQUIRE(sim.outcome(request) != nullptr);
    CHECK(sim.outcome(request)->error != "");
    CHECK(sim.outcome(request)->succeeded == 0);
    CHECK(sim.outcome(request)->failures.size() == 2);
    CHECK(sim.node(newcomer).member_count() == 1);
}

TEST_CASE("a join that reaches only itself fails, whatever address leads there") {
    Sim sim{1};
    const HostId host = sim.add();
    const Endpoint alias = sim.add_address(host);
    sim.boot(host);
    const RequestId request = sim.join_endpoints(host, {sim.endpoint(host), alias});
    REQUIRE(sim.run_until([&] { return sim.outcome(request) != nullptr; }, 30s));
    CHECK(sim.outcome(request)->succeeded == 0);
    CHECK(sim.outcome(request)->error != "");
    CHECK(sim.node(host).member_count() == 1);

    // Another member among the seeds makes it succeed.
    const HostId other = sim.add();
    sim.boot(other);
    const RequestId both = sim.join_endpoints(host, {alias, sim.endpoint(other)});
    REQUIRE(sim.run_until([&] { return sim.outcome(both) != nullptr; }, 30s));
    CHECK(sim.outcome(both)->succeeded == 1);
    CHECK_THAT(sim.outcome(both)->error, Catch::Equals(""));
    sim.settle(repair);
}

TEST_CASE("a second host that claims a name changes nothing, and is reported") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(4);
    const HostId impostor = sim.add();
    sim.config(impostor).swim.name = sim.name(1);
    const Seen before = sim.sees(0, 1);
    sim.boot(impostor);
    sim.join(impostor, {0});
    sim.run_for(2min);
    for (const HostId observer : {0U, 2U, 3U}) {
        CAPTURE(observer);
        CHECK(sim.sees(observer, 1, Status::Alive));
        CHECK(sim.sees(observer, 1).endpoint == sim.endpoint(1));
        CHECK(sim.sees(observer, 1).incarnation == before.incarnation);
    }
    CHECK(sim.count(1, Status::Failed) == 0);
    REQUIRE_FALSE(sim.host(0).conflicts.empty());
    CHECK(sim.host(0).conflicts[0].name == sim.name(1));
    CHECK(sim.host(0).conflicts[0].ours == sim.endpoint(1));
    CHECK(sim.host(0).conflicts[0].other == sim.endpoint(impostor));
}

TEST_CASE("S4 the recycled address of a failed member never merges a foreign cluster") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(3);
    const HostId lost = 2;
    sim.kill(lost);
    // Gossip to the dead ends, and the wire tables forget it; only the address book remembers.
    sim.run_for(3min);

    const HostId foreign = sim.add();
    const HostId foreign_peer = sim.add();
    sim.move_to_address_of(foreign, lost);
    sim.boot(foreign);
    sim.boot(foreign_peer);
    sim.join(foreign, {foreign_peer});
    std::size_t tries = 0;
    sim.tap([&](const Passage& passage) {
        tries += one_if(passage.from < lost && passage.to == foreign &&
                        carries<swim::Ping>(passage.packet, [&](const swim::Ping& ping) {
                            return ping.node == sim.name(lost);
                        }));
    });
    sim.run_for(40min);
    CHECK(tries >= 2);
    for (const HostId host : {0U, 1U}) {
        CHECK(sim.node(host).member_count() == 3);
        CHECK(sim.sees(host, lost, Status::Failed));
        CHECK(sim.sees(host, foreign, Status::None));
        CHECK(sim.sees(host, foreign_peer, Status::None));
    }
    CHECK(sim.node(foreign).member_count() == 2);
    CHECK(sim.node(foreign_peer).member_count() == 2);
}

TEST_CASE("seeds that do not answer yet are resolved and tried again until a member is reached") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    const HostId first = sim.add();
    const HostId late = sim.add();
    sim.set_seeds(first, {first, late});
    sim.boot(first);
    sim.run_for(40s);
    CHECK(sim.host(first).resolved >= 2);
    CHECK(sim.node(first).member_count() == 1);
    sim.boot(late);
    sim.settle(repair);
}

TEST_CASE("seeds are resolved again while fewer are alive than remembered, and then no more") {
    const auto seed = GENERATE(from_range(seeds(1)));
    Options options = lan();
    options.node.cluster.retry_max = 10min;
    Sim sim{seed, options};
    for (int i = 0; i < 3; ++i) {
        sim.add();
    }
    for (HostId host = 0; host < 3; ++host) {
        sim.set_seeds(host, {0, 1, 2});
        sim.boot(host);
    }
    sim.settle(repair);
    sim.run_for(2min);
    std::uint64_t resolved = sim.host(0).resolved;
    sim.run_for(25min);
    CHECK(sim.host(0).resolved == resolved);

    // All but one move to new addresses, which only the resolver knows.
    for (const HostId host : {1U, 2U}) {
        sim.kill(host);
        sim.move(host);
    }
    sim.run_for(3min);
    for (HostId host = 0; host < 3; ++host) {
        sim.set_seeds(host, {0, 1, 2});
    }
    CHECK(sim.host(0).resolved > resolved);
    for (const HostId host : {1U, 2U}) {
        sim.set_seeds(host, {});
        sim.boot(host);
    }
    sim.settle(30min);
    sim.run_for(25min);
    resolved = sim.host(0).resolved;
    sim.run_for(25min);
    CHECK(sim.host(0).resolved == resolved);
}

TEST_CASE("a label keeps clusters apart") {
    Options options = lan();
    options.label = "blue";
    Sim sim{1, options};
    sim.start(4);
    const std::string label = GENERATE("", "green", "blu", "blue");
    CAPTURE(label);
    Bytes packet;
    if (!label.empty()) {
        packet = "\xf4" + Bytes(1, static_cast<char>(label.size())) + label;
    }
    swim::encode(swim::Suspect{1, sim.name(3), sim.name(1)}, packet);
    sim.arrive(0, sim.endpoint(1), packet);
    CHECK(sim.sees(0, 3).suspect == (label == "blue"));
    sim.settle(repair);
    sim.kill(3);
    CHECK(sim.run_until([&] { return sim.all_see(3, Status::Failed); }, 60s));
}

}  // namespace
}  // namespace muster::sim
