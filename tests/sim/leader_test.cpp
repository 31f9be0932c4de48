// Whole nodes that elect a leader: over SWIM's user messages, with gossip's view as hints.
#include <algorithm>
#include <map>
#include <set>

#include "agent/election/election.h"
#include "tests/sim/sim.h"

namespace muster::sim {
namespace {

using election::Answer;
using election::Event;
using election::LeaderView;
using election::Mode;
using election::Term;
using election::TokenVerdict;

Options musterds() {
    Options options = lan();
    options.node.election.emplace();
    return options;
}

// The first `voters` of `members` found a cluster of voters; the others have no part in it.
class Election {
public:
    Election(Sim& sim, std::size_t members, std::size_t voters) : sim_(&sim) {
        for (std::size_t i = 0; i < members; ++i) {
            const HostId host = sim.add();
            if (i < voters) {
                sim.config(host).election->config.candidate = true;
                sim.config(host).election->config.expect = static_cast<std::uint8_t>(voters);
                voters_.push_back(host);
            }
            if (i > 0) {
                sim.set_seeds(host, {0});
            }
            sim.boot(host);
        }
        sim.watch([this](HostId, const Effects& effects) {
            for (const Event& event : effects.leadership) {
                if (event.kind == Event::Kind::LeaderAcquired) {
                    leaders_[event.term].insert(event.leader);
                }
            }
        });
    }

