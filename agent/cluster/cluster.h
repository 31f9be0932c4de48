// What Serf adds to memberlist, as one part: who the members are said to be, what they announce,
// and how one leaves (docs/protocol/serf.md sections 5, 6 and 10; docs/detection.md, "Retry for
// ever").
//
// It sits on swim: it takes the events of the wire table and the opaque messages and states that
// swim carried, and answers with messages to broadcast and with what to report. It never changes
// the wire table.
//
// Pure, deterministic, single-threaded. Every input appends to an Output that the caller owns.
// tick() when next_deadline() has come; early or twice is harmless.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/address_book.h"
#include "agent/cluster/config.h"
#include "agent/cluster/event_coalescer.h"
#include "agent/cluster/holds.h"
#include "agent/cluster/intents.h"
#include "agent/cluster/lamport.h"
#include "agent/cluster/leave.h"
#include "agent/cluster/members.h"
#include "agent/cluster/messages.h"
#include "agent/cluster/output.h"
#include "agent/cluster/queries.h"
#include "agent/cluster/remembered.h"
#include "agent/cluster/rumours.h"
#include "agent/cluster/seeds.h"
#include "swim/output.h"
#include "swim/random.h"
#include "swim/result.h"

namespace muster::cluster {

class Cluster {
public:
    // `name` is our own. Without seeds Output::resolve_seeds is never set.
    Cluster(const Config& config, Bytes name, bool has_seeds, Random random);

    // ---- inputs from the wire ----

    // A change of the wire table, with the record that the table holds now. For Leave, Suspect,
    // Cleared and Conflict the record is not read. Events about ourselves are given too: our own
    // Join at start makes us a member.
    void wire_event(TimePoint now, const swim::WireEvent& event, const WireRecord& record,
                    Output& out);
    // The payload of a user message, however it came.
    void user_message(TimePoint now, BytesView message, Output& out);
    // The peer's state from a push/pull. `join_of_ours`: the exchange was a join, and we began it.
    void merge_user_state(TimePoint now, BytesView bytes, bool join_of_ours, Output& out);
    // The same state, of our own join, before any wire_event() that came with it: whom the peer
    // holds out is held here too.
    void expect_held(TimePoint now, BytesView bytes);
    // Appends our state for a push/pull. With `now`, to one that joins: with whom we hold out.
    void user_state(Bytes& out, std::optional<TimePoint> now = std::nullopt) const;
    // A broadcast with an id left swim's queue: sent as often as it should be, or dropped.
    void transmitted(TimePoint now, BroadcastId id, Output& out);
    // How Output::attempt ended. An ack is worth a push/pull if the answer is true.
    [[nodiscard]] bool try_acked(TimePoint now, BytesView name);
    void try_timed_out(TimePoint now, BytesView name);
    // What Output::leave_wire asked for is done: everybody who had to be told was.
    void wire_left(TimePoint now, Output& out);

    // ---- time ----

    // What an earlier life of ours knew. `tried`: its members that are not here are looked for.
    // Before start().
    void recall(TimePoint now, const Clocks& clocks, const std::vector<Remembered>& members,
                bool tried);
    // Starts the timers. Once, before anything else.
    void start(TimePoint now, Output& out);
    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

    // ---- requests ----

    // Why a join would be refused, in the reference's words; empty if it would not.
    std::string join_refusal() const;
    // A join has reached another member. `announce`: it was the start's or a person's, and marks a
    // new life with a join intent; the automatic rejoin of a running agent does not.
    void joined(TimePoint now, bool announce, Output& out);
    // Leaves gracefully: Output::left within 2 * broadcast_timeout + leave_propagate_delay.
    void leave(TimePoint now, RequestId request, Output& out);
    // Tells everybody, ourselves too. An error if it is too large: then nothing happened.
    std::optional<Error> user_event(TimePoint now, RequestId request, BytesView name,
                                    BytesView payload, bool coalesce, Output& out);
    // Asks everybody; answers what others ask; changes the keys of all (queries.h).
    std::optional<Error> query(TimePoint now, RequestId request, const QueryRequest& wanted,
                               Output& out);
    std::optional<Error> respond(TimePoint now, QueryHandle handle, BytesView payload, Output& out);
    std::optional<Error> keys(TimePoint now, RequestId request, KeyAction action, BytesView key,
                              Output& out);
    void key_answer(TimePoint now, QueryHandle handle, const KeyAnswer& answer, Output& out);
    // Says of another member that it has left; with prune it is erased everywhere.
    void force_leave(TimePoint now, RequestId request, BytesView name, bool prune, Output& out);

