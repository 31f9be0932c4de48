// Intents: a member's announced wish to be in or out, ordered by Lamport time
// (docs/protocol/serf.md section 10.3).
//
// What an intent does to a known member is one rule, in one function: judge(). An intent about a
// name that is not known yet waits in RecentIntents, since gossip can outrun the member's own
// appearance. Neither knows the member table.
#pragma once

#include <cstdint>
#include <map>

#include "agent/cluster/lamport.h"
#include "agent/cluster/status.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::cluster {

struct Intent {
    enum class Kind : std::uint8_t { Join, Leave };
    Kind kind = Kind::Join;
    LamportTime ltime = 0;
    bool prune = false;  // Leave only
    // A leave that a push/pull tells of: it is later than `ltime`, which is that of the leave
    // itself or of the join before it.
    bool inferred = false;

    // What it is compared by.
    LamportTime precedence() const { return inferred ? after(ltime) : ltime; }
};

// What an intent does to a known member.
struct Verdict {
    bool applied = false;          // the member's status time becomes the intent's
    Status status = Status::None;  // the member's status afterwards
    bool rebroadcast = false;
    bool erase = false;  // forget the member; from Leaving only after a while
    // NOLINTNEXTLINE(modernize-use-nullptr): of its zero
    auto operator<=>(const Verdict&) const = default;
};

// The precedence rule. An intent applies only if it is newer than `status_ltime`; a join never
// revives a member that left or failed (only the wire does), a leave turns failed into left.
Verdict judge(Status status, LamportTime status_ltime, const Intent& intent);

// The newest intent about each name that is not known as a member.
//
// Bounded by the memory that it takes: beyond that new names are refused, never old ones dropped,
// because an intent that was forgotten would be news again and circulate for ever.
class RecentIntents {
public:
    struct Entry {
        Intent intent;
        TimePoint heard;
    };

    explicit RecentIntents(std::size_t max_size) : max_size_(max_size) {}

    // True if the intent was news: it is kept, and worth a broadcast. Type does not matter for
    // precedence: at equal times the earlier arrival stays.
    bool add(TimePoint now, BytesView name, const Intent& intent);

    // The intent kept for `name`, or null. It stays: entries go by expire() only.
    const Intent* find(BytesView name) const;

    // Drops what was heard longer than `timeout` ago.
    void expire(TimePoint now, Duration timeout);

    std::size_t count() const { return entries_.size(); }
    std::size_t size() const { return size_; }  // bytes, about

private:
    std::map<Bytes, Entry, std::less<>> entries_;
    std::size_t size_ = 0;
    std::size_t max_size_;
};

}  // namespace muster::cluster
