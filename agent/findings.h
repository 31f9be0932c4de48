// What is wrong with this agent or around it, each with its evidence and what to do: what
// `muster doctor` says. A rule for each kind of trouble; facts in, findings out. Pure.
//
// A finding is about this agent: what one member suffers is that member's story
// (agent/history/story.h). It goes when its cause has been gone for some minutes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/finding.h"
#include "agent/checkup.h"
#include "agent/hooks/desk.h"
#include "agent/node.h"
#include "swim/time.h"

namespace muster {

struct FindingFacts {
    unsigned health = 0;
    // How many members are there, and since when, if fewer than half are.
    std::optional<std::string> missing_since;
    ProbePaths paths;
    Counters recent;
    Duration worst_lag{};  // of the loop, lately
    // Who sends what no key of ours opens: "10.0.0.7 (n3)", and how many packets.
    struct Sender {
        std::string who;
        std::uint64_t packets = 0;
    };
    std::vector<Sender> undeciphered;
    Endpoint advertise;
    std::string advertise_warning;  // empty: there is none
    std::string store_trouble;      // each: empty: it can be written
    std::string journal_trouble;
    std::vector<std::string> other_clusters;  // of voters: a leader of each, or its id
    std::optional<Duration> clock_step;       // lately, forward
    struct Claim {
        std::string name;
        std::string ours;  // where it is held to be
        std::string other;
        bool own = false;  // it is our own name
    };
    std::vector<Claim> claims;  // of names, lately
    std::vector<hooks::HookStatus> hooks;
};

// In the order of how much else each explains.
std::vector<api::Finding> findings(const FindingFacts& facts);

}  // namespace muster
