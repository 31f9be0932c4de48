#include "agent/cluster/coordinate.h"

#include <algorithm>
#include <cmath>

#include "swim/msgpack.h"

namespace muster::cluster {

namespace {

constexpr double min_height = 1e-5;
constexpr double zero_threshold = 1e-6;
constexpr char payload_version = 1;

double norm(const Direction& vec) {
    double sum = 0;
    for (const double component : vec) {
        sum += component * component;
    }
    return std::sqrt(sum);
}

Direction difference(const Direction& a, const Direction& b) {
    Direction result{};
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = a[i] - b[i];
    }
    return result;
}

Direction scaled(const Direction& vec, double factor) {
    Direction result{};
    std::transform(vec.begin(), vec.end(), result.begin(),
                   [&](double component) { return component * factor; });
    return result;
}

// The unit vector of a direction by chance; the first axis if that has next to no length.
Direction unit(const Direction& direction) {
    const double length = norm(direction);
    if (length > zero_threshold) {
        return scaled(direction, 1 / length);
    }
    Direction axis{};
    axis[0] = 1;
    return axis;
}

}  // namespace

bool Coordinate::is_valid() const {
    return std::all_of(vec.begin(), vec.end(), [](double v) { return std::isfinite(v); }) &&
           std::isfinite(error) && std::isfinite(adjustment) && std::isfinite(height);
}

double raw_distance(const Coordinate& a, const Coordinate& b) {
    return norm(difference(a.vec, b.vec)) + a.height + b.height;
}

Duration distance(const Coordinate& a, const Coordinate& b) {
    const double raw = raw_distance(a, b);
    const double adjusted = raw + a.adjustment + b.adjustment;
    return Duration(static_cast<Duration::rep>((adjusted > 0 ? adjusted : raw) * 1e9));
}

void push(Coordinate& coordinate, double force, const Coordinate& other,
          const Direction& random_direction) {
    const Direction apart = difference(coordinate.vec, other.vec);
    const double length = norm(apart);
    const bool together = length <= zero_threshold;
    const Direction away = together ? unit(random_direction) : scaled(apart, 1 / length);
    for (std::size_t i = 0; i < away.size(); ++i) {
        coordinate.vec[i] += away[i] * force;
    }
    if (!together) {
        coordinate.height = std::max(
            min_height, (coordinate.height + other.height) * force / length + coordinate.height);
    }
}

void encode_ack_payload(const Coordinate& coordinate, Bytes& out) {
    out.push_back(payload_version);
    swim::write_map(4, out);
    swim::write_string("Adjustment", out);
    swim::write_double(coordinate.adjustment, out);
    swim::write_string("Error", out);
    swim::write_double(coordinate.error, out);
    swim::write_string("Height", out);
    swim::write_double(coordinate.height, out);
    swim::write_string("Vec", out);
    swim::write_array(coordinate.vec.size(), out);
    for (const double component : coordinate.vec) {
        swim::write_double(component, out);
    }
}

namespace {

bool read_vec(swim::MsgpackReader& in, Coordinate& coordinate) {
    std::size_t dimensions = 0;
    if (!in.read_array(dimensions) || dimensions != coordinate_dimensions) {
        return false;
    }
    return std::all_of(coordinate.vec.begin(), coordinate.vec.end(),
                       [&](double& component) { return in.read_double(component); });
}

}  // namespace

std::optional<Coordinate> decode_ack_payload(BytesView payload) {
    if (payload.empty() || payload[0] != payload_version) {
        return std::nullopt;
    }
    swim::Scratch scratch;
    swim::MsgpackReader in(payload.substr(1), scratch);
    Coordinate coordinate;
    coordinate.error = 0;
    coordinate.height = 0;
    bool has_vec = false;
    std::size_t entries = 0;
    if (!in.read_map(entries)) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < entries; ++i) {
        BytesView key;
        if (!in.read_string(key)) {
            return std::nullopt;
        }
        bool good = true;
        if (key == "Adjustment") {
            good = in.read_double(coordinate.adjustment);
        } else if (key == "Error") {
            good = in.read_double(coordinate.error);
        } else if (key == "Height") {
            good = in.read_double(coordinate.height);
        } else if (key == "Vec") {
            good = has_vec = read_vec(in, coordinate);
        } else {
            good = in.skip();
        }
        if (!good) {
            return std::nullopt;
        }
    }
    return has_vec ? std::optional(coordinate) : std::nullopt;
}

}  // namespace muster::cluster
