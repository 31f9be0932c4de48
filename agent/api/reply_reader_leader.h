// Replies about the leader as a client reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

struct ReadVoter {
    Bytes name;
    Bytes id;  // 16 hex digits; empty: not known
    bool reachable = false;
};
struct ReadConflict {
    Bytes cluster;
    Bytes leader;
    std::uint64_t term = 0;
};

struct ReadLeader {
    Bytes mode;  // "quorum", "view", "off"
    bool fenced = false;
    std::optional<Bytes> leader;
    Bytes address;
    bool self = false;
    std::optional<std::uint64_t> term;
    std::uint64_t lease_ms = 0;
    std::uint64_t age_ms = 0;
    std::uint64_t needed = 0;
    std::uint64_t reachable = 0;
    std::uint64_t version = 0;  // of the voter set; 0: not known
    std::uint64_t target = 0;
    Bytes cluster;
    Bytes reason;  // why there is none
    std::vector<ReadVoter> voters;
    std::vector<ReadConflict> conflict;
};

// How a request of a `leader-` or `voters-` command ended, beside the header's error.
struct ReadLed {
    std::uint64_t term = 0;
    std::uint64_t lease_ms = 0;  // what is left of a lease
    std::uint64_t full_ms = 0;   // how long one is
    Bytes cluster;
    bool not_leader = false;
    bool gives_up = false;
    bool held = false;  // by another client
    Bytes verdict;      // "newest", "old", "unknown"
    Bytes id;
    std::uint64_t waits_ms = 0;
};

// Each: the error names the field that is not as it should be.
Result<ReadLeader> read_leader(const Value& body);
Result<ReadLed> read_led(const Value& body);

}  // namespace muster::api
