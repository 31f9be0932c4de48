// An agent that was given another name, and still has its data directory: its old name leaves, so
// that it is not mourned as failed (docs/detection.md, "Renamed with its data directory").
//
// Before that, a ping by the old name to the old address: an answer means that the directory is a
// copy, and that the old name lives. Then nothing is said in its name. Pure; part of the node.
#pragma once

#include "agent/cluster/cluster.h"
#include "agent/effects.h"
#include "swim/swim.h"

namespace muster {

class Renamed {
public:
    Renamed(swim::Swim& swim, cluster::Cluster& cluster) : swim_(swim), cluster_(cluster) {}

    // We were `name` at `endpoint`, up to `incarnation`.
    void start(TimePoint now, Bytes name, const Endpoint& endpoint, std::uint32_t incarnation,
               swim::Output& wire);
    // A ping by name has ended. False if it was none of ours.
    bool pinged(TimePoint now, const swim::PingResult& ping, Effects& effects);
    // Says the leave once nobody has answered, and as soon as there is somebody to hear it.
    void turn(TimePoint now, cluster::Output& up, swim::Output& wire);

private:
    swim::Swim& swim_;
    cluster::Cluster& cluster_;
    Bytes name_;  // empty: there is nothing to do
    Endpoint endpoint_;
    std::uint32_t incarnation_ = 0;
    unsigned unanswered_ = 0;
};

}  // namespace muster