    // ---- questions ----

    // Whether it was pruned while on the wire, and may be reported again.
    bool awaits(BytesView pruned) const { return pruned_.find(pruned) != pruned_.end(); }

    const Members& members() const { return members_; }
    // The members of which anything has changed since this was last asked.
    std::vector<Bytes> take_touched() { return members_.take_touched(); }
    const Holds& holds() const { return holds_; }
    const AddressBook& address_book() const { return book_; }
    const RecentIntents& recent_intents() const { return intents_; }
    GracefulLeave::Phase phase() const { return leave_.phase(); }
    LamportTime member_time() const { return clock_.time(); }
    LamportTime event_time() const { return rumours_.event_time(); }
    LamportTime query_time() const { return rumours_.query_time(); }
    // We have another address, and have said on the wire that we left the old one: a join intent
    // contradicts whoever passes that on as a leave of ours.
    void arrived(TimePoint now, Output& out);
    // Says of another name that it has left: the one that we had before.
    void say_left(TimePoint now, BytesView name, Output& out);
    // What each clock has used up.
    Clocks clocks() const;
    // User events older than this happened before our join, and are not wanted.
    LamportTime min_event_time() const { return rumours_.min_event_time(); }

private:
    // Applies or keeps an intent. True if it is worth passing on to others.
    bool hear(TimePoint now, BytesView name, Intent intent, Output& out);
    void hear_event(TimePoint now, BytesView message, Output& out);
    void hear_query(TimePoint now, BytesView message, Output& out);
    void hear_answer(TimePoint now, BytesView message, Output& out);
    void carry_relayed(BytesView message, Output& out);
    void dispute(TimePoint now, const swim::WireEvent& claim, Output& out);
    void note_own_address(const swim::WireEvent& event, const WireRecord& record);
    void merge_events(TimePoint now, const PushPull& state, Output& out);
    void hear_message(TimePoint now, BytesView name, const Intent& intent, BytesView message,
                      Output& out);
    void announce_join(TimePoint now, Output& out);
    BroadcastId broadcast_leave(const Leave& leave, Output& out);
    void tell_phase(GracefulLeave::Phase before, Output& out);
    bool anyone_else_alive() const;
    void member_left_wire(TimePoint now, const swim::WireEvent& event, Output& out);
    // cluster_holds.cpp
    bool returns_held(TimePoint now, const swim::WireEvent& event, const WireRecord& record);
    void note_restlessness(TimePoint now, const swim::WireEvent& event, const WireRecord& record);
    void note_intent(TimePoint now, BytesView name, const Intent& intent, Output& out);
    void forget_erased(std::size_t events_before, const Output& out);
    void release_held(TimePoint now, Output& out);
    static void refuse(swim::Fault fault, std::string detail, Output& out);
    void prune(TimePoint now, Output& out);
    void reap(TimePoint now, Output& out);
    void count_members(TimePoint now);
    bool running() const { return leave_.phase() == GracefulLeave::Phase::Running; }

    Config config_;
    Bytes name_;
    bool has_seeds_;
    LamportClock clock_;
    Rumours rumours_;
    EventCoalescer coalescer_;
    Members members_;
    Holds holds_;
    Queries queries_;
    std::vector<Endpoint> former_;  // our own addresses before the one that we have
    RecentIntents intents_;
    AddressBook book_;
    SeedSchedule seeds_;
    GracefulLeave leave_;
    std::optional<RequestId> leave_request_;
    ForcedLeaves forced_;
    std::map<Bytes, TimePoint, std::less<>> pruned_;  // while on the wire, and until when
    BroadcastId last_broadcast_ = no_broadcast;
    TimePoint reap_due_ = never;
};

}  // namespace muster::cluster
