// What is going to happen in the simulated world, in the order in which it happens.
//
// Ordered by time, and at one instant by when it was scheduled: so the order is total, and a run
// has one history. Plain values in one vector: scheduling allocates nothing in the steady state.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "swim/assert.h"
#include "swim/time.h"

namespace muster::sim {

// A machine of the simulated world, from 0 on. It keeps its number through restarts and changes of
// address.
using HostId = std::uint32_t;

struct Event {
    enum class Kind : std::uint8_t {
        Datagram,  // a parcel arrives at its address
        Work,      // a slow host is done with one datagram
        Wake,      // a node's deadline has come
        Stream,    // something happens on a connection; `step` says what
        Seeds,     // the resolver has answered
        Disk,      // a record was written, or was not
        Call,      // a function of the scenario
    };
    TimePoint at;
    std::uint64_t sequence = 0;
    std::uint64_t item = 0;  // parcel, connection, life or call: by kind
    HostId host = 0;         // where it happens
    Kind kind = Kind::Call;
    std::uint8_t step = 0;
};

class EventQueue {
public:
    void push(Event event) {
        event.sequence = ++sequence_;
        heap_.push_back(event);
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return heap_.size(); }

    // REQUIRES: !empty()
    const Event& next() const { return heap_.front(); }

    // REQUIRES: !empty()
    Event pop() {
        MUSTER_ASSERT(!heap_.empty());
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const Event event = heap_.back();
        heap_.pop_back();
        return event;
    }

private:
    static bool later(const Event& a, const Event& b) {
        return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }

    std::vector<Event> heap_;
    std::uint64_t sequence_ = 0;
};

}  // namespace muster::sim
