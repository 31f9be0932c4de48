// The queries that this agent may still answer: who asked, until when, and whether it did
// (docs/protocol/serf.md section 8.4). One answer each, none after the deadline.
//
// Bounded: beyond its limit the one that may be answered longest is forgotten, so that a flood of
// patient queries pushes itself out. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agent/cluster/application.h"
#include "agent/cluster/lamport.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/time.h"

namespace muster::cluster {

// Where an answer goes.
struct Asker {
    bool ours = false;  // the query is: nothing is sent
    Endpoint endpoint;
    Bytes name;  // empty from old releases
    LamportTime ltime = 0;
    std::uint32_t id = 0;
    std::uint8_t relay_factor = 0;
};

struct HeardQueryState {
    Asker asker;
    TimePoint deadline;
    std::optional<KeyAction> key_action;  // a key query: Node::key_answer() answers it
    bool answered = false;
};

class HeardQueries {
public:
    explicit HeardQueries(std::size_t most) : most_(most) {}

    QueryHandle add(HeardQueryState query);
    // Null if it was never known, or is no longer.
    HeardQueryState* find(QueryHandle handle);
    // Forgets those whose deadline has come.
    void expire(TimePoint now);
    TimePoint next_deadline() const;
    std::size_t size() const { return queries_.size(); }

private:
    std::size_t most_;
    QueryHandle last_ = 0;
    std::map<QueryHandle, HeardQueryState> queries_;
    std::set<std::pair<TimePoint, QueryHandle>> agenda_;
};

}  // namespace muster::cluster
