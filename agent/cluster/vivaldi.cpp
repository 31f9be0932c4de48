#include "agent/cluster/vivaldi.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace muster::cluster {

namespace {

constexpr double max_error = 1.5;
constexpr double c_error = 0.25;
constexpr double c_force = 0.25;
constexpr double gravity_rho = 150;
constexpr double tiny = 1e-6;
constexpr Duration longest_round_trip = std::chrono::seconds(10);

double seconds_of(Duration duration) {
    return static_cast<double>(duration.count()) / 1e9;
}

}  // namespace

bool Vivaldi::observe(BytesView peer, const Coordinate& other, Duration round_trip) {
    if (!other.is_valid() || round_trip < Duration::zero() || round_trip > longest_round_trip) {
        return false;
    }
    const double seconds = filter(peer, seconds_of(round_trip));
    spring(other, seconds);
    adjust(other, seconds);
    pull_to_origin();
    if (!own_.is_valid()) {
        own_ = {};
        ++resets_;
    }
    return true;
}

// The median of the last three, or the larger of two.
double Vivaldi::filter(BytesView peer, double seconds) {
    auto found = samples_.find(peer);
    if (found == samples_.end()) {
        found = samples_.emplace(peer, Samples{}).first;
    }
    Samples& samples = found->second;
    if (samples.count == filter_size) {
        std::rotate(samples.seconds.begin(), samples.seconds.begin() + 1, samples.seconds.end());
        --samples.count;
    }
    samples.seconds[samples.count++] = seconds;
    auto sorted = samples.seconds;
    // What is not there yet sorts behind: the whole array is of a size that g++ knows.
    std::fill(sorted.begin() + static_cast<std::ptrdiff_t>(samples.count), sorted.end(),
              std::numeric_limits<double>::infinity());
    std::sort(sorted.begin(), sorted.end());
    return sorted[samples.count / 2];
}

void Vivaldi::spring(const Coordinate& other, double seconds) {
    const double estimated = seconds_of(distance(own_, other));
    const double measured = std::max(seconds, tiny);
    const double wrongness = std::fabs(estimated - measured) / measured;
    const double total = std::max(own_.error + other.error, tiny);
    const double weight = own_.error / total;
    own_.error =
        std::min(max_error, c_error * weight * wrongness + own_.error * (1 - c_error * weight));
    push(own_, c_force * weight * (measured - estimated), other, random_direction());
}

void Vivaldi::adjust(const Coordinate& other, double seconds) {
    window_[window_at_] = seconds - raw_distance(own_, other);
    window_at_ = (window_at_ + 1) % window_.size();
    own_.adjustment = std::accumulate(window_.begin(), window_.end(), 0.0) / (2.0 * window_size);
}

// Keeps the whole space from drifting away.
void Vivaldi::pull_to_origin() {
    const Coordinate origin;
    const double ratio = seconds_of(distance(origin, own_)) / gravity_rho;
    push(own_, -(ratio * ratio), origin, random_direction());
}

Direction Vivaldi::random_direction() {
    Direction direction{};
    for (double& component : direction) {
        component = static_cast<double>(random_.next() >> 11U) * 0x1p-53 - 0.5;
    }
    return direction;
}

void Vivaldi::forget(BytesView peer) {
    if (const auto found = samples_.find(peer); found != samples_.end()) {
        samples_.erase(found);
    }
}

}  // namespace muster::cluster
