// Network coordinates: where a member stands in a space in which distances are round-trip times
// (docs/protocol/serf.md section 11; Dabek et al., "Vivaldi", SIGCOMM 2004; Ledlie et al., NSDI
// 2007).
//
// The value, its bytes as the ack of a probe carries them, and the distance of two. How one moves
// is agent/cluster/vivaldi.h. Units are seconds; Error has none.
#pragma once

#include <array>
#include <optional>

#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::cluster {

inline constexpr std::size_t coordinate_dimensions = 8;

struct Coordinate {
    std::array<double, coordinate_dimensions> vec{};
    double error = 1.5;     // how unsure: from 0 up to 1.5, where each starts
    double adjustment = 0;  // what the space cannot express of this member's round trips
    double height = 1e-5;   // its access link

    bool is_valid() const;  // no component is infinite or no number
    bool operator==(const Coordinate&) const = default;
};

// The estimated round-trip time, in whole nanoseconds.
Duration distance(const Coordinate& a, const Coordinate& b);
// The same without adjustments, in seconds.
double raw_distance(const Coordinate& a, const Coordinate& b);

// Moves `coordinate` by `force` seconds away from `other`. `random_axis` gives a direction where
// the two are at one place.
using Direction = std::array<double, coordinate_dimensions>;
void push(Coordinate& coordinate, double force, const Coordinate& other,
          const Direction& random_direction);

// Appends an ack's payload: version byte and record.
void encode_ack_payload(const Coordinate& coordinate, Bytes& out);
// What a peer's payload says; none if it is of another version, of other dimensions, or does not
// decode.
std::optional<Coordinate> decode_ack_payload(BytesView payload);

}  // namespace muster::cluster
