// Finding the cluster again after a restart, by the members that were there when we went: a few at
// a time, in random order, until one of them has answered with everything it knows
// (docs/protocol/serf.md section 12).
//
// Each is pinged by its name first: the address may belong to another cluster by now, and only the
// right name answers (docs/detection.md, schedule S4). The first that answers with everything ends
// it: then a join intent tells the others that this is a new life. Who does not answer is left to
// the address book. Pure; part of the node (agent/node.h).
#pragma once

#include <set>
#include <vector>

#include "agent/cluster/address_book.h"
#include "swim/output.h"
#include "swim/swim.h"

namespace muster {

class Rejoin {
public:
    explicit Rejoin(swim::Swim& swim) : swim_(swim) {}

    // Begins, with the last of `targets`.
    void start(TimePoint now, std::vector<cluster::Try> targets, swim::Output& wire);
    // A ping by name has ended. False if it was none of ours.
    bool pinged(TimePoint now, const swim::PingResult& ping, swim::Output& wire);
    // An exchange has ended. False if it was none of ours.
    bool exchanged(TimePoint now, const swim::ExchangeResult& result, swim::Output& wire);

    // Whether one has answered with everything.
    bool has_succeeded() const { return has_succeeded_; }
    bool running() const { return !waiting_.empty() || !pinged_.empty() || !exchanging_.empty(); }

private:
    void advance(TimePoint now, swim::Output& wire);

    swim::Swim& swim_;
    std::vector<cluster::Try> waiting_;
    std::set<Bytes, std::less<>> pinged_;
    std::set<swim::StreamId> exchanging_;
    bool has_succeeded_ = false;
};

}  // namespace muster
