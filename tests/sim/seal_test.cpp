// Clusters with keys: who is let in, how keys change while everything goes on, and what an old
// packet can still do.
#include <algorithm>
#include <map>

#include "tests/sim/sim.h"
#include "tests/support/keys.h"

namespace muster::sim {
namespace {

using muster::test::ring_of;
using swim::Fault;

Options keyed(std::string_view fills) {
    Options options = lan();
    options.keyring = ring_of(fills);
    return options;
}

std::uint64_t faults(const Sim& sim, HostId host, Fault fault) {
    return sim.node(host).stats().faults[static_cast<std::size_t>(fault)];
}

std::uint64_t undeciphered(const Sim& sim) {
    std::uint64_t all = 0;
    for (HostId host = 0; host < sim.size(); ++host) {
        all += sim.host(host).undeciphered;
    }
    return all;
}

// One more change that everybody must hear of.
void say_something(Sim& sim, HostId host) {
    static unsigned said = 0;
    REQUIRE(sim.set_tags(host, {{"said", std::to_string(++said)}}));
}

// Does `change` to host after host, as an operator would, while each has something to say.
template <class Change>
void host_by_host(Sim& sim, Change change) {
    for (HostId host = 0; host < sim.size(); ++host) {
        change(host);
        say_something(sim, host);
        say_something(sim, static_cast<HostId>((host + 1) % sim.size()));
        sim.run_for(2s);
    }
    sim.settle(repair);
}

TEST_CASE("a cluster with a key is a cluster, and nothing of it travels in clear") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, keyed("a")};
    std::size_t in_clear = 0;
    std::size_t datagrams = 0;
    sim.tap([&](const Passage& passage) {
        ++datagrams;
        in_clear += one_if(passage.datagram.find(passage.packet) != BytesView::npos ||
                           passage.datagram.find("n0") != BytesView::npos ||
                           passage.datagram.find("secret-tag") != BytesView::npos);
    });
    sim.start(5);
    REQUIRE(sim.set_tags(1, {{"secret-tag", "secret-tag"}}));
    sim.settle(repair);
    sim.kill(4);
    CHECK(sim.run_until([&] { return sim.all_see(4, Status::Failed); }, 60s));
    CHECK(datagrams > 100);
    // Two bytes out of chance may stand anywhere; what is said at length may not.
    CHECK(in_clear < datagrams / 20);
    CHECK(undeciphered(sim) == 0);
}

TEST_CASE("without the key, or with another, an agent sees nothing and is seen by none") {
    const auto seed = GENERATE(from_range(seeds(3)));
    const std::string ring = GENERATE(as<std::string>(), "", "x");
    CAPTURE(ring);
    Sim sim{seed, keyed("ab")};
    sim.start(4);
    const HostId stranger = sim.add();
    sim.set_keys(stranger, ring_of(ring));
    sim.boot(stranger);
    const RequestId in = sim.join(stranger, {0, 1});
    const RequestId out = sim.join(2, {stranger});
    sim.run_for(2min);
    for (const RequestId request : {in, out}) {
        REQUIRE(sim.outcome(request) != nullptr);
        CHECK(sim.outcome(request)->succeeded == 0);
        CHECK(sim.outcome(request)->error != "");
    }
    CHECK(sim.node(stranger).member_count() == 1);
    for (HostId host = 0; host < stranger; ++host) {
        CHECK(sim.node(host).member_count() == 4);
        CHECK(sim.sees(host, stranger, Status::None));
    }
    CHECK(faults(sim, 0, Fault::Decrypt) == 1);
    CHECK(faults(sim, stranger, Fault::Decrypt) == 1);
    CHECK(sim.count(Status::Failed) == 0);
}

TEST_CASE("keys are rotated host by host, and nobody misses a word") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, keyed("a")};
    sim.start(5);
    for (const char* ring : {"ab", "ba", "b"}) {
        CAPTURE(ring);
        host_by_host(sim, [&](HostId host) { sim.set_keys(host, ring_of(ring)); });
    }
    sim.run_for(1min);
    CHECK(sim.count(Status::Failed) == 0);
    for (HostId host = 0; host < sim.size(); ++host) {
        CHECK(sim.count(host, MemberEvent::Kind::Suspect) == 0);
    }
    CHECK(undeciphered(sim) == 0);
}

