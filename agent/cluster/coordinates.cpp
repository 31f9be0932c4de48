#include "agent/cluster/coordinates.h"

namespace muster::cluster {

bool Coordinates::observe(BytesView peer, BytesView payload, Duration round_trip) {
    if (payload.empty()) {
        return true;  // it has none to tell
    }
    const std::optional<Coordinate> coordinate = decode_ack_payload(payload);
    if (!coordinate) {
        return false;
    }
    if (!vivaldi_.observe(peer, *coordinate, round_trip)) {
        return true;
    }
    if (const auto found = peers_.find(peer); found != peers_.end()) {
        found->second = *coordinate;
    } else {
        peers_.emplace(peer, *coordinate);
    }
    return true;
}

void Coordinates::recall(const Coordinate& own) {
    if (own.is_valid()) {
        vivaldi_.start_at(own);
    }
}

void Coordinates::forget(BytesView peer) {
    vivaldi_.forget(peer);
    if (const auto found = peers_.find(peer); found != peers_.end()) {
        peers_.erase(found);
    }
}

std::optional<Coordinate> Coordinates::find(BytesView name) const {
    if (name == name_) {
        return vivaldi_.own();
    }
    const auto found = peers_.find(name);
    return found != peers_.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace muster::cluster
