// A `members-filtered` under way. Its expressions are the client's, and what they cost is too: a
// search goes on for as many turns of the loop as it needs, so that no expression and no number of
// members delays a probe.
//
// One that is done in its first turn, as nearly all are, copies nothing. One that is not keeps the
// view of its first turn. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "agent/api/backend.h"
#include "agent/api/encoder.h"
#include "agent/api/link.h"
#include "agent/api/member_filter.h"
#include "agent/api/replies.h"

namespace muster::api {

class MemberSearch {
public:
    // REQUIRES: the backend outlives this.
    MemberSearch(const Backend& backend, MemberFilter filter, Encoding encoding)
        : backend_(&backend), filter_(std::move(filter)), encoding_(encoding) {}

    // The body of the reply, or null: more is to be done, in another turn.
    SharedBytes advance();

private:
    struct Owned {
        Bytes name;
        Bytes tags;
    };
    void begin();
    void keep();

    const Backend* backend_;
    MemberFilter filter_;
    Encoding encoding_;
    bool began_ = false;
    std::uint64_t index_ = 0;
    std::vector<MemberRecord> candidates_;  // [0, matched_) match; [next_, end) are to be looked at
    std::size_t matched_ = 0;
    std::size_t next_ = 0;
    std::deque<Owned> owned_;  // what candidates_ point at, after the first turn
};

// A member of the backend's view as a record. Views: valid as long as `view`.
MemberRecord record_of(const MemberView& view, const Backend& backend);

}  // namespace muster::api
