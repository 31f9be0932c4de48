// `muster` on the leader and its voters, against a server of ours.
#include "cli/options.h"
#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

election::LeaderView led_by(const Bytes& name, bool self) {
    election::LeaderView view;
    view.mode = election::Mode::Quorum;
    view.fenced = true;
    view.leader = name;
    view.self = self;
    view.address = *Endpoint::parse("10.0.0.1:7946", 7946);
    view.term = 7;
    view.lease_ms = 812;
    view.needed = 2;
    view.reachable = 2;
    view.version = 4;
    view.target = 3;
    view.cluster = election::ClusterId{0xabc};
    view.voters = {{"n1", true, election::VoterId{1}},
                   {"n2", true, election::VoterId{2}},
                   {"n3", false, election::VoterId{3}}};
    return view;
}

election::LeaderView nobody() {
    election::LeaderView view = led_by("", false);
    view.leader.reset();
    view.address.reset();
    view.term.reset();
    view.lease_ms = 0;
    view.reachable = 1;
    view.reason = "1 of 3 voters reachable";
    return view;
}

}  // namespace

TEST_CASE("who leads is shown, and the exit status says whether anybody does") {
    Agent agent;
    agent.backend.leader_view = led_by("n1", false);
    agent.start();
    const Outcome text = muster_at(agent, {"leader"});
    CHECK(text.status == ExitStatus::Done);
    CHECK(text.output ==
          "n1 leads\n"
          "  address  10.0.0.1:7946\n"
          "  mode     quorum, term 7\n"
          "  heard    0 ms ago\n"
          "  voters   n1, n2 reachable; not n3 (2 needed)\n"
          "  cluster  0000000000000abc\n");
    CHECK(muster_at(agent, {"leader", "--format", "json"}).output ==
          R"({"mode":"quorum","fenced":true,"leader":"n1","addr":"10.0.0.1:7946","self":false,)"
          R"("term":7,"lease_ms":812,"needed":2,"reachable":2,"voters":[)"
          R"({"name":"n1","reachable":true},{"name":"n2","reachable":true},)"
          R"({"name":"n3","reachable":false}],"cluster_id":"0000000000000abc","age_ms":0})"
          "\n");
    agent.later([&] { agent.backend.leader_view = nobody(); });
    const Outcome none = muster_at(agent, {"leader"});
    CHECK(none.status == ExitStatus::No);
    CHECK_THAT(none.output, StartsWith("none: 1 of 3 voters reachable\n"));
    CHECK_THAT(muster_at(agent, {"leader", "--format", "json"}).output,
               Contains(R"("leader":null,"reason":"1 of 3 voters reachable")"));
}

TEST_CASE("--am-i is yes on the leader's own host alone") {
    Agent agent;
    agent.backend.leader_view = led_by("n1", true);
    agent.start();
    CHECK(muster_at(agent, {"leader", "--am-i"}).status == ExitStatus::Done);
    agent.later([&] { agent.backend.leader_view = led_by("n2", false); });
    CHECK(muster_at(agent, {"leader", "--am-i"}).status == ExitStatus::No);
    agent.later([&] { agent.backend.leader_view = nobody(); });
    CHECK(muster_at(agent, {"leader", "--am-i"}).status == ExitStatus::No);
}

TEST_CASE("--am-i refuses a leader that nothing fences, with the remedy") {
    Agent agent;
    election::LeaderView view;
    view.mode = election::Mode::View;
    view.leader = "n1";
    view.self = true;
    agent.backend.leader_view = view;
    agent.start();
    const Outcome refused = muster_at(agent, {"leader", "--am-i"});
    CHECK(refused.status == ExitStatus::Error);
    CHECK_THAT(refused.errors, Contains("--voter --expect N") && Contains("--unfenced"));
    CHECK(muster_at(agent, {"leader", "--am-i", "--unfenced"}).status == ExitStatus::Done);
    CHECK_THAT(muster_at(agent, {"leader"}).output, Contains("by this agent's own view alone"));
}

TEST_CASE("a wait for a leader ends when one is told of, or when its time is over") {
    Agent agent;
    agent.backend.leader_view = nobody();
    agent.start();
    const Outcome late = muster_at(agent, {"leader", "--wait", "--timeout", "10ms"});
    CHECK(late.status == ExitStatus::NotReached);
    // It tells when somebody asks for the second time.
    agent.later([&] {
        agent.backend.when_led = [&, asked = 0](const election::Request&) mutable {
            if (++asked == 2)
                agent.backend.leader_view = led_by("n2", false);
            agent.backend.hear(
                election::Event{election::Event::Kind::NewLeader, election::ClusterId{5}, 8, "n2"});
            return election::Answer{};
        };
    });
    CHECK(muster_at(agent, {"leader", "--wait"}).status == ExitStatus::Done);
}

