// What the election of one node is configured with. The lease and the clock bound are here only for
// a founding: from then on they stand in the record.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/election/ids.h"
#include "agent/election/timing.h"
#include "swim/bytes.h"

namespace muster::election {

enum class Mode : std::uint8_t { Auto, Quorum, View, Off };

struct Config {
    Bytes name;
    Mode mode = Mode::Auto;
    bool candidate = false;  // may become a voter: has a data directory, and was told to
    std::uint8_t priority = 100;
    std::uint8_t expect = 0;  // found with so many candidates; 0: not by number
    std::vector<Bytes> list;  // or with exactly these
    Timing timing = standard_timing;
    std::optional<ClusterId> cluster;                  // the only one to belong to
    Duration settle = std::chrono::seconds(30);        // before a spare counts as ready
    Duration change_pause = std::chrono::seconds(10);  // between changes of the voter set
    std::optional<Duration> replace_after;             // a silent voter, by a ready spare
};

}  // namespace muster::election
