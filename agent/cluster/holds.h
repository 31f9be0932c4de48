// Which members are held out: failed here, back on the wire, and not yet believed
// (docs/detection.md, "Held out").
//
// A member that failed and returns without a new life stays reported failed until it was alive on
// the wire, with one incarnation, for a time that doubles with its restlessness: clean time, not
// elapsed time. A hold begins only for one that our own wire table had dead, or that our partner in
// our own join told us of; it changes what is reported, and nothing of what is sent.
//
// Not the member table: the Serf layer says what happens to members, and is told whom to hold. Our
// own name is never given to it. Pure, single-threaded; owns its deadlines.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "agent/cluster/lamport.h"
#include "agent/cluster/record.h"
#include "swim/bytes.h"
#include "swim/msgpack.h"
#include "swim/time.h"

namespace muster::cluster {

inline constexpr Duration first_hold = std::chrono::seconds(10);
inline constexpr Duration longest_hold = std::chrono::minutes(10);
inline constexpr Duration restless_for =
    std::chrono::minutes(10);                     // what counts lies not longer ago
inline constexpr std::size_t lives_believed = 3;  // of restless_for: the next one is held
inline constexpr Duration heal_window = std::chrono::seconds(5);
inline constexpr Duration heal_hold = std::chrono::seconds(2);

//     min(longest_hold, first_hold * 2^(rises - 1)),   rises at least 1
Duration hold_time(std::size_t rises);

// How many members must return within heal_window, that it is a heal: max(3, 10 %).
std::size_t heal_size(std::size_t members);

// The members that returned within heal_window, each once.
class RecentReturns {
public:
    void note(TimePoint now, BytesView name);
    void expire(TimePoint now);
    std::size_t size() const { return last_.size(); }
    bool contains(BytesView name) const { return last_.find(name) != last_.end(); }
    // By name.
    const std::map<Bytes, TimePoint, std::less<>>& all() const { return last_; }

private:
    std::map<Bytes, TimePoint, std::less<>> last_;
    std::set<std::pair<TimePoint, BytesView>> order_;  // views into the keys
};

class Holds {
public:
    // ---- what happens to members ----

    // Our own wire table has it dead, and we report it failed. Ends a hold: it is failed indeed.
    // `status_ltime`: of its last intent.
    void failed(BytesView name, LamportTime status_ltime);

    struct Return {
        LamportTime status_ltime = 0;  // now
        bool rose = false;             // to a higher incarnation, with the tags that it had
        std::size_t members = 0;       // that we report, those who left not counted
    };
    // It is alive on the wire, and was not. True: it is held, and reported failed as before.
    bool returned(TimePoint now, BytesView name, const Return& how);

    // Its incarnation has risen while it was on the wire.
    void rose(TimePoint now, BytesView name, bool tags_changed);
    void suspected(BytesView name);
    // A join intent of it was applied, after which its status time is this. True: a new life that
    // is believed; it is not held any more, and alive.
    bool joined(TimePoint now, BytesView name, LamportTime status_ltime);

    // It has left, or was erased: nothing of it counts any more.
    void forget(BytesView name);

    // In our own join our partner said, or our journal from before a restart says, that it is held
    // for so long yet: it will be when it appears, if that is soon. Nothing for one that is known
    // here to be alive, which the caller sees to.
    void expect(TimePoint now, BytesView name, Duration left, LamportTime status_ltime);

    // ---- time ----

    // Ends the holds whose time has come: these are alive now.
    void tick(TimePoint now, std::vector<Bytes>& released);
    TimePoint next_deadline() const { return releases_.empty() ? never : releases_.begin()->first; }
    // Drops what does not count any more. Now and then; nothing waits for it.
    void sweep(TimePoint now);

    // ---- questions ----

    bool held(BytesView name) const;
    struct Hold {
        BytesView name;
        Duration left{};               // if nothing happens to it
        LamportTime status_ltime = 0;  // a new life has a greater one
    };
    // All that are held, by name. The views live until the next input.
    std::vector<Hold> list(TimePoint now) const;
    // All that are held, as they are told to who joins.
    std::vector<HeldTime> told(TimePoint now) const;
    // When it is released if nothing happens to it: `never` while it is suspected, none if it is
    // not held.
    std::optional<TimePoint> release_of(BytesView name) const;
    // How long it is held yet if nothing happens to it; none if it is not held.
    std::optional<Duration> left(TimePoint now, BytesView name) const;
    std::size_t remembered() const { return records_.size(); }
    // Asserts the invariants. For tests.
    void check() const;

private:
    struct Record {
        bool failed = false;           // not believed when it returns
        LamportTime status_ltime = 0;  // when it failed, or of the last life that was counted
        std::vector<TimePoint> rises;  // the latest, oldest first: no more than change hold_time()
        std::vector<TimePoint> lives;  // the same, of new lives after a failure
        bool held = false;
        TimePoint clean_since = never;  // never: it is suspected, so that no time is clean
        TimePoint release = never;
        Duration expected{};  // the rest of a hold that we were told of; zero: none
        TimePoint expected_at;
    };
    using Records = std::map<Bytes, Record, std::less<>>;
    using Entry = Records::value_type;

    bool believe(TimePoint now, Record& record, LamportTime status_ltime);
    void note_return(TimePoint now, BytesView name, std::size_t members);
    Duration length(TimePoint now, const Entry& entry);
    void start(TimePoint now, Entry& entry, Duration length);
    void set_release(Entry& entry, TimePoint release);
    void end(Entry& entry);

    Records records_;
    std::set<std::pair<TimePoint, BytesView>> releases_;  // views into the records' keys
    RecentReturns returns_;
    std::size_t heal_size_ = std::numeric_limits<std::size_t>::max();  // as of the last return
};

// ---- on the wire: the key MusterHeld of a push/pull's record, a map from names to milliseconds
// ----

inline constexpr const char* held_key = "MusterHeld";
inline constexpr std::size_t max_held = 65536;  // entries that are read, and written

// Appends the value.
void write_held(const std::vector<HeldTime>& holds, Bytes& out);
// Reads the value: false, with the reason in `fault` or the reader, if it is none. None is longer
// than longest_hold, whatever was said.
bool read_held(swim::MsgpackReader& reader, ReadFault& fault, std::vector<HeldTime>& held);

}  // namespace muster::cluster
