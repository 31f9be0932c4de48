// What a hook is given: Serf's variables and lines (docs/protocol/rpc.md section 13.2), and ours
// beside them; docs/hooks.md has the list for people. Pure.
//
// Nothing that came from the network becomes a word, a flag or the name of a variable: it is in
// values and on inputs only. Names of variables are ours, or made of tags of this member. A zero
// byte cannot stand in an environment: in a value it is the four characters `\x00`, on inputs it is
// itself.
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
    // The full list, for a `start` or a `gap`, which is then called `resync`.
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
    // "NAME=VALUE", each name once. It goes on top of what the agent itself has, of which no
    // variable goes to a hook that is_reserved(): the agent's may hold a key of the cluster.
    std::vector<std::string> environment;
    Bytes input;
    std::optional<Bytes> second_input;  // on descriptor 3
};

// Whether a variable is for us alone to set: SERF_* and MUSTER_*.
bool is_reserved(std::string_view variable);

// "JOURNAL:HOOK:SEQ"; the same for each try, also after a restart. Of several changes the last one
// counts: a call that holds more of them at its end is another call, and never taken for done.
// REQUIRES: there is a change.
std::string idempotency_key(const Call& call, const std::string& hook);

// REQUIRES: there is a change, and all are of one kind.
Given given_for(const Call& call, const Spec& spec, const Caller& caller);
// As Serf gives it: spec.json is not looked at.
Given given_for(const QueryCall& call, const Spec& spec, const Caller& caller);

// One line, without its end: what `muster history --format json` prints.
std::string change_json(const history::Change& change);
// A member of a full list, with the keys of `muster members --format json` that the history knows.
std::string member_json(BytesView name, const history::Entry& entry);

}  // namespace muster::hooks
