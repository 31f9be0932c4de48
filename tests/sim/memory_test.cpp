// Lives that remember their earlier ones: they find the cluster again by themselves, and are
// believed at another address (swim/relocation.h; memberlist.md sections 7.2 and 7.7).

#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

Options with_disks() {
    Options options = lan();
    options.disks = true;
    return options;
}

TEST_CASE("a member that is killed finds the cluster again without being told whom to join") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, with_disks()};
    sim.start(5);
    sim.kill(3);
    sim.kill(4);
    REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
    sim.boot(4);
    // Who had failed is known to have, before anybody has said so.
    CHECK(sim.sees(4, 3, Status::Failed));
    CHECK(sim.run_until([&] { return sim.converged(); }, 10s));
    CHECK_THAT(sim.divergence(), Catch::Equals(""));
}

TEST_CASE("a whole cluster that is killed at once finds itself again") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, with_disks()};
    sim.start(7);
    for (HostId host = 0; host < 7; ++host) {
        sim.kill(host);
    }
    for (HostId host = 0; host < 7; ++host) {
        sim.run_for(1s);
        sim.boot(host);
    }
    sim.settle(repair);
}

TEST_CASE("a member that left starts alone, and joins when it is told") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Sim sim{seed, with_disks()};
    sim.start(4);
    sim.leave(3);
    sim.run_for(12s);
    REQUIRE(sim.process(3) == Process::Left);
    sim.boot(3);
    sim.run_for(1min);
    CHECK(sim.node(3).member_count() == 1);
    sim.join(3, {0});
    sim.settle(repair);
}

TEST_CASE("a member that was killed is alive everywhere at another address") {
    const auto seed = GENERATE(from_range(seeds(2)));
    const std::string held = GENERATE("alive", "suspect", "failed", "forgotten", "left");
    const double loss = GENERATE(0.0, 0.05);
    CAPTURE(held, loss);
    Sim sim{seed, with_disks()};
    sim.start(9);
    sim.set_tags(8, {{"life", "first"}});
    sim.settle(repair);
    if (held == "left") {
        sim.leave(8);
        sim.run_for(12s);
        REQUIRE(sim.run_until([&] { return sim.all_see(8, Status::Left); }, repair));
        sim.set_seeds(8, {0});
    } else {
        sim.kill(8);
    }
    if (held == "suspect") {
        REQUIRE(sim.run_until([&] { return sim.sees(0, 8).suspect; }, 30s));
    } else if (held == "failed" || held == "forgotten") {
        REQUIRE(sim.run_until([&] { return sim.all_see(8, Status::Failed); }, 40s));
        sim.run_for(held == "failed" ? 1s : 2min);
    }
    sim.set_loss(loss);
    const Endpoint old = sim.endpoint(8);
    sim.move(8);
    sim.boot(8);
    const auto believed = [&] {
        for (HostId host = 0; host < 8; ++host) {
            const Seen seen = sim.sees(host, 8);
            if (seen.status != Status::Alive || seen.endpoint != sim.endpoint(8)) {
                return false;
            }
        }
        return true;
    };
    CHECK(sim.run_until(believed, loss > 0 ? Duration(repair) : Duration(10s)));
    sim.set_loss(0);
    sim.settle(repair);
    sim.run_for(1min);
    CHECK(sim.converged());
    CHECK(sim.sees(0, 8).endpoint != old);
    for (HostId host = 0; host < 9; ++host) {
        CHECK(sim.host(host).conflicts.empty());
    }
}

TEST_CASE("a cluster that comes back with other addresses forms by its seeds") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, with_disks()};
    sim.start(4);
    for (HostId host = 0; host < 4; ++host) {
        sim.kill(host);
        sim.move(host);
    }
    for (HostId host = 0; host < 4; ++host) {
        sim.set_seeds(host, {0, 1});
        sim.boot(host);
    }
    sim.settle(repair);
}

TEST_CASE("a member that was given another name leaves under the old one") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const std::string held = GENERATE("alive", "failed");
    CAPTURE(held);
    Sim sim{seed, with_disks()};
    sim.start(5);
    const Bytes old = sim.name(4);
    sim.kill(4);
    if (held == "failed") {
        REQUIRE(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 40s));
    }
    sim.config(4).swim.name = "renamed";
    sim.boot(4);
    CHECK(sim.run_until(
        [&] {
            for (HostId host = 0; host < 4; ++host) {
                const auto before = sim.node(host).member(old);
                if (before->status != Status::Left || !sim.sees(host, 4, Status::Alive)) {
                    return false;
                }
            }
            return true;
        },
        repair));
}

TEST_CASE("a copy of a disk under another name says nothing in the name of the original") {
    const auto seed = GENERATE(from_range(seeds(2)));
    Sim sim{seed, with_disks()};
    sim.start(5);
    const HostId copy = sim.add();
    sim.copy_disk(4, copy);
    sim.boot(copy);
    sim.settle(repair);
    sim.run_for(30s);
    CHECK(sim.all_see(4, Status::Alive));
    CHECK(sim.count(4, Status::Left) == 0);
    CHECK(sim.count(4, Status::Leaving) == 0);
}

TEST_CASE("a copy of a living member's disk says nothing in its name") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, with_disks()};
    sim.start(5);
    const std::size_t left = sim.count(4, Status::Left);
    const std::uint32_t incarnation = sim.node(4).incarnation();
    const HostId copy = sim.add();
    sim.config(copy).swim.name = sim.name(4);
    sim.copy_disk(4, copy);
    sim.boot(copy);
    sim.run_for(30s);
    bool said = false;
    for (const Notice& notice : sim.host(copy).notices) {
        said = said || (notice.level == Notice::Level::Error &&
                        notice.text.find("its data directory is a copy") != std::string::npos);
    }
    CHECK(said);
    for (HostId host = 0; host < 4; ++host) {
        CHECK(sim.sees(host, 4, Status::Alive));
        CHECK(sim.sees(host, 4).endpoint == sim.endpoint(4));
        CHECK(sim.sees(host, 4).incarnation == incarnation);
    }
    CHECK(sim.count(4, Status::Left) == left);
}

}  // namespace
}  // namespace muster::sim
