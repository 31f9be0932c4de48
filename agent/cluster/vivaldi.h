// How our own network coordinate follows the round-trip times of our probes
// (docs/protocol/serf.md section 11.3): latency filter, Vivaldi's spring, adjustment window,
// gravity.
//
// Pure; its chance only picks a direction where two members stand at one place.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "agent/cluster/coordinate.h"
#include "swim/random.h"

namespace muster::cluster {

class Vivaldi {
public:
    explicit Vivaldi(Random random, Coordinate start = {}) : random_(random), own_(start) {}

    // A direct probe of `peer`, who stands at `other`, took `round_trip`. False if that cannot be
    // used: the coordinate is invalid, or the time is negative or above 10 s; then nothing changes.
    bool observe(BytesView peer, const Coordinate& other, Duration round_trip);
    // Begins anew at `start`. REQUIRES: it is valid.
    void start_at(const Coordinate& start) { own_ = start; }
    // The peer's samples go with the member.
    void forget(BytesView peer);

    const Coordinate& own() const { return own_; }
    // How often our coordinate had become invalid and started anew.
    std::uint64_t resets() const { return resets_; }

private:
    double filter(BytesView peer, double seconds);
    void spring(const Coordinate& other, double seconds);
    void adjust(const Coordinate& other, double seconds);
    void pull_to_origin();
    Direction random_direction();

    static constexpr std::size_t window_size = 20;
    static constexpr std::size_t filter_size = 3;
    // The last few of one peer, the oldest first.
    struct Samples {
        std::array<double, filter_size> seconds{};
        std::size_t count = 0;
    };

    Random random_;
    Coordinate own_;
    std::array<double, window_size> window_{};
    std::size_t window_at_ = 0;
    std::map<Bytes, Samples, std::less<>> samples_;
    std::uint64_t resets_ = 0;
};

}  // namespace muster::cluster
