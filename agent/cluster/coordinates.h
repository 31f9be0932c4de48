// The network coordinates that this agent knows: its own, which follows the round trips of its
// probes, and those that the probed members told (docs/protocol/serf.md section 11.1).
//
// A member's is kept while it is reported. The rules of movement are agent/cluster/vivaldi.h. Pure.
// Steady state: no allocation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "agent/cluster/coordinate.h"
#include "agent/cluster/vivaldi.h"
#include "swim/bytes.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::cluster {

class Coordinates {
public:
    Coordinates(Bytes name, Random random) : name_(std::move(name)), vivaldi_(random) {}

    // Appends the payload of an ack: where we stand.
    void append_payload(Bytes& out) const { encode_ack_payload(vivaldi_.own(), out); }
    // A direct probe of `peer` took `round_trip`, and its ack carried `payload`. What cannot be
    // used changes nothing. False if there is a payload that cannot be read.
    bool observe(BytesView peer, BytesView payload, Duration round_trip);
    // Where an earlier life of ours stood: we begin there. An invalid one is not taken.
    void recall(const Coordinate& own);
    // The member was erased.
    void forget(BytesView peer);

    // Our own for our name; none for whom no probe of ours has reached yet.
    std::optional<Coordinate> find(BytesView name) const;
    std::uint64_t resets() const { return vivaldi_.resets(); }
    std::size_t size() const { return peers_.size(); }

private:
    Bytes name_;
    Vivaldi vivaldi_;
    std::map<Bytes, Coordinate, std::less<>> peers_;
};

}  // namespace muster::cluster
