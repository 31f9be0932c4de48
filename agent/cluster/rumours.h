// User events and queries that go round: what is news is remembered, to be told and passed on once
// (docs/protocol/serf.md sections 7.2, 7.3 and 8.2).
//
// Each kind has its Lamport clock and its ring of what was heard recently. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/cluster/application.h"
#include "agent/cluster/lamport.h"
#include "agent/cluster/messages.h"
#include "agent/cluster/query_messages.h"
#include "agent/cluster/recent.h"
#include "swim/bytes.h"

namespace muster::cluster {

// What makes two events one.
struct Happened {
    Bytes name;
    Bytes payload;
    bool operator==(const Happened&) const = default;
};

// Of the events that are remembered: far above what a cluster says in 512 times.
inline constexpr std::size_t max_events_size = 4U << 20U;

class Rumours {
public:
    // How many Lamport times are remembered, of each kind. REQUIRES: both >= 1
    Rumours(std::size_t event_buffer, std::size_t query_buffer);

    // Each witnesses the time first. True if it is news.
    bool hear(const UserEvent& event);
    bool hear(const Query& query);

    // Clocks of a push/pull, which have not been used in a message yet.
    void witness(LamportTime events, LamportTime queries);
    // The events of a push/pull: never passed on. Appends those that are news.
    void merge(const PushPull& state, std::vector<HeardEvent>& news);
    // The times that an earlier life of ours has used up: nothing of then is news again.
    void restore(LamportTime events, LamportTime queries);
    // Events before that time are not wanted: they happened before we joined.
    void ignore_events_before(LamportTime ltime);
    // Fills in the clocks and the remembered events. The views live as long as this is not changed.
    void fill(PushPull& state) const;

    LamportTime event_time() const { return event_clock_.time(); }
    LamportTime query_time() const { return query_clock_.time(); }
    LamportTime min_event_time() const { return events_.minimum(); }

private:
    struct Size {
        std::size_t operator()(const Happened& event) const {
            return sizeof event + event.name.size() + event.payload.size();
        }
    };
    using Events = RecentRing<Happened, Size>;
    using Queries = RecentRing<std::uint32_t>;

    bool remember(LamportTime ltime, BytesView name, BytesView payload);

    LamportClock event_clock_;
    LamportClock query_clock_;
    Events events_;
    Queries queries_;
};

// A push/pull's clock has not been used in a message yet.
void witness_unused(LamportClock& clock, LamportTime time);

}  // namespace muster::cluster
