// What follows when a member that had failed answers to its name again: the exchanges that make two
// sides of a healed partition one (docs/detection.md, "Retry for ever"). Whom to try, and when, is
// the address book's (agent/cluster/address_book.h). Pure; part of the node (agent/node.h).
#pragma once

#include <map>

#include "agent/cluster/cluster.h"
#include "swim/output.h"
#include "swim/swim.h"

namespace muster {

class Retries {
public:
    Retries(swim::Swim& swim, cluster::Cluster& cluster) : swim_(swim), cluster_(cluster) {}

    // A ping by name has ended.
    void pinged(TimePoint now, const swim::PingResult& ping, swim::Output& wire);
    // An exchange has ended. False if it was none of ours.
    bool exchanged(TimePoint now, const swim::ExchangeResult& result, swim::Output& wire);

private:
    struct Retry {
        Bytes name;
        bool again = false;  // it is the second exchange
    };

    swim::Swim& swim_;
    cluster::Cluster& cluster_;
    std::map<swim::StreamId, Retry> running_;
};

}  // namespace muster