TEST_CASE("leadership is given up and handed over, and who does not lead says who does") {
    Agent agent;
    agent.backend.led.term = 7;
    agent.start();
    CHECK(muster_at(agent, {"leader", "resign", "--hold-off", "5s"}).output ==
          "this host leads no longer, term 7 is over\n");
    CHECK(std::get<election::GiveUp>(agent.backend.leads.back()).hold_off == 5s);
    CHECK(muster_at(agent, {"leader", "transfer", "n2", "--format", "json"}).output ==
          "{\"term\":7}\n");
    CHECK(std::get<election::GiveUp>(agent.backend.leads.back()).target == "n2");
    agent.later([&] {
        agent.backend.led.error = "this agent does not lead; n2 leads: ask there";
        agent.backend.led.not_leader = true;
    });
    const Outcome refused = muster_at(agent, {"leader", "resign"});
    CHECK(refused.status == ExitStatus::No);
    CHECK(refused.errors == "muster: this agent does not lead; n2 leads: ask there\n");
}

TEST_CASE("a token is the newest, old, or nobody can say") {
    using election::TokenVerdict;
    const auto [verdict, status, json] = GENERATE(table<TokenVerdict, ExitStatus, const char*>(
        {{TokenVerdict::Newest, ExitStatus::Done, "{\"newest\":true,\"term\":8}\n"},
         {TokenVerdict::Old, ExitStatus::No, "{\"newest\":false,\"term\":8}\n"},
         {TokenVerdict::Unknown, ExitStatus::NotReached, "{\"newest\":null,\"term\":8}\n"}}));
    Agent agent;
    agent.backend.led.verdict = verdict;
    agent.backend.led.term = 8;
    agent.start();
    const Outcome outcome = muster_at(agent, {"leader", "check-token", "8", "--format", "json"});
    CHECK(outcome.status == status);
    CHECK(outcome.output == json);
    CHECK(std::get<election::CheckToken>(agent.backend.leads.back()).token == 8);
}

TEST_CASE("voters are listed and changed") {
    Agent agent;
    agent.backend.leader_view = led_by("n1", true);
    agent.start();
    CHECK(muster_at(agent, {"voters", "list"}).output ==
          "n1  0000000000000001  reachable  leads\n"
          "n2  0000000000000002  reachable\n"
          "n3  0000000000000003  not reachable\n");
    CHECK(muster_at(agent, {"voters", "replace", "n3", "n4", "--format", "json"}).output ==
          R"({"version":4,"target":3,"voters":[)"
          R"({"name":"n1","id":"0000000000000001","reachable":true},)"
          R"({"name":"n2","id":"0000000000000002","reachable":true},)"
          R"({"name":"n3","id":"0000000000000003","reachable":false}]})"
          "\n");
    const auto change = [&] {
        for (std::size_t i = agent.backend.leads.size(); i > 0; --i) {
            if (const auto* found =
                    std::get_if<election::ChangeVoters>(&agent.backend.leads[i - 1]))
                return *found;
        }
        return election::ChangeVoters{};
    };
    CHECK(change().name == "n4");
    CHECK(change().old == "n3");
    muster_at(agent, {"voters", "target", "5"});
    CHECK(change().target == 5);
    CHECK(muster_at(agent, {"voters", "target", "10"}).status == ExitStatus::Usage);
    CHECK(muster_at(agent, {"voters"}).status == ExitStatus::Usage);
    muster_at(agent, {"voters", "recover", "n1", "n2"});
    const auto recovered = std::find_if(
        agent.backend.leads.begin(), agent.backend.leads.end(),
        [](const auto& each) { return std::holds_alternative<election::Recover>(each); });
    REQUIRE(recovered != agent.backend.leads.end());
    CHECK(std::get<election::Recover>(*recovered).names == std::vector<Bytes>{"n1", "n2"});
}

TEST_CASE("a reset tells the new id, and what it waits for") {
    Agent agent;
    agent.backend.led.id = election::VoterId{0x2a};
    agent.backend.led.waits_ms = 820;
    agent.start();
    CHECK(muster_at(agent, {"leader", "reset", "--force", "--format", "json"}).output ==
          "{\"id\":\"000000000000002a\",\"waits_ms\":820}\n");
    CHECK(std::get<election::Reset>(agent.backend.leads.back()).force);
}

TEST_CASE("a command's own options are not taken for ours") {
    const auto parsed = parse_options({"run", "--as-leader", "--once", "nightly", "--grace", "50ms",
                                       "--", "/usr/bin/backup", "--format", "x", "--", "-v"});
    REQUIRE(std::holds_alternative<Options>(parsed));
    const auto options = std::get<RunOptions>(std::get<Options>(parsed).command);
    CHECK(options.command ==
          std::vector<std::string>{"/usr/bin/backup", "--format", "x", "--", "-v"});
    CHECK(options.name == "backup");
    CHECK(options.once == "nightly");
    CHECK(options.grace == Duration(50ms));
    CHECK(options.hold_off == Duration(10s));
    CHECK(options.lost_status == 4);
    CHECK(std::holds_alternative<Usage>(parse_options({"run", "--", "true"})));
    CHECK(std::holds_alternative<Usage>(parse_options({"run", "--as-leader"})));
}
