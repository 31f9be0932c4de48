// When the configured seeds are to be looked up and joined (again): while fewer members are alive
// than are remembered as not having left; before the first join, while fewer than two are alive.
//
// It decides only when. Looking names up and joining is for others; so is whether there are seeds.
// Pure.
#pragma once

#include <cstddef>

#include "agent/cluster/config.h"
#include "swim/time.h"

namespace muster::cluster {

class SeedSchedule {
public:
    explicit SeedSchedule(const Config& config) : config_(config) {}

    // From now on the seeds are wanted as soon as members are missing.
    void start(TimePoint now) {
        last_ = now;
        started_ = true;
    }
    // A join of ours has reached another member.
    void joined() { joined_ = true; }
    // The members alive, ourselves included, and those remembered that failed without leaving.
    void count(std::size_t alive, std::size_t missing);

    // True if the seeds are to be looked up now. The first time is at once; then at a falling rate.
    bool tick(TimePoint now);
    TimePoint next_deadline() const;

private:
    bool wanted() const;

    Config config_;
    bool started_ = false;
    bool joined_ = false;
    std::size_t alive_ = 0;
    std::size_t missing_ = 0;
    unsigned tries_ = 0;
    TimePoint last_;
};

}  // namespace muster::cluster