// What all hosts hear and report, as it comes.
struct Ears {
    explicit Ears(Sim& sim) {
        sim.watch([this](HostId host, const Effects& effects) {
            for (const cluster::HeardEvent& event : effects.user_events) {
                ++heard[{host, event.payload}];
            }
            reports.insert(reports.end(), effects.key_reports.begin(), effects.key_reports.end());
        });
    }

    std::map<std::pair<HostId, Bytes>, std::size_t> heard;
    std::vector<cluster::KeyReport> reports;
};

TEST_CASE("keys are rotated by one member's commands while events flow, and none is lost") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, keyed("a")};
    Ears ears(sim);
    sim.start(5);
    const Bytes next(16, 'b');
    std::size_t told = 0;
    struct Step {
        cluster::KeyAction action;
        Bytes key;
        const char* after;
    };
    for (const Step& step :
         {Step{cluster::KeyAction::Install, next, "ab"}, Step{cluster::KeyAction::Use, next, "ba"},
          Step{cluster::KeyAction::Remove, Bytes(16, 'a'), "b"}}) {
        CAPTURE(step.after);
        const std::size_t reports = ears.reports.size();
        REQUIRE(sim.change_keys(2, step.action, step.key));
        // Before, while and after the command goes round.
        for (int i = 0; i < 20; ++i) {
            REQUIRE(sim.user_event(static_cast<HostId>(told % sim.size()), "deploy",
                                   std::to_string(told)));
            ++told;
            sim.run_for(50ms);
        }
        REQUIRE(sim.run_until([&] { return ears.reports.size() > reports; }, 1min));
        CHECK_THAT(ears.reports.back().error, Catch::Equals(""));
        CHECK(ears.reports.back().responses == sim.size());
        for (HostId host = 0; host < sim.size(); ++host) {
            CHECK(muster::test::order(sim.host(host).keys) == step.after);
        }
    }
    sim.run_for(2min);
    for (HostId host = 0; host < sim.size(); ++host) {
        for (std::size_t i = 0; i < told; ++i) {
            CAPTURE(host, i);
            CHECK(ears.heard[{host, std::to_string(i)}] == 1);
        }
    }
    CHECK(sim.count(Status::Failed) == 0);
    CHECK(undeciphered(sim) == 0);
}

TEST_CASE("a member that missed the rotation is silent, failed, and counted wherever it knocks") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, keyed("ab")};
    sim.start(4);
    for (HostId host = 0; host < 3; ++host) {
        sim.set_keys(host, ring_of("b"));
    }
    CHECK(sim.run_until([&] { return sim.all_see(3, Status::Failed); }, 2min));
    for (HostId host = 0; host < 3; ++host) {
        CHECK(sim.host(host).undeciphered > 0);
        CHECK(faults(sim, host, Fault::Decrypt) >= sim.host(host).undeciphered);
    }
    // It hears the others all the while, since it has their key.
    CHECK(sim.host(3).undeciphered == 0);

    // Given the key as its primary, it comes back by itself.
    sim.set_keys(3, ring_of("b"));
    sim.settle(repair);
}

TEST_CASE("a plain cluster becomes an encrypted one without a gap, step by step") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed};
    sim.start(5);
    bool encrypted = true;
    sim.tap([&](const Passage& passage) {
        encrypted =
            encrypted && passage.datagram.size() == passage.packet.size() + swim::seal_overhead;
    });
    host_by_host(sim, [&](HostId host) {
        sim.set_verify(host, {.incoming = false, .outgoing = false});
        sim.set_keys(host, ring_of("a"));
    });
    host_by_host(sim,
                 [&](HostId host) { sim.set_verify(host, {.incoming = false, .outgoing = true}); });
    CHECK_FALSE(encrypted);
    encrypted = true;
    host_by_host(sim, [&](HostId host) { sim.set_verify(host, {}); });
    sim.run_for(1min);
    CHECK(encrypted);
    CHECK(undeciphered(sim) == 0);
    CHECK(sim.count(Status::Failed) == 0);
    for (HostId host = 0; host < sim.size(); ++host) {
        CHECK(sim.count(host, MemberEvent::Kind::Suspect) == 0);
    }
}

