// What was heard recently, by Lamport time: a ring of fixed size that tells news from repetition,
// and old from too old (docs/protocol/serf.md sections 7.2, 7.3 and 8.2). User events and queries
// have one each.
#pragma once

#include <algorithm>
#include <vector>

#include "agent/cluster/lamport.h"

namespace muster::cluster {

// Item needs ==.
template <class Item>
class RecentRing {
public:
    struct Slot {
        LamportTime ltime = 0;
        std::vector<Item> items;  // empty: the slot is unused
    };

    // REQUIRES: size >= 1
    explicit RecentRing(std::size_t size) : slots_(size) {}

    enum class Verdict : std::uint8_t { News, Known, TooOld };

    // Judges, and remembers what is news. `now`: the clock, after it has witnessed `ltime`. Beyond
    // `most` items at one time, a further one is taken for known: only a flood has so many.
    Verdict hear(LamportTime now, LamportTime ltime, Item item) {
        if (ltime < minimum_ || (now > slots_.size() && ltime < now - slots_.size())) {
            return Verdict::TooOld;
        }
        Slot& slot = slots_[static_cast<std::size_t>(ltime % slots_.size())];
        if (slot.items.empty() || slot.ltime != ltime) {
            slot.ltime = ltime;
            slot.items.clear();
        } else if (slot.items.size() >= most ||
                   std::find(slot.items.begin(), slot.items.end(), item) != slot.items.end()) {
            return Verdict::Known;
        }
        slot.items.push_back(std::move(item));
        return Verdict::News;
    }

    // What happened before is too old from now on. Never lowered.
    void ignore_before(LamportTime ltime) { minimum_ = std::max(minimum_, ltime); }

    LamportTime minimum() const { return minimum_; }

    const std::vector<Slot>& slots() const { return slots_; }

private:
    static constexpr std::size_t most = 1024;

    std::vector<Slot> slots_;
    LamportTime minimum_ = 0;
};

}  // namespace muster::cluster
