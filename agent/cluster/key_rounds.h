// Changes of the keys of the whole cluster: what the members' answers add up to
// (docs/protocol/serf.md section 9.4).
//
// A round is a query; its end is a report. It is over when everybody who was alive has answered, or
// when its query's time is. (The reference stops at as many answers as there were members alive,
// whoever gave them: one from a member that is just leaving would hide one that is missing.) Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/cluster/application.h"
#include "agent/cluster/lamport.h"
#include "agent/effects.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cluster {

const char* query_name(KeyAction action);                   // "_serf_install-key", ...
std::optional<KeyAction> key_action(BytesView query_name);  // none if it is no key query

// Why no member would take such a key; in the reference's words.
std::optional<Error> refuse_key(KeyAction action, BytesView key);

class KeyRounds {
public:
    // `alive`: the names of the members alive, ourselves included.
    void add(LamportTime ltime, RequestId request, const std::vector<Bytes>& alive);
    // A member's answer to the query of that time, its first. True if the round is complete.
    bool take(LamportTime ltime, BytesView from, BytesView payload);
    // REQUIRES: the round was added and not finished.
    KeyReport finish(LamportTime ltime);

private:
    struct Round {
        KeyReport report;
        std::set<Bytes, std::less<>> silent;
    };
    std::map<LamportTime, Round> rounds_;
};

// The payload of our answer to a key query. A list that would make the response too large is cut to
// the keys that fit, and says so; any other message is cut as far as it must be. `fits`: whether a
// response with such a payload is within its limit, which is `limit` bytes.
Bytes fit_key_answer(KeyAnswer answer, bool list, std::size_t limit,
                     const std::function<bool(BytesView)>& fits);

}  // namespace muster::cluster
