// An answer to "who leads?", as one node can give it: in quorum mode by vote and lease, or by what
// voters have told; in view mode by the bully rule. A value: true at the moment it was asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/election/config.h"
#include "agent/election/ids.h"
#include "agent/election/knowledge.h"

namespace muster::election {

struct LeaderView {
    struct VoterSeen {
        Bytes name;
        bool reachable = false;
    };
    Mode mode = Mode::View;
    bool fenced = false;
    std::optional<Bytes> leader;
    bool self = false;
    std::optional<Term> term;  // the token
    std::uint32_t lease_ms = 0;
    std::uint32_t age_ms = 0;
    std::uint8_t needed = 0;
    std::uint8_t reachable = 0;
    std::vector<VoterSeen> voters;
    ClusterId cluster = no_cluster;
    std::string reason;                      // why there is none
    std::vector<Knowledge::Known> conflict;  // other clusters that are seen
};

enum class TokenVerdict : std::uint8_t { Newest, Old, Unknown };

}  // namespace muster::election