    std::optional<HostId> leader() const {
        for (const HostId host : voters_) {
            if (sim_->running(host) && view(host).self) {
                return host;
            }
        }
        return std::nullopt;
    }
    LeaderView view(HostId host) const {
        return sim_->node(host).leader(sim_->host(host).clock.local(sim_->now()));
    }
    HostId elect() {
        REQUIRE(sim_->run_until([&] { return leader().has_value(); }, 60s));
        return *leader();
    }
    Answer ask(HostId host, const election::Request& wanted, Duration bound = 40s) {
        const RequestId request = sim_->lead(host, wanted);
        REQUIRE(sim_->run_until([&] { return sim_->answer(request) != nullptr; }, bound));
        return *sim_->answer(request);
    }
    // Nobody shares a term with another (I1).
    void check() const {
        for (const auto& [term, names] : leaders_) {
            INFO("term " << term);
            CHECK(names.size() == 1);
        }
    }
    std::size_t tenures() const { return leaders_.size(); }
    const Hosts& voters() const { return voters_; }

private:
    Sim* sim_;
    Hosts voters_;
    std::map<Term, std::set<Bytes>> leaders_;
};

Hosts but(const Hosts& hosts, HostId one) {
    Hosts rest;
    std::copy_if(hosts.begin(), hosts.end(), std::back_inserter(rest),
                 [one](HostId host) { return host != one; });
    return rest;
}

TEST_CASE("three voters found a cluster and elect one leader, and all know it") {
    for (const std::uint64_t seed : seeds(10)) {
        Sim sim{seed, musterds()};
        Election election(sim, 5, 3);
        const HostId leader = election.elect();
        const LeaderView own = election.view(leader);
        CHECK(own.fenced);
        CHECK(own.term >= 1U);
        CHECK(own.lease_ms > 0);
        CHECK(own.voters.size() == 3);
        // The other voters follow; who does not vote has heard the event, and asked.
        sim.run_for(10s);
        for (HostId host = 0; host < 5; ++host) {
            election.ask(host, election::AskLeader{});
            const LeaderView view = election.view(host);
            INFO("host " << host << ": " << view.reason);
            REQUIRE(view.leader);
            CHECK(*view.leader == sim.name(leader));
            CHECK(view.term == own.term);
            CHECK(view.cluster == own.cluster);
            CHECK(view.self == (host == leader));
            const auto& told = sim.host(host).leadership;
            CHECK(std::any_of(told.begin(), told.end(), [&](const Event& event) {
                return event.kind == Event::Kind::NewLeader && event.term == *own.term;
            }));
        }
        CHECK(sim.converged());
        election.check();
    }
}

TEST_CASE("a leader that is killed is followed by another in a greater term") {
    for (const std::uint64_t seed : seeds(10)) {
        Sim sim{seed, musterds()};
        Election election(sim, 3, 3);
        const HostId first = election.elect();
        sim.run_for(5s);
        const Term term = *election.view(first).term;
        sim.kill(first);
        REQUIRE(sim.run_until([&] { return election.leader().has_value(); }, 10s));
        CHECK(*election.view(*election.leader()).term > term);
        sim.restart(first);
        sim.run_for(30s);
        CHECK(election.leader());
        election.check();
        CHECK(election.tenures() == 2);  // who returns does not disturb
    }
}

TEST_CASE("a leader that is cut off gives way, and does not raise the term when it returns") {
    for (const std::uint64_t seed : seeds(10)) {
        Sim sim{seed, musterds()};
        Election election(sim, 3, 3);
        const HostId first = election.elect();
        sim.run_for(5s);
        sim.partition({first}, but(election.voters(), first));
        REQUIRE(sim.run_until([&] { return !election.view(first).self; }, 5s));
        CHECK(election.view(first).reason == "1 of 3 voters reachable");
        REQUIRE(sim.run_until([&] { return election.leader().has_value(); }, 10s));
        const HostId second = *election.leader();
        const Term term = *election.view(second).term;
        sim.run_for(20s);
        sim.heal();
        sim.run_for(30s);
        CHECK(election.leader() == second);
        CHECK(election.view(second).term == term);
        election.check();
    }
}

TEST_CASE("all voters are killed and restarted: the cluster and its terms go on") {
    for (const std::uint64_t seed : seeds(10)) {
        Sim sim{seed, musterds()};
        Election election(sim, 3, 3);
        const LeaderView before = election.view(election.elect());
        for (const HostId host : election.voters()) {
            sim.crash(host);
        }
        for (const HostId host : election.voters()) {
            sim.boot(host);
        }
        const LeaderView after = election.view(election.elect());
        CHECK(after.cluster == before.cluster);
        CHECK(*after.term > *before.term);
        election.check();
    }
}

TEST_CASE("a leader hands over at once, when asked to and when it leaves") {
    for (const std::uint64_t seed : seeds(10)) {
        Sim sim{seed, musterds()};
        Election election(sim, 3, 3);
        const HostId first = election.elect();
        sim.run_for(2s);
        const HostId target = but(election.voters(), first).front();
        const Answer given = election.ask(first, election::GiveUp{sim.name(target), {}});
        CHECK(given.error.empty());
        REQUIRE(sim.run_until([&] { return election.leader().has_value(); }, 1s));
        CHECK(election.leader() == target);
        CHECK(*election.view(target).term == given.term + 1);
        sim.run_for(2s);
        sim.leave(target);
        REQUIRE(sim.run_until([&] { return election.leader() && election.leader() != target; },
                              1s));  // its lease alone would last longer
        election.check();
    }
}

TEST_CASE("a holder is waited for: no other host leads while it may act") {
    for (const std::uint64_t seed : seeds(10)) {
        Sim sim{seed, musterds()};
        Election election(sim, 3, 3);
        const HostId first = election.elect();
        sim.run_for(2s);
        const Answer held = election.ask(first, election::Hold{1, "job", false, false});
        REQUIRE(held.error.empty());
        REQUIRE(held.lease_ms > 0);
        const TimePoint end = sim.now() + std::chrono::milliseconds(held.lease_ms);
        sim.lead(first, election::GiveUp{});
        const Answer refused = election.ask(first, election::Hold{1, "job", false, false});
        CHECK(refused.gives_up);
        CHECK_FALSE(refused.error.empty());
        REQUIRE(sim.run_until([&] { return election.leader().has_value(); }, 10s));
        CHECK(sim.now() >= end - 20ms);  // of its clock: within the drift that is allowed
        election.check();
    }
}

TEST_CASE("whether a token is the newest is said by any voter, and by nobody without a leader") {
    Sim sim{7, musterds()};
    Election election(sim, 4, 3);
    const HostId leader = election.elect();
    sim.run_for(10s);
    const Term term = *election.view(leader).term;
    for (const HostId host : {HostId{0}, HostId{1}, HostId{2}, HostId{3}}) {
        CHECK(election.ask(host, election::CheckToken{term}).verdict == TokenVerdict::Newest);
        CHECK(election.ask(host, election::CheckToken{term + 1}).verdict == TokenVerdict::Unknown);
    }
    sim.kill(leader);
    const HostId next = election.elect();
    sim.run_for(5s);
    for (const HostId host : but({0, 1, 2, 3}, leader)) {
        CHECK(election.ask(host, election::CheckToken{term}).verdict == TokenVerdict::Old);
    }
    const Term now = *election.view(next).term;
    const HostId left = but(but(election.voters(), leader), next).front();
    sim.kill(next);
    sim.run_for(5s);
    CHECK(election.ask(left, election::CheckToken{now}).verdict == TokenVerdict::Unknown);
}

TEST_CASE("voters are added, and one that is gone for good is replaced by a spare") {
    Sim sim{3, musterds()};
    Election election(sim, 3, 3);
    const HostId leader = election.elect();
    const HostId spare = sim.add();
    sim.config(spare).election->config.candidate = true;
    sim.set_seeds(spare, {leader});
    sim.boot(spare);
    const HostId other = but(election.voters(), leader).front();
    REQUIRE(sim.run_until([&] { return sim.sees(leader, spare, Status::Alive); }, 20s));
    sim.run_for(15s);
    // While there are as many as wanted, a spare stays one.
    CHECK(election.view(leader).voters.size() == 3);
    const Answer refused = election.ask(other, election::ChangeVoters{});
    CHECK(refused.not_leader);
    using Action = election::ChangeVoters::Action;
    const Answer replaced = election.ask(
        leader, election::ChangeVoters{Action::Replace, sim.name(spare), sim.name(other), 0});
    CHECK(replaced.error.empty());
    sim.run_for(5s);
    std::set<Bytes> names;
    for (const auto& voter : election.view(leader).voters) {
        names.insert(voter.name);
    }
    CHECK(names.count(sim.name(spare)) == 1);
    CHECK(names.count(sim.name(other)) == 0);
    CHECK(names.size() == 3);
    CHECK_FALSE(sim.node(other).election()->voter());
}

TEST_CASE("a majority that is lost for good is recovered, and the answer comes when it is stored") {
    Sim sim{3, musterds()};
    Election election(sim, 5, 5);
    const HostId leader = election.elect();
    sim.run_for(2s);
    const Term term = *election.view(leader).term;
    const Hosts rest = but(election.voters(), leader);
    const Hosts left(rest.begin(), rest.begin() + 2);
    election::Recover wanted;
    for (const HostId host : left) {
        wanted.names.push_back(sim.name(host));
    }
    CHECK_FALSE(election.ask(left[0], wanted).error.empty());  // there is a leader
    for (const HostId host : election.voters()) {
        if (host != left[0] && host != left[1]) {
            sim.kill(host);
        }
    }
    sim.run_for(5s);
    CHECK(election.ask(left[0], wanted).error.empty());
    REQUIRE(sim.run_until([&] { return election.leader().has_value(); }, 20s));
    const LeaderView view = election.view(*election.leader());
    CHECK(view.voters.size() == 2);
    CHECK(*view.term > term + (1U << 20U));
    // Who returns counts for nobody there, and learns of the new set.
    sim.boot(leader);
    sim.join(leader, {left[0]});
    REQUIRE(sim.run_until([&] { return !sim.node(leader).election()->voter(); }, 60s));
    election.ask(leader, election::AskLeader{});
    CHECK(election.view(leader).leader == view.leader);
    election.check();
}

TEST_CASE("a disk that fails silences its voter, and no other") {
    Sim sim{5, musterds()};
    Election election(sim, 3, 3);
    const HostId leader = election.elect();
    sim.run_for(2s);
    DiskHealth broken;
    broken.failure = 1;
    sim.set_disk(leader, broken);
    const HostId other = but(election.voters(), leader).front();
    sim.lead(leader, election::GiveUp{sim.name(other), {}});
    REQUIRE(sim.run_until([&] { return election.leader() == other; }, 10s));
    sim.run_for(20s);
    CHECK(sim.node(leader).election()->mute());
    CHECK(election.leader() == other);
    CHECK(sim.sees(other, leader, Status::Alive));  // membership goes on without its vote
    election.check();
}

TEST_CASE(
    "without voters the highest priority leads, then the lowest name, and nothing is fenced") {
    Sim sim{1, musterds()};
    Election election(sim, 3, 0);
    sim.run_for(20s);
    for (HostId host = 0; host < 3; ++host) {
        const LeaderView view = election.view(host);
        CHECK(view.mode == Mode::View);
        CHECK_FALSE(view.fenced);
        CHECK_FALSE(view.term);
        REQUIRE(view.leader);
        CHECK(*view.leader == sim.name(0));
        CHECK(sim.node(host).election() == nullptr);  // it costs nothing where it is not used
    }
    CHECK_FALSE(election.ask(0, election::Hold{1, "job", false, false}).error.empty());
    CHECK(election.ask(0, election::Hold{1, "job", false, true}).error.empty());
    CHECK(election.ask(1, election::Hold{1, "job", false, true}).not_leader);
    sim.kill(0);
    REQUIRE(sim.run_until([&] { return election.view(1).self; }, 60s));
}

TEST_CASE(
    "F20: where a voter was ever seen, a member without settings names no leader of its own") {
    Sim sim{2, musterds()};
    Election election(sim, 4, 3);
    const HostId leader = election.elect();
    sim.run_for(10s);
    for (const HostId host : election.voters()) {
        sim.kill(host);
    }
    sim.run_for(60s);
    REQUIRE(sim.sees(3, leader, Status::Failed));
    election.ask(3, election::AskLeader{});
    const LeaderView view = election.view(3);
    CHECK(view.mode == Mode::Quorum);
    CHECK_FALSE(view.leader);
    CHECK(view.reason.find("last known " + sim.name(leader)) != std::string::npos);
}

TEST_CASE("the reserved tag belongs to the node, and leaves users the rest") {
    Sim sim{4, musterds()};
    Election election(sim, 2, 1);
    election.elect();
    CHECK_FALSE(sim.set_tags(0, {{"muster", "1"}}));
    CHECK(sim.set_tags(0, {{"role", "web"}}));
    sim.run_for(10s);
    CHECK(sim.converged());
    // As large as can be with the tag at its longest; one byte more is refused.
    std::size_t size = 500;
    while (!sim.set_tags(0, {{"a", Bytes(size, 'x')}})) {
        --size;
    }
    CHECK(size > 400);
    CHECK(size < 480);
    sim.run_for(10s);
    CHECK(sim.converged());
}

}  // namespace
}  // namespace muster::sim
