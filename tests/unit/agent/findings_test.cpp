// Each finding, with its evidence and its remedy.
#include "agent/findings.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

FindingFacts healthy() {
    FindingFacts facts;
    facts.advertise = *Endpoint::parse("10.0.0.1:7946", 0);
    facts.paths.others = 20;
    facts.paths.heard = 9;
    facts.recent.probes = 300;
    facts.worst_lag = 20ms;
    return facts;
}

// The only one that these facts lead to.
api::Finding only(const FindingFacts& facts) {
    const auto all = findings(facts);
    for (const api::Finding& each : all)
        UNSCOPED_INFO(each.finding);
    REQUIRE(all.size() == 1);
    return all.front();
}

}  // namespace

TEST_CASE("nothing is found about a healthy agent, nor about one that lost a packet or two") {
    CHECK(findings(healthy()).empty());
    CHECK(findings({}).empty());
    FindingFacts facts = healthy();
    facts.paths.relayed = 4;
    facts.recent.probes_failed = 99;
    facts.recent.refutations = 2;
    facts.recent.stalls = 2;
    facts.worst_lag = 999ms;
    CHECK(findings(facts).empty());
}

TEST_CASE("UDP that is blocked, and loss one way") {
    FindingFacts facts = healthy();
    facts.paths.streamed = 5;
    const api::Finding blocked = only(facts);
    CHECK(blocked.finding == "UDP does not come through, while TCP does");
    CHECK(blocked.evidence == "5 of 9 members answered probes by TCP alone in the last minutes");
    CHECK_THAT(blocked.remedy, Contains("open UDP port 7946 both ways"));
    facts.paths.streamed = 1;
    facts.paths.relayed = 4;
    const api::Finding lossy = only(facts);
    CHECK(lossy.finding == "packets are lost one way between this agent and others");
    CHECK(lossy.evidence ==
          "5 of 9 members answered probes by way of others or by TCP alone in the last minutes");
    CHECK_THAT(lossy.remedy, Contains("asymmetric routes"));
    facts.paths = {.others = 1, .heard = 1, .relayed = 0, .streamed = 1};
    CHECK_THAT(only(facts).evidence, Contains("1 of 1 member answered"));
    // One of two is the other's trouble.
    facts.paths = {.others = 2, .heard = 2, .relayed = 0, .streamed = 1};
    CHECK(findings(facts).empty());
    facts.paths = {.others = 2, .heard = 2, .relayed = 1, .streamed = 0};
    CHECK(findings(facts).empty());
    // And who has hardly begun to look does not know.
    facts.paths = {.others = 2, .heard = 1, .relayed = 0, .streamed = 1};
    CHECK(findings(facts).empty());
    facts.paths = {.others = 200, .heard = 4, .relayed = 0, .streamed = 4};
    CHECK(findings(facts).empty());
    facts.paths = {.others = 200, .heard = 5, .relayed = 0, .streamed = 5};
    CHECK_FALSE(findings(facts).empty());
}

TEST_CASE("suspicions of ourselves, with and without deafness of our own") {
    FindingFacts facts = healthy();
    facts.recent.refutations = 3;
    facts.recent.probes_failed = 4;
    const api::Finding unheard = only(facts);
    CHECK(unheard.finding == "others do not hear this agent, while it hears them");
    CHECK(unheard.evidence ==
          "3 suspicions of this agent refuted in the last minutes; 4 of its own 300 probes failed");
    CHECK_THAT(unheard.remedy, Contains("whether others reach 10.0.0.1:7946 by UDP"));
    facts.recent.probes_failed = 200;
    CHECK(only(facts).finding == "others do not hear this agent, nor does it hear them");
}

TEST_CASE("many probes that fail") {
    FindingFacts facts = healthy();
    facts.recent.probes_failed = 100;
    CHECK(only(facts).finding == "many probes of this agent fail");
    CHECK(only(facts).evidence == "100 of 300 probes failed in the last minutes");
    facts.recent.probes = 19;
    facts.recent.probes_failed = 19;
    CHECK(findings(facts).empty());  // too few to say anything
}

TEST_CASE("stalls of our own") {
    FindingFacts facts = healthy();
    facts.recent.stalls = 3;
    CHECK(only(facts).finding == "this agent does not run when it should");
    CHECK(only(facts).evidence == "3 stalls in the last minutes; its latest turn came 20ms late");
    facts.recent.stalls = 1;
    facts.worst_lag = 1500ms;
    CHECK(only(facts).evidence == "1 stall in the last minutes; its latest turn came 1s500ms late");
    CHECK_THAT(only(facts).remedy, Contains("CPUQuota"));
}

TEST_CASE("a bad health score") {
    FindingFacts facts = healthy();
    facts.health = 2;
    CHECK(only(facts).finding == "this agent's health score is 2 (0 is healthy)");
    CHECK_THAT(only(facts).evidence, Contains("hears less"));
}

