// What has happened to this agent lately, from counters that only rise, and from two clocks that
// should run alike: looked at every few seconds, asked by whoever wants to know what is wrong now
// rather than ever. Pure; a few numbers.
//
// "Lately" is five to ten minutes: two marks, of which the older one is taken every five. A clock
// step is a change of wall time against the node's clock by more than both may drift apart:
//
//     |change| > 1 s + elapsed / 12        (NTP slews by at most a twelfth)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/effects.h"
#include "swim/time.h"

namespace muster {

// All since the start.
struct Counters {
    std::uint64_t probes = 0;
    std::uint64_t probes_failed = 0;
    std::uint64_t refutations = 0;  // of suspicions of ourselves
    std::uint64_t stalls = 0;
    std::uint64_t log_dropped = 0;
    std::uint64_t journal_lost = 0;
};

class Checkup {
public:
    static constexpr Duration pace = std::chrono::seconds(10);
    static constexpr Duration epoch = std::chrono::minutes(5);
    static constexpr Duration memory = std::chrono::hours(1);  // of steps and conflicts
    static constexpr std::size_t most_conflicts = 8;

    struct Step {
        TimePoint at;   // when it was noticed
        Duration by{};  // the wall clock went forward so far; back, if negative
    };
    struct Conflict {
        TimePoint at;  // the last time
        NameConflict claim;
    };

    bool due(TimePoint now) const { return now >= next_; }
    // `wall_ns`: since 1970, at the same moment.
    void look(TimePoint now, std::int64_t wall_ns, const Counters& counters);
    void note(TimePoint now, const NameConflict& conflict);

    // How far each has risen lately.
    Counters recent(const Counters& now) const;
    // The last step of the wall clock, if there was one in the last hour.
    std::optional<Step> step(TimePoint now) const;
    // Names that were claimed in the last hour, each once.
    std::vector<Conflict> conflicts(TimePoint now) const;

private:
    TimePoint next_{};
    TimePoint epoch_ends_{};
    Counters before_;
    Counters mark_;
    std::optional<std::int64_t> offset_;  // wall - clock, at the last look
    TimePoint looked_{};
    std::optional<Step> step_;
    std::vector<Conflict> conflicts_;
};

}  // namespace muster
