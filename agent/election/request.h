// What is asked of a node about its leader, and how it ends: exactly one Answer each, at once or
// later. Plain values; Node::lead() takes them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "agent/election/event.h"
#include "agent/election/ids.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::election {

// Ends when Node::leader() says as much as this node can find out: at once, or, where voters must
// be asked, within ask_patience.
struct AskLeader {};
inline constexpr Duration ask_patience = std::chrono::milliseconds(200);

// Ends with a verdict within check_patience.
struct CheckToken {
    Term token = 0;
};
inline constexpr Duration check_patience = std::chrono::seconds(1);

// Acts by this node's leadership under `name`, or goes on: Answer::lease_ms says for how long,
// counted from before the question. An error when this node does not lead, or gives it up: then the
// holder ends what it started, and says Released.
struct Hold {
    HolderId holder = 0;
    Bytes name;
    bool waits = false;  // it would lead if it could: leadership may come here (docs/election.md)
    bool unfenced = false;  // in view mode too, where nothing is promised
};
// All that it started has ended. With `resign` leadership goes too, if nobody else holds, and this
// node does not stand for `hold_off`.
struct Released {
    HolderId holder = 0;
    bool resign = false;
    Duration hold_off{};
};

// Leader only. Ends when leadership is given up: Answer::term is the one that ended.
struct GiveUp {
    Bytes target;  // a voter's name; empty: whoever is first
    Duration hold_off{};
};

// Leader only. Ends when the change is committed.
struct ChangeVoters {
    enum class Action : std::uint8_t { Add, Remove, Replace, Target };
    Action action = Action::Add;
    Bytes name;               // who comes (Add, Replace), or goes (Remove)
    Bytes old;                // Replace: who goes
    std::uint8_t target = 0;  // Target: 1 to max_voters
};

// Leader only. Done without an error: the command may start, and the key is used up.
struct UseOnce {
    Bytes key;
    std::uint64_t expiry = 0;  // seconds since 1970: until then the key stays used
};

// Founds the cluster again with these of its voters. Ends when all of them have agreed, or not.
struct Recover {
    std::vector<Bytes> names;
};

// Becomes another voter, of no cluster: Answer::id, which waits for Answer::waits_ms.
struct Reset {
    bool force = false;
};

using Request = std::variant<AskLeader, CheckToken, Hold, Released, GiveUp, ChangeVoters, UseOnce,
                             Recover, Reset>;

struct Answer {
    std::uint64_t request = 0;
    std::string error;               // empty: done
    bool not_leader = false;         // the error is that this node does not lead: another one may
    Term term = 0;                   // of the leadership that was held, or given up; 0: unfenced
    ClusterId cluster = no_cluster;  // in which that term counts
    std::uint32_t lease_ms = 0;      // of Hold: what is left of it
    std::uint32_t full_ms = 0;       // and how long one lease is
    bool gives_up = false;           // of Hold: this node leads, and is giving that up
    bool held = false;               // of Hold: it leads, and another client acts under that name
    TokenVerdict verdict = TokenVerdict::Unknown;
    VoterId id = no_voter;
    std::uint32_t waits_ms = 0;
};

}  // namespace muster::election
