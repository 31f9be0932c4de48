// Whose our name is, when another host claims it too (docs/protocol/serf.md section 9.3): what the
// other members' records of it say. Pure.
//
// Unlike the reference, who gets no answer at all stays: silence is no majority, and two hosts that
// share a name, alone or cut off, would both end. Nor does a record count that says that the name's
// holder has failed or left: it speaks of an earlier life of ours, at another address.
#pragma once

#include <cstddef>

#include "swim/bytes.h"
#include "swim/endpoint.h"

namespace muster::cluster {

struct ConflictVote {
    Endpoint ours;              // as advertised when the vote began
    Endpoint other;             // who claims the name
    std::size_t responses = 0;  // that count: those who do not know the name, too
    std::size_t matching = 0;   // that hold it to be at `ours`

    // One member's answer. One that cannot be read counts for nobody.
    void take(BytesView payload);
    //     responses > 0  and  matching < responses / 2 + 1
    bool lost() const;
};

}  // namespace muster::cluster
