// What a cluster promises: kept in ordinary runs, and each noticed when it is broken on purpose.
#include "agent/sim/promises.h"

#include "agent/sim/bounds.h"
#include "agent/sim/invariants.h"
#include "swim/codec.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

using Sentences = std::vector<std::string>;

bool mentions(const Sentences& sentences, const std::string& words) {
    return !sentences.empty() && sentences.front().find(words) != std::string::npos;
}

TEST_CASE("an ordinary cluster keeps its promises through a death and a partition") {
    for (const std::uint64_t seed : seeds(4)) {
        Sim sim{seed};
        Promises promises(sim, lan().node.swim);
        sim.start(6);
        promises.expect_accuracy();
        sim.set_loss(0.05);
        sim.kill(5);
        sim.run_for(2min);
        promises.relax();
        sim.set_loss(0);
        sim.partition({0, 1}, {2, 3, 4});
        sim.run_for(1min);
        sim.heal();
        promises.expect_agreement(convergence_bound(lan().node.swim, {}, sim.size(), 1min));
        sim.run_for(10min);
        CHECK(promises.broken() == Sentences{});
        CHECK(promises.agreed_after().has_value());
    }
}

TEST_CASE("members that do not probe break completeness, and that is noticed, for each pair once") {
    Sim sim{1};
    Promises promises(sim, lan().node.swim);
    for (int i = 0; i < 3; ++i) {
        sim.config(sim.add()).swim.probe_interval = 0s;
    }
    for (HostId host = 0; host < 3; ++host) {
        sim.boot(host);
        if (host != 0) {
            sim.join(host, {0});
        }
    }
    sim.run_for(5s);
    sim.kill(2);
    const Duration bound = completeness_bound(lan().node.swim, 3);
    sim.run_for(bound - 2s);
    CHECK(promises.broken() == Sentences{});
    sim.run_for(40s);
    CHECK(promises.broken().size() == 2);
    CHECK(mentions(promises.broken(), "holds n2 for alive still"));
}

TEST_CASE("a member that is cut off in secret breaks accuracy, unless it is excused") {
    const bool excused = GENERATE(false, true);
    Sim sim{1};
    Promises promises(sim, lan().node.swim);
    sim.start(4);
    promises.expect_accuracy();
    if (excused) {
        for (HostId host = 0; host < sim.size(); ++host) {
            promises.excuse(host);  // it cannot be heard, so it hears no answers, and accuses all
        }
    }
    sim.filter([](const Passage& passage) { return passage.from == 1; });
    sim.block(1, 0, Traffic::Streams);
    sim.block(1, 2, Traffic::Streams);
    sim.block(1, 3, Traffic::Streams);
    sim.run_for(60s);
    CHECK(sim.count(1, Status::Failed) > 0);
    CHECK(promises.broken().empty() == excused);
    if (!excused) {
        CHECK(mentions(promises.broken(), "reports n1 failed, which runs"));
    }
}

TEST_CASE("a partition that never heals breaks convergence, and only after the bound") {
    Sim sim{1};
    Promises promises(sim, lan().node.swim);
    sim.start(4);
    sim.partition({0, 1}, {2, 3});
    sim.run_for(60s);
    promises.expect_agreement(90s);
    sim.run_for(88s);
    CHECK(promises.broken() == Sentences{});
    sim.run_for(5s);
    CHECK(promises.broken().size() == 1);
    CHECK(mentions(promises.broken(), "do not agree after"));
    CHECK_FALSE(promises.agreed_after().has_value());
}

TEST_CASE("large clusters are looked at as well: what only a walk can find is found") {
    Options options = lan();
    options.keep_events = false;
    Sim sim{1, options};
    Invariants invariants(sim);
    for (int i = 0; i < 70; ++i) {
        sim.boot(sim.add());
    }
    for (HostId host = 1; host < sim.size(); ++host) {
        sim.join(host, {0});
    }
    sim.run_for(20s);
    CHECK(invariants.broken() == Sentences{});
    // A member that nobody has ever heard of, by a datagram out of nowhere: one name too many.
    Bytes packet;
    swim::encode(swim::Alive{.incarnation = 1,
                             .node = "ghost",
                             .ip = sim.endpoint(1).ip(),
                             .port = 7946,
                             .meta = {},
                             .vsn = BytesView("\1\5\2\2\5\5", 6)},
                 packet);
    sim.inject(0, sim.endpoint(1), packet);
    sim.run_for(20s);
    CHECK(mentions(invariants.broken(), "it reports more members than there are names"));
}

}  // namespace
}  // namespace muster::sim
