// The members as this agent reports them: Serf's member table (docs/protocol/serf.md section 10).
//
// Not the wire table: that is swim's, and forgets a dead member after seconds, while a failed one
// is reported here for a day. Nothing in here changes what is sent (docs/detection.md, "Two layers,
// never mixed"). A member that is held (agent/cluster/holds.h) has its true status in here, and is
// reported failed: nothing is told of it until it is released, or leaves.
//
// Invariant: each member has one status; those failed or left, and only they, have a time of
// departure. index() rises with every change of what is reported. Pure, single-threaded.
#pragma once

#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "agent/cluster/intents.h"
#include "agent/cluster/lamport.h"
#include "agent/cluster/remembered.h"
#include "agent/cluster/status.h"
#include "agent/effects.h"
#include "swim/endpoint.h"
#include "swim/message.h"
#include "swim/output.h"
#include "swim/time.h"

namespace muster::cluster {

struct Member {
    Endpoint endpoint;
    Bytes meta;  // the encoded tags, as announced
    swim::Versions versions;
    Status status = Status::None;
    bool suspect = false;          // alive or leaving, but under suspicion on the wire
    LamportTime status_ltime = 0;  // of the last intent that was applied
    TimePoint since;               // of the status
    bool held = false;             // reported failed until it is released
    TimePoint reported_since;      // of that, while it is held
    TimePoint departed = never;    // when it failed or left: a failure turned into a leave keeps it
    TimePoint prune_at = never;    // when it is to be erased by a prune
    std::uint32_t incarnation = 0;  // at the last report from the wire
    bool recalled = false;          // known from an earlier life of ours, and not heard of since
};

// What is said of it.
inline Status reported(const Member& member) {
    return member.held ? Status::Failed : member.status;
}

// What the wire table holds about a member, beside its event.
struct WireRecord {
    Endpoint endpoint;
    BytesView meta;
    swim::Versions versions;
};

class Members {
public:
    using Events = std::vector<MemberEvent>;
    using Table = std::map<Bytes, Member, std::less<>>;

    // Beyond `max_members` the failed or left member that departed first is erased for each new
    // one; members on the wire are never refused (swim bounds those).
    explicit Members(std::size_t max_members) : max_members_(max_members) {}
    Members(Members&&) = default;
    Members& operator=(Members&&) = default;

    // ---- reports of the wire (section 10.2); each appends what changed to `events` ----

    // `buffered`: the intent that was heard before the member was known, or null. `held`: it is
    // reported failed until release(), and nothing is told but that, if it was reported left.
    void joined(TimePoint now, const swim::WireEvent& event, const WireRecord& record,
                const Intent* buffered, Events& events, bool held = false);
    // Dead or left on the wire: left if it said so itself, there or by an intent before, else
    // failed. (The reference asks only for the intent: a leave that overtakes it is a failure
    // there.)
    void left(TimePoint now, const swim::WireEvent& event, Events& events);
    void updated(const swim::WireEvent& event, const WireRecord& record, Events& events);
    void suspected(const swim::WireEvent& event, Events& events);
    void cleared(const swim::WireEvent& event, Events& events);
    // No event of ours: only the incarnation has changed.
    void refreshed(const swim::WireEvent& event);

    // One that an earlier life of ours knew: failed if it was there then, until it is heard; no
    // event. Nothing is done if it is known already.
    void recall(const Remembered& remembered);

    // The hold is over: it is reported as it is, and told as joining. Nothing for one that is not
    // held.
    void release(TimePoint now, BytesView name, Events& events);

    // ---- intents (section 10.3) ----

    // Applies an intent by judge(). A prune from Leaving is carried out by prune() after
    // `prune_delay`, unless the member says before that it stays.
    // REQUIRES: find(name) is not null.
    Verdict apply(TimePoint now, BytesView name, const Intent& intent, Duration prune_delay,
                  Events& events);

    // ---- time ----

    // Erases what a prune has marked and whose time has come.
    void prune(TimePoint now, Events& events);
    TimePoint next_prune() const { return prunes_.empty() ? never : prunes_.begin()->first; }
    // Erases those failed longer than `failed_for`, and those left longer than `left_for` (section
    // 10.7).
    void reap(TimePoint now, Duration failed_for, Duration left_for, Events& events);
    // Those leaving for longer than `patience` are alive again. The reference waits for ever: a
    // leave intent that its member never heard, or heard of at an older time, is never refuted, and
    // the member's later failure would be told as a leave.
    void unleave(TimePoint now, Duration patience);

    // ---- questions ----

    const Member* find(BytesView name) const;
    const Table& table() const { return table_; }
    // Of their true status, and of the reported one.
    std::size_t count(Status status) const { return counts_[static_cast<std::size_t>(status)]; }
    std::size_t count_reported(Status status) const;
    // The members of which anything has changed since they were last taken, in order; some twice.
    std::vector<Bytes> take_touched() { return std::exchange(touched_, {}); }
    bool has_touched() const { return !touched_.empty(); }
    std::uint64_t index() const { return index_; }
    // Asserts the invariants. For tests: walks everything.
    void check() const;

private:
    using Entry = Table::value_type;
    using Agenda = std::set<std::pair<TimePoint, BytesView>>;  // views into the table's keys

    Table::iterator insert(BytesView name, Events& events);
    void set_suspect(const swim::WireEvent& event, bool suspect, MemberEvent::Kind kind,
                     Events& events);
    void set_status(TimePoint now, Entry& entry, Status status);
    void depart(TimePoint now, Entry& entry, Status status);
    void erase(Table::iterator position, Events& events);
    void touch(const Entry& entry);
    void unhold(Member& member);
    void report(MemberEvent::Kind kind, const Entry& entry, Status from, const swim::Cause& cause,
                Events& events);

    Table table_;
    Agenda departures_;  // the failed and left ones, by when they departed
    Agenda prunes_;      // those marked for a prune, by when it is carried out
    std::array<std::size_t, 5> counts_{};
    std::uint64_t index_ = 0;
    std::size_t max_members_;
    std::size_t held_ = 0;
    std::vector<Bytes> touched_;
};

}  // namespace muster::cluster
