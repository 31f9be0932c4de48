// What a hook is given: Serf's variables and lines (docs/protocol/rpc.md section 13.2), and ours
// beside them. Nothing that came from the network becomes a word, a flag or the name of a variable:
// it is in values and on inputs only. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/tags.h"
#include "agent/history/change.h"
#include "agent/history/view.h"
#include "agent/hooks/spec.h"
#include "swim/bytes.h"

namespace muster::hooks {

// A call of a hook: changes of one kind, in their order; more than one only if it batches.
struct Call {
    std::vector<history::Change> changes;
    // The full list, for a `start` or a `gap` (a call with `resync`).
    std::optional<history::View> members;
    unsigned attempt = 1;
    std::string journal;  // the journal's own id: with hook and seq it makes the idempotency key
};

// A query that is to be answered.
struct QueryCall {
    Bytes name;
    Bytes payload;
    Bytes source;
    std::uint64_t ltime = 0;
    Duration left{};  // until its deadline
};

// The agent that calls.
struct Caller {
    Bytes name;
    cluster::Tags tags;
    std::optional<std::uint64_t> term;  // of the leader that is known
    Bytes leader;                       // empty: none is
    std::optional<bool> quorum;         // none: no election is configured
    std::string api;                    // the socket's path
};

struct Given {
    std::vector<std::string> environment;  // "NAME=VALUE"; without what the agent itself has
    Bytes input;
    std::optional<Bytes> second_input;  // on descriptor 3
};

// "JOURNAL:HOOK:SEQ"; the same for each try, also after a restart.
std::string idempotency_key(const Call& call, const std::string& hook);

Given given_for(const Call& call, const Spec& spec, const Caller& caller);
Given given_for(const QueryCall& call, const Spec& spec, const Caller& caller);

// One line, without its end: what `muster history --format json` prints.
std::string change_json(const history::Change& change);

}  // namespace muster::hooks
