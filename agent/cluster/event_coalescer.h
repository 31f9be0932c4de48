// User events that may be coalesced, held back for a moment, so that a burst of one name is told
// as its last one (docs/protocol/serf.md section 7.4).
//
// It changes what this agent's programs are told, never what is gossiped. A batch is told
// `period` after its first event, or `quiescent` after its last one, whichever comes first; of each
// name only the events of the highest Lamport time are. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "agent/cluster/application.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::cluster {

class EventCoalescer {
public:
    // If either is zero, nothing is held back.
    EventCoalescer(Duration period, Duration quiescent) : period_(period), quiescent_(quiescent) {}

    // Appends what is to be told now: an event that must not be coalesced passes at once.
    void add(TimePoint now, HeardEvent event, std::vector<HeardEvent>& told);
    void tick(TimePoint now, std::vector<HeardEvent>& told);
    TimePoint next_deadline() const;

private:
    void flush(std::vector<HeardEvent>& told);

    Duration period_;
    Duration quiescent_;
    std::map<Bytes, std::vector<HeardEvent>, std::less<>> latest_;  // by name, each of one time
    std::size_t held_ = 0;                                          // events in it
    TimePoint full_at_ = never;                                     // the batch's period is over
    TimePoint quiet_at_ = never;  // nothing came for the quiescent period
};

}  // namespace muster::cluster
