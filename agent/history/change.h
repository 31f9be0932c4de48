// One change as this agent saw it: what a row of the journal holds, what `muster history` shows and
// `muster watch` follows. A value; the journal numbers it when it is written down. Pure.
//
// A user event is one too, so that who watches the journal misses none. `from` and `to` are the
// words of `muster members`: a suspicion is one of them, a leave that is only announced is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/effects.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/message.h"
#include "swim/time.h"

namespace muster::history {

// Their numbers stand in files: new ones come at the end.
enum class Kind : std::uint8_t {
    Start = 1,  // this agent was started; what it sees from here on is seen by another process
    MemberJoin,
    MemberLeave,
    MemberFailed,
    MemberUpdate,
    MemberReap,
    MemberSuspect,
    MemberCleared,
    Conflict,  // another host claims the member's name; nothing was changed by it
    UserEvent,
    LeaderAcquired,
    LeaderLost,
    NewLeader,
    QuorumLost,
    QuorumRegained,
    Ring,  // a ring uses other members
    // So many changes were seen and could not be kept; of a hook: so many were not given to it,
    // since too many waited for it already.
    Gap,
    MembersMissing,  // fewer than half of the remembered members are there
    MembersBack,     // at least half are there again
};
inline constexpr Kind last_kind = Kind::MembersBack;
const char* to_string(Kind kind);  // "start", "member-join", ..., "gap", "members-back"

enum class Standing : std::uint8_t { None, Alive, Suspect, Left, Failed };
inline constexpr Standing last_standing = Standing::Failed;
const char* to_string(Standing standing);  // "none", "alive", "suspect", "left", "failed"
// What is said of a member. One that is about to leave is alive until it has left.
Standing standing_of(cluster::Status status, bool suspect);

struct Change {
    std::uint64_t seq = 0;      // from 1 on, in the order seen; 0: not yet written down
    std::int64_t wall_ns = 0;   // since 1970
    std::int64_t clock_ns = 0;  // of the node's clock, which no calendar corrects
    Kind kind = Kind::Start;
    Bytes subject;  // member, leader, ring, user event, or hook (of a gap): its name
    Standing from = Standing::None;
    Standing to = Standing::None;
    std::uint32_t incarnation = 0;
    Endpoint endpoint;  // of the member; of a conflict, who claims its name
    swim::Versions versions;
    Bytes tags;                        // encoded, after it
    std::optional<Bytes> tags_before;  // none: they are the same
    Bytes cause;                // "probe-failed", ...: CauseKind's words, or one of those below
    Bytes by;                   // who said so
    std::vector<Bytes> others;  // who confirmed it
    unsigned health = 0;        // this agent's own score at that time; 0: healthy
    // The leader's term; a user event's Lamport time; how many changes a gap stands for; the ring's
    // fingerprint after it; how many members are there.
    std::uint64_t number = 0;
    std::uint64_t number_before = 0;  // the ring's fingerprint before it; how many are remembered
    Bytes payload;                    // of a user event; of a start, the version
};

// Causes that no packet has: found when this agent's view was looked at as a whole, after a restart
// or after a gap; another host claims the name.
inline constexpr std::string_view cause_restart = "restart";
inline constexpr std::string_view cause_resync = "resync";
inline constexpr std::string_view cause_conflict = "conflict";

bool is_of_member(Kind kind);  // it says how a member now is

// Of what a node tells. The caller adds times and health.
Change change_of(const MemberEvent& event);
Change change_of(const NameConflict& conflict);
Change change_of(const cluster::HeardEvent& event);
Change change_of(const election::Event& event);
Change change_of(const ring::Adoption& adoption);

}  // namespace muster::history