TEST_CASE("a plain cluster that becomes an encrypted one at one stroke has a gap") {
    Sim sim{1};
    sim.start(5);
    sim.set_keys(0, ring_of("a"));
    CHECK(sim.run_until([&] { return sim.all_see(0, Status::Failed); }, 2min));
    CHECK(undeciphered(sim) > 0);
}

// All datagrams that are sent, to be played again.
class Recording {
public:
    explicit Recording(Sim& sim) : sim_(sim) {
        sim.tap([this](const Passage& passage) {
            if (recording_ && passage.to) {
                all_.push_back({*passage.to, sim_.endpoint(passage.from), Bytes(passage.datagram)});
            }
        });
    }

    // Ends the recording, and plays everything again to whoever it was for, in its order.
    void play() {
        recording_ = false;
        REQUIRE(all_.size() > 200);
        for (std::size_t i = 0; i < all_.size(); ++i) {
            play(all_[i]);
            if (i % 20 == 0) {
                sim_.run_for(50ms);
            }
        }
    }
    void play_one() { play(all_.front()); }

private:
    struct Recorded {
        HostId to = 0;
        Endpoint source;
        Bytes datagram;
    };

    void play(const Recorded& one) {
        if (sim_.running(one.to)) {
            sim_.arrive(one.to, one.source, one.datagram);
        }
    }

    Sim& sim_;
    bool recording_ = true;
    std::vector<Recorded> all_;
};

TEST_CASE("old packets, played again, change nothing") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, keyed("a")};
    Recording recording(sim);
    // A history with joins, tags, a death and a return.
    sim.start(5);
    say_something(sim, 1);
    sim.settle(repair);
    sim.kill(2);
    CHECK(sim.run_until([&] { return sim.all_see(2, Status::Failed); }, 60s));
    sim.boot(2);
    sim.join(2, {0});
    sim.settle(repair);
    say_something(sim, 1);
    say_something(sim, 3);
    sim.settle(repair);
    sim.run_for(10s);

    std::vector<std::size_t> told;
    std::vector<std::uint32_t> incarnations;
    for (HostId host = 0; host < sim.size(); ++host) {
        told.push_back(sim.events(host).size());
        incarnations.push_back(sim.node(host).incarnation());
    }
    recording.play();
    sim.run_for(1min);
    for (HostId host = 0; host < sim.size(); ++host) {
        CAPTURE(host);
        for (std::size_t i = told[host]; i < sim.events(host).size(); ++i) {
            const MemberEvent& event = sim.events(host)[i].event;
            UNSCOPED_INFO("reported " << to_string(event.kind) << " of " << event.name << " at "
                                      << event.incarnation << ", " << to_string(event.cause.kind));
        }
        CHECK(sim.events(host).size() == told[host]);
        CHECK(sim.node(host).incarnation() == incarnations[host]);
    }
    CHECK(sim.converged());
    // They were opened: it is what they say that is old.
    CHECK(undeciphered(sim) == 0);

    // With their key gone they are not even opened.
    for (const char* ring : {"ab", "ba", "b"}) {
        for (HostId host = 0; host < sim.size(); ++host) {
            sim.set_keys(host, ring_of(ring));
        }
    }
    recording.play_one();
    CHECK(undeciphered(sim) == 1);
}

// What the wire cannot rule out: once a member is forgotten, nobody knows its incarnation any more,
// and its first word looks like that of a host that begins again.
TEST_CASE("a member that left and is forgotten can be played back, and is soon found out") {
    const auto seed = GENERATE(from_range(seeds(3)));
    Sim sim{seed, keyed("a")};
    Recording recording(sim);
    sim.start(5);
    say_something(sim, 4);
    sim.settle(repair);
    sim.leave(4);
    sim.run_for(3min);
    recording.play();
    sim.run_for(2min);
    CHECK(sim.converged());
    for (HostId host = 0; host < 4; ++host) {
        CHECK_FALSE(sim.sees(host, 4, Status::Alive));
    }
}

}  // namespace
}  // namespace muster::sim
