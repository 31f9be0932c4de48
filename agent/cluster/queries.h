// Queries: asked, heard, answered, collected (docs/protocol/serf.md sections 8 and 9).
//
// Routes between its parts, each with a rule of its own: query_filters (whom one is for),
// heard_queries (what may be answered), open_queries (what counts as an answer), query_relays (by
// way of whom), key_rounds and conflict_vote (what the answers to our own internal queries add up
// to). That a query is news, and its passing on, is decided before, by Rumours.
//
// A query of ours is heard here as by everybody else, but our own answer needs no network. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/cluster/application.h"
#include "agent/cluster/config.h"
#include "agent/cluster/conflict_vote.h"
#include "agent/cluster/heard_queries.h"
#include "agent/cluster/key_rounds.h"
#include "agent/cluster/members.h"
#include "agent/cluster/open_queries.h"
#include "agent/cluster/output.h"
#include "agent/cluster/query_messages.h"
#include "agent/cluster/rumours.h"
#include "swim/random.h"
#include "swim/result.h"

namespace muster::cluster {

// Longer ones are refused when asked, and cut when heard.
inline constexpr Duration max_query_timeout = std::chrono::hours(24);

//     gossip_interval * mult * ceil(log10(n + 1));   n: members on the wire, ourselves included
Duration default_query_timeout(Duration gossip_interval, unsigned mult, std::size_t n);

class Queries {
public:
    // `name` is our own.
    Queries(const Config& config, Bytes name, Random random)
        : config_(config),
          name_(std::move(name)),
          random_(random),
          open_(config.max_queries),
          heard_(config.max_queries) {}

    // ---- ours. An error: nothing happened ----

    // A program's: done at once with its time, in Output::done; answers follow.
    std::optional<Error> ask(TimePoint now, RequestId request, const QueryRequest& wanted,
                             const Members& members, Rumours& rumours, Output& out);
    // A change of the keys of everybody: ends with an Output::key_reports.
    std::optional<Error> change_keys(TimePoint now, RequestId request, KeyAction action,
                                     BytesView key, const Members& members, Rumours& rumours,
                                     Output& out);
    // `other` claims our name: asks whose it is. Nothing while that is being asked already.
    void dispute(TimePoint now, const Endpoint& other, const Members& members, Rumours& rumours,
                 Output& out);
    // What a member sent in answer.
    void take(TimePoint now, const QueryResponse& response, Output& out);

    // ---- everybody's ----

    // A query that is news: acked, and answered or told, if it is for us.
    void hear(TimePoint now, const Query& query, const Members& members, Output& out);
    std::optional<Error> respond(TimePoint now, QueryHandle handle, BytesView payload,
                                 const Members& members, Output& out);
    void key_answer(TimePoint now, QueryHandle handle, const KeyAnswer& answer,
                    const Members& members, Output& out);

    // ---- time ----

    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

private:
    std::optional<Error> publish(TimePoint now, Purpose purpose, RequestId request,
                                 const QueryRequest& wanted, const Members& members,
                                 Rumours& rumours, Output& out);
    std::optional<Error> refusal(const QueryRequest& wanted, const Rumours& rumours) const;
    void hear_internal(TimePoint now, const Query& query, const Asker& asker,
                       const Members& members, Output& out);
    void hear_key_query(TimePoint now, const Query& query, const Asker& asker, KeyAction action,
                        const Members& members, Output& out);
    void answer_conflict(TimePoint now, const Query& query, const Asker& asker,
                         const Members& members, Output& out);
    // Sends an answer, or an ack, to who asked. Why it was not sent, in the reference's words.
    std::optional<std::string> send(TimePoint now, const Asker& asker,
                                    const QueryResponse& response, const Members& members,
                                    Output& out);
    void answer_keys(TimePoint now, const Asker& asker, KeyAction action, const KeyAnswer& answer,
                     const Members& members, Output& out);
    QueryResponse response_to(const Asker& asker, std::uint32_t flags, Payload payload) const;
    void end(const OpenQuery& query, Output& out);
    void end_dispute(Output& out);

    Config config_;
    Bytes name_;
    Random random_;
    OpenQueries open_;
    HeardQueries heard_;
    KeyRounds rounds_;
    std::optional<ConflictVote> vote_;
};

}  // namespace muster::cluster