TEST_CASE("members that are missing") {
    FindingFacts facts = healthy();
    facts.missing_since = "3 of 10 known members reachable since 03:12";
    CHECK(only(facts).finding ==
          "fewer than half of the members that this agent remembers are reachable");
    CHECK(only(facts).evidence == "3 of 10 known members reachable since 03:12");
    CHECK_THAT(only(facts).remedy, Contains("muster force-leave"));
}

TEST_CASE("packets that no key opens, of each sender") {
    FindingFacts facts = healthy();
    facts.undeciphered = {{"10.0.0.7 (n3)", 5}};
    CHECK(only(facts).finding == "packets from 10.0.0.7 (n3) cannot be decrypted");
    CHECK(only(facts).evidence == "5 packets that none of our keys opens");
    CHECK_THAT(only(facts).remedy, Contains("muster keys status"));
    facts.undeciphered.push_back({"10.0.0.8", 1});
    REQUIRE(findings(facts).size() == 2);
    CHECK(findings(facts)[1].evidence == "1 packet that none of our keys opens");
}

TEST_CASE("an address that may not be reachable") {
    FindingFacts facts = healthy();
    facts.advertise_warning = "advertising 127.0.0.1: only this host reaches it";
    CHECK(only(facts).evidence == facts.advertise_warning);
    CHECK_THAT(only(facts).remedy, Contains("--advertise"));
}

TEST_CASE("two clusters of voters") {
    FindingFacts facts = healthy();
    facts.other_clusters = {"one led by n9 in term 4"};
    CHECK(only(facts).finding == "there is more than one cluster of voters among the members");
    CHECK(only(facts).evidence == "besides that of this agent: one led by n9 in term 4");
}

TEST_CASE("names that two hosts have") {
    FindingFacts facts = healthy();
    facts.claims = {{"n3", "10.0.0.3:7946", "10.0.0.9:7946", false}};
    CHECK(only(facts).finding == "two hosts have the name n3");
    CHECK(only(facts).evidence == "10.0.0.3:7946 and 10.0.0.9:7946 claimed it in the last hour");
    facts.claims[0].own = true;
    CHECK(only(facts).finding == "another host has the name of this agent, n3");
}

TEST_CASE("a wall clock that was stepped") {
    FindingFacts facts = healthy();
    facts.clock_step = 90s;
    CHECK(only(facts).evidence == "by 1m30s forward in the last hour");
    facts.clock_step = -2s - 3us;
    CHECK(only(facts).evidence == "by 2s back in the last hour");
}

TEST_CASE("what cannot be written") {
    FindingFacts facts = healthy();
    facts.store_trouble = "cannot write /d/state.db: disk full";
    CHECK(only(facts).finding == "this agent cannot keep its state");
    CHECK(only(facts).evidence == facts.store_trouble);
    facts = healthy();
    facts.journal_trouble = "cannot write /d/journal.db: disk full";
    CHECK(only(facts).finding == "the history cannot be written");
    facts = healthy();
    facts.recent.journal_lost = 7;
    CHECK(only(facts).evidence == "7 changes not written in the last minutes");
    facts = healthy();
    facts.recent.log_dropped = 1;
    CHECK(only(facts).evidence == "1 line dropped in the last minutes");
}

TEST_CASE("a hook that is stopped, has set events aside or lost some is found, with its reason") {
    FindingFacts facts = healthy();
    facts.hooks.resize(2);
    facts.hooks[0].name = "fine";
    facts.hooks[0].failed = 3;
    CHECK(findings(facts).empty());
    hooks::HookStatus& bad = facts.hooks[1];
    bad.name = "page";
    bad.last_why = "exit status 3";
    bad.waiting = 4;
    SECTION("stopped") {
        bad.breaker = hooks::Breaker::State::Open;
        CHECK(only(facts).finding == "hook page is stopped, since it keeps failing");
        CHECK(only(facts).evidence == "exit status 3; 4 events wait for it");
    }
    SECTION("set aside") {
        bad.dead = 1;
        CHECK(only(facts).evidence ==
              "1 event since the start, each after its last try; lately: exit status 3");
    }
    SECTION("lost") {
        bad.lost = 9;
        CHECK(only(facts).finding == "hook page is too slow for its events");
    }
}

TEST_CASE("what explains more comes first") {
    FindingFacts facts = healthy();
    facts.recent.stalls = 5;
    facts.health = 3;
    facts.missing_since = "1 of 9 known members reachable since 03:12";
    const auto all = findings(facts);
    REQUIRE(all.size() == 3);
    CHECK(all[0].finding == "this agent does not run when it should");
    CHECK_THAT(all[1].finding, Contains("health score"));
    CHECK_THAT(all[2].finding, Contains("fewer than half"));
}
