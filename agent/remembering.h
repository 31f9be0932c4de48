// What has changed since it was last taken, of all that is to be remembered (agent/memory.h).
//
// It notes names, not values: a member that changes a hundred times between two writes is one name,
// and what waits for a slow disk is bounded by the members. Pure; part of the node.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "agent/memory.h"

namespace muster {

class Remembering {
public:
    // All that is remembered but the members: cheap to compare.
    struct Own {
        cluster::Clocks clocks;
        std::uint32_t incarnation = 0;
        bool operator==(const Own&) const = default;
    };

    // Something about a member has changed, or it is known no longer.
    void note(BytesView member);
    // Something of our own that is not in Own has changed.
    void note_own() { noted_own_ = true; }

    // Whether there is something to take.
    bool pending(const Own& own) const { return noted_own_ || !members_.empty() || own != taken_; }

    // The names that changed; nothing is pending then.
    std::set<Bytes, std::less<>> take(const Own& own);

private:
    std::set<Bytes, std::less<>> members_;
    bool noted_own_ = true;  // at first, everything
    Own taken_;
};

}  // namespace muster
