// An answer to "who leads?", as one node can give it: in quorum mode by vote and lease, or by what
// voters have told; in view mode by the bully rule. A value: true at the moment it was asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/election/config.h"
#include "agent/election/event.h"
#include "agent/election/ids.h"
#include "agent/election/knowledge.h"
#include "swim/endpoint.h"

namespace muster::election {

// Whom to ask who leads: three voters at random, or all that are known.
enum class Asked : std::uint8_t { Three, All };

// The newest question that the leader itself answered, its lease valid: it led this term at a
// moment after the question.
struct Confirmed {
    std::uint64_t question = 0;
    Term term = 0;
};

// A leader that a voter has heard.
struct Heard {
    Term term = 0;
    VoterId leader = no_voter;
    Bytes name;
    TimePoint at = TimePoint::min();
    bool acquired = false;
    std::vector<VoterId> answering;  // those that it hears
};

struct LeaderView {
    struct VoterSeen {
        Bytes name;
        bool reachable = false;
        VoterId id = no_voter;  // no_voter: not known to this node
    };
    Mode mode = Mode::View;
    bool fenced = false;
    std::optional<Bytes> leader;
    std::optional<Endpoint> address;  // of the leader, as gossip has it
    bool self = false;
    std::optional<Term> term;  // the token
    std::uint32_t lease_ms = 0;
    std::uint32_t age_ms = 0;
    std::uint8_t needed = 0;
    std::uint8_t reachable = 0;
    std::vector<VoterSeen> voters;
    ClusterId cluster = no_cluster;
    std::uint64_t version = 0;               // of the voter set: the record's index; 0: not known
    std::uint8_t target = 0;                 // voters wanted; 0: not known
    std::string reason;                      // why there is none
    std::vector<Knowledge::Known> conflict;  // other clusters that are seen
};

}  // namespace muster::election
