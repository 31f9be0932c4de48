// When the configured seeds are to be looked up and joined (again): while fewer members are alive
// than are remembered as not having left; before the first join, while fewer than two are alive.
//
// It decides only when. Looking names up and joining is for others; so is whether there are seeds.
// Pure; its chance only spreads the agents' look-ups over time.
#pragma once

#include <cstddef>

#include "agent/cluster/config.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::cluster {

class SeedSchedule {
public:
    SeedSchedule(const Config& config, Random random) : config_(config), random_(random) {}

    // The seeds are wanted at once, and then as long as members are missing.
    void start(TimePoint now);
    // A join of ours has reached another member.
    void joined(TimePoint now);
    // The members alive, ourselves included, and those remembered that failed without leaving.
    void count(TimePoint now, std::size_t alive, std::size_t missing);

    // True if the seeds are to be looked up now: from time to time, at a falling rate.
    bool tick(TimePoint now);
    TimePoint next_deadline() const;

private:
    bool wanted() const;
    void update(TimePoint now, bool was_wanted);

    Config config_;
    Random random_;
    bool started_ = false;
    bool joined_ = false;
    std::size_t alive_ = 0;
    std::size_t missing_ = 0;
    unsigned tries_ = 0;       // since the seeds are wanted
    TimePoint last_;           // when the seeds became wanted, or were looked up last
    std::uint16_t early_ = 0;  // how much of the interval is waived by chance
};

}  // namespace muster::cluster
