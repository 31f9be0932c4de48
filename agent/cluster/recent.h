// What was heard recently, by Lamport time: a ring of fixed size that tells news from repetition,
// and old from too old (docs/protocol/serf.md sections 7.2, 7.3 and 8.2). User events and queries
// have one each.
#pragma once

#include <algorithm>
#include <vector>

#include "agent/cluster/lamport.h"

namespace muster::cluster {

struct Weightless {
    template <class Item>
    std::size_t operator()(const Item& /*item*/) const {
        return 0;
    }
};

// Item needs ==. Weight tells how many bytes one takes.
template <class Item, class Weight = Weightless>
class RecentRing {
public:
    struct Slot {
        LamportTime ltime = 0;
        std::vector<Item> items;  // empty: the slot is unused
    };

    // REQUIRES: size >= 1
    explicit RecentRing(std::size_t size, std::size_t max_weight = 0)
        : slots_(size), max_weight_(max_weight) {}

    enum class Verdict : std::uint8_t { News, Known, TooOld };

    // Judges, and remembers what is news. `now`: the clock, after it has witnessed `ltime`. Beyond
    // `most` items at one time, or max_weight, a further one is taken for known: only a flood has
    // so many.
    Verdict hear(LamportTime now, LamportTime ltime, Item item) {
        if (ltime < minimum_ || (now > slots_.size() && ltime < now - slots_.size())) {
            return Verdict::TooOld;
        }
        Slot& slot = slots_[static_cast<std::size_t>(ltime % slots_.size())];
        if (slot.items.empty() || slot.ltime != ltime) {
            slot.ltime = ltime;
            empty(slot);
        } else if (slot.items.size() >= most ||
                   std::find(slot.items.begin(), slot.items.end(), item) != slot.items.end()) {
            return Verdict::Known;
        }
        const std::size_t weight = Weight()(item);
        if (weight > 0 && weight_ + weight > max_weight_) {
            return Verdict::Known;
        }
        weight_ += weight;
        slot.items.push_back(std::move(item));
        return Verdict::News;
    }

    // What happened before is too old from now on. Never lowered.
    void ignore_before(LamportTime ltime) { minimum_ = std::max(minimum_, ltime); }

    LamportTime minimum() const { return minimum_; }

    const std::vector<Slot>& slots() const { return slots_; }

private:
    static constexpr std::size_t most = 1024;

    void empty(Slot& slot) {
        for (const Item& item : slot.items) {
            weight_ -= Weight()(item);
        }
        slot.items.clear();
    }

    std::vector<Slot> slots_;
    std::size_t max_weight_;
    std::size_t weight_ = 0;  // of all items
    LamportTime minimum_ = 0;
};

}  // namespace muster::cluster
