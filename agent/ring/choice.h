// Which members of a walk become the owners of a key: each one once, and with distinct zones the
// first of each zone before a second of any (docs/ring.md, "Several owners").
//
// The one place of this rule: both algorithms only say in which order members come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::ring {

struct Wanted {
    std::size_t owners = 1;  // fewer when the ring has fewer
    bool distinct_zones = false;
};

// Who can be chosen at all.
struct Field {
    const std::vector<std::uint32_t>* zones = nullptr;  // a number for the zone of each rank
    std::size_t members = 0;                            // that own anything
    std::size_t distinct_zones = 0;                     // of those
};

class Choice {
public:
    Choice(const Field& field, Wanted wanted, std::vector<std::uint32_t>& chosen);

    // The next member of the walk, which may have come before.
    void offer(std::uint32_t rank);
    bool complete() const { return chosen_->size() == wanted_; }

private:
    const Field* field_;
    std::vector<std::uint32_t>* chosen_;
    std::vector<std::uint32_t> passed_over_;  // their zone was taken; in the order of the walk
    std::vector<bool> seen_;                  // by rank
    std::vector<bool> taken_;                 // by zone
    std::size_t wanted_;
    std::size_t zones_left_;  // 0: the zone is not asked for any more
};

}  // namespace muster::ring
