// The queries of ours that are under way, and what counts as an answer to one
// (docs/protocol/serf.md section 8.4).
//
// A query is known by its Lamport time, and meant by its id. Of each member one ack and one
// response count. Bounded: in queries, and in the members that may answer one, since names cost an
// attacker nothing. What is made of an answer is decided in agent/cluster/queries.h. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "agent/cluster/lamport.h"
#include "agent/cluster/query_messages.h"
#include "agent/effects.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::cluster {

// Whose a query is.
enum class Purpose : std::uint8_t { Program, Keys, Conflict };

struct OpenQuery {
    LamportTime ltime = 0;
    std::uint32_t id = 0;
    Purpose purpose = Purpose::Program;
    RequestId request = 0;  // the program's
    bool wants_acks = false;
    TimePoint deadline;
    std::size_t members = 0;  // known when it was asked: sets how many answers are taken
};

class OpenQueries {
public:
    explicit OpenQueries(std::size_t most) : most_(most) {}

    bool full() const { return queries_.size() >= most_; }
    // REQUIRES: !full(), and no open one has this time.
    void add(const OpenQuery& query);
    // Ends one before its deadline.
    void close(LamportTime ltime);

    enum class Verdict : std::uint8_t {
        Counts,
        Repeated,  // normal with relays
        Unknown,   // no query has this time, or it has ended
        Mismatch,  // another query has
        Unwanted,  // an ack that nobody asked for
        TooMany,
    };
    struct Judgement {
        Verdict verdict = Verdict::Unknown;
        const OpenQuery* query = nullptr;  // with Counts, until the next change
    };
    Judgement take(TimePoint now, const QueryResponse& response);

    bool holds(LamportTime ltime, std::uint32_t id) const;
    // Removes those whose deadline has come, the earliest asked first.
    std::vector<OpenQuery> expire(TimePoint now);
    TimePoint next_deadline() const;
    std::size_t size() const { return queries_.size(); }

private:
    using Names = std::set<Bytes, std::less<>>;
    struct Open {
        OpenQuery query;
        Names acked;
        Names responded;
    };

    std::size_t most_;
    std::map<LamportTime, Open> queries_;
    std::set<std::pair<TimePoint, LamportTime>> agenda_;
};

}  // namespace muster::cluster
