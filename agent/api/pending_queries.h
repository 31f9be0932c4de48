// The queries that one connection was told of and may answer: Serf's RPC numbers them 1, 2, ... on
// each connection, since the cluster's own names for them are nothing to a client
// (docs/protocol/rpc.md section 4.6). Pure.
//
// Bounded: a client that hears many queries and answers none keeps the newest max_kept. Whether one
// can still be answered is the node's to say; this only remembers which one was meant.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "agent/cluster/application.h"

namespace muster::api {

class PendingQueries {
public:
    static constexpr std::size_t max_kept = 1024;

    // The number of this query on this connection. Every record has one of its own, even of the
    // same query.
    std::uint64_t add(cluster::QueryHandle handle);
    // None: there never was such a number, or it was forgotten.
    std::optional<cluster::QueryHandle> find(std::uint64_t id) const;
    // It can no longer be answered.
    void forget(std::uint64_t id) { handles_.erase(id); }

private:
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, cluster::QueryHandle> handles_;
};

}  // namespace muster::api
