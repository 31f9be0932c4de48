// What programs fire, ask and are told, as values: user events, queries and the answers to them,
// and the keys of the whole cluster (docs/protocol/serf.md sections 7 to 9). The bytes that carry
// them are agent/cluster/query_messages.h; the rules are in agent/cluster/cluster.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/cluster/lamport.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::cluster {

// ---- user events ----

// A user event that is news here, one of our own too. After coalescing.
struct HeardEvent {
    LamportTime ltime = 0;
    Bytes name;
    Bytes payload;
    bool coalesce = false;  // as its sender allowed
};

// ---- queries ----

// A query as a program asks it.
struct QueryRequest {
    Bytes name;
    Bytes payload;
    std::vector<Bytes> filter_nodes;                   // empty: all
    std::vector<std::pair<Bytes, Bytes>> filter_tags;  // tag, RE2 expression, searched anywhere
    std::uint8_t relay_factor = 0;                     // copies of each answer by way of others
    bool wants_acks = false;
    Duration timeout{};  // zero: gossip interval * query_timeout_mult * ceil(log10(N + 1))
};

// Names a query that this agent may answer, from QueryHeard to its deadline. Never used twice.
using QueryHandle = std::uint64_t;

// A query that is for this agent: its filters match. Not of those that begin with "_serf_".
struct HeardQuery {
    QueryHandle handle = 0;
    LamportTime ltime = 0;
    Bytes name;
    Bytes payload;
    Bytes source;  // the querier's name; empty from old releases
    TimePoint deadline;
};

// What came for a query of ours. Acks and responses at most once a member; Done once, last, at the
// deadline.
struct QueryAnswer {
    std::uint64_t request = 0;
    enum class Kind : std::uint8_t { Ack, Response, Done };
    Kind kind = Kind::Done;
    Bytes from;     // empty with Done
    Bytes payload;  // of a response
};

// ---- keys ----

enum class KeyAction : std::uint8_t { Install, Use, Remove, List };

// A change of this agent's keyring that somebody wants, or its list. The keys are at the edge: do
// it, and answer with Node::key_answer().
struct KeyRequest {
    QueryHandle handle = 0;
    KeyAction action = KeyAction::List;
    Bytes key;  // raw; empty for List
};
struct KeyAnswer {
    bool done = false;
    std::string message;            // an error, or information
    std::vector<std::string> keys;  // List: base64, the primary first
};

// How a change of keys went over the cluster (docs/protocol/serf.md section 9.4).
struct KeyReport {
    std::uint64_t request = 0;
    std::string error;  // empty: every member that is alive has answered, and did it
    std::size_t members = 0, responses = 0, errors = 0;
    std::map<Bytes, std::string> messages;                // member -> error or information
    std::map<std::string, std::size_t> keys;              // List: base64 -> how many have it
    std::map<std::string, std::size_t> primary_keys;      // List: base64 -> whose primary it is
    std::map<Bytes, std::vector<std::string>> key_lists;  // List: member -> its keys, primary first
    std::vector<Bytes> silent;                            // alive when asked, and without answer
};

}  // namespace muster::cluster
