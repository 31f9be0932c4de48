// The joins under way: each a set of addresses, a bounded number of which is asked at a time, and
// one outcome (docs/protocol/serf.md section 10.4).
//
// Asked for by somebody, or of the configured seeds. Several at once do not disturb each other.
// Pure; part of the node (agent/node.h).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>

#include "agent/cluster/cluster.h"
#include "agent/effects.h"
#include "swim/swim.h"

namespace muster {

class Joins {
public:
    Joins(swim::Swim& swim, cluster::Cluster& cluster) : swim_(swim), cluster_(cluster) {}

    // Begins one. Without `request` it is of the seeds: its failures become notices instead of an
    // outcome. Our own address, and an address given twice, are passed over. `replay`: events from
    // before the join are wanted too.
    void start(TimePoint now, std::optional<RequestId> request, std::span<const Endpoint> peers,
               bool replay, Effects& effects);
    // Whether the exchange is of a join that wants them. REQUIRES: it has not ended.
    bool replays(swim::StreamId id) const;
    // Whether one has come to its end, well or not, since the start.
    bool has_ended() const { return has_ended_; }
    // An exchange has ended. False if it was none of ours.
    bool exchanged(TimePoint now, const swim::ExchangeResult& result, cluster::Output& up,
                   Effects& effects);

private:
    struct Join {
        std::optional<RequestId> request;
        bool replay = false;
        bool announce = false;  // it marks a new life: a start, or a person's wish
        std::deque<Endpoint> waiting;
        std::size_t open = 0;
        RequestDone done;
    };
    using Running = std::map<std::uint64_t, Join>;

    void advance(TimePoint now, Running::iterator position, Effects& effects);
    void end(Join join, Effects& effects);

    swim::Swim& swim_;
    cluster::Cluster& cluster_;
    Running running_;
    std::uint64_t last_key_ = 0;
    std::map<swim::StreamId, std::uint64_t> streams_;  // to the join's key
    bool has_joined_ = false;
    bool has_ended_ = false;
};

}  // namespace muster
