// When broadcasts leave: at every gossip tick, and once at once when there is news
// (docs/protocol/memberlist.md section 9.4; docs/detection.md "Broadcast at once").
//
// Nothing queued, no timer: an idle agent does not wake for gossip.
#pragma once

#include <vector>

#include "swim/config.h"
#include "swim/member_table.h"
#include "swim/random.h"
#include "swim/sender.h"

namespace muster::swim {

class Gossip {
public:
    Gossip(const Config& config, MemberTable& table, Sender& sender, Random& random);

    // The ticks' phase is random, so that agents started together do not gossip together.
    void start(TimePoint now);
    // Looks whether something was queued since; called after every input.
    void notice(TimePoint now);

    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

private:
    void round(TimePoint now, BroadcastQueue::Round round, Output& out);
    TimePoint next_phase(TimePoint after) const;

    const Config& config_;
    MemberTable& table_;
    Sender& sender_;
    Random& random_;
    bool started_ = false;
    TimePoint phase_{};
    TimePoint next_tick_ = never;  // never while nothing is queued
    TimePoint next_extra_ = never;
    TimePoint last_extra_{};
    Duration spacing_;        // q: between two extra rounds
    std::size_t cursor_ = 0;  // into the table's list: who is next
};

}  // namespace muster::swim
