#include "agent/cluster/queries.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "agent/cluster/internal_messages.h"
#include "agent/cluster/query_filters.h"
#include "agent/cluster/query_relays.h"

namespace muster::cluster {

namespace {

Payload none_if_empty(BytesView bytes) {
    return bytes.empty() ? Payload() : Payload(bytes);
}

std::vector<Bytes> names_alive(const Members& members) {
    std::vector<Bytes> names;
    for (const auto& [name, member] : members.table()) {
        if (member.status == Status::Alive) {
            names.push_back(name);
        }
    }
    return names;
}

}  // namespace

Duration default_query_timeout(Duration gossip_interval, unsigned mult, std::size_t n) {
    const double scale = std::ceil(std::log10(static_cast<double>(n + 1)));
    return gossip_interval * mult * static_cast<Duration::rep>(scale);
}

// ---- asking ----

std::optional<Error> Queries::ask(TimePoint now, RequestId request, const QueryRequest& wanted,
                                  const Members& members, Rumours& rumours, Output& out) {
    return publish(now, Purpose::Program, request, wanted, members, rumours, out);
}

std::optional<Error> Queries::change_keys(TimePoint now, RequestId request, KeyAction action,
                                          BytesView key, const Members& members, Rumours& rumours,
                                          Output& out) {
    if (auto refused = refuse_key(action, key)) {
        return refused;
    }
    QueryRequest wanted;
    wanted.name = query_name(action);
    encode_key_request(key, wanted.payload);
    return publish(now, Purpose::Keys, request, wanted, members, rumours, out);
}

void Queries::dispute(TimePoint now, const Endpoint& other, const Members& members,
                      Rumours& rumours, Output& out) {
    const Member* self = members.find(name_);
    if (vote_ || self == nullptr) {
        return;
    }
    vote_.emplace();
    vote_->ours = self->endpoint;
    vote_->other = other;
    QueryRequest wanted;
    wanted.name = conflict_query;
    wanted.payload = name_;
    if (const auto refused = publish(now, Purpose::Conflict, 0, wanted, members, rumours, out)) {
        vote_.reset();
        out.notices.push_back(
            {Notice::Level::Warning,
             "the other members were not asked whose our name is: " + refused->text});
    }
}

std::optional<Error> Queries::refusal(const QueryRequest& wanted, const Rumours& rumours) const {
    if (open_.full()) {
        return Error{"no query can be asked: " + std::to_string(config_.max_queries) +
                     " of this agent's are open, its limit (see max_queries)"};
    }
    if (rumours.query_time() == lamport_end) {
        return Error{"no query can be asked: the cluster's query clock is at its end"};
    }
    if (wanted.timeout < Duration::zero() || wanted.timeout > max_query_timeout) {
        return Error{"a query's timeout is between 0 and 24 hours"};
    }
    return std::nullopt;
}

std::optional<Error> Queries::publish(TimePoint now, Purpose purpose, RequestId request,
                                      const QueryRequest& wanted, const Members& members,
                                      Rumours& rumours, Output& out) {
    if (auto refused = refusal(wanted, rumours)) {
        return refused;
    }
    const Member* self = members.find(name_);
    const Result<std::vector<Bytes>> filters = encode_filters(wanted);
    if (self == nullptr || !filters) {
        return self == nullptr ? Error{"no query can be asked before this agent has started"}
                               : filters.error();
    }
    const std::size_t on_wire = members.count(Status::Alive) + members.count(Status::Leaving);
    Query query;
    query.ip = self->endpoint.ip();
    query.port = self->endpoint.port();
    query.filters.assign(filters->begin(), filters->end());
    query.flags = wanted.wants_acks ? query_wants_ack : 0;
    query.id = static_cast<std::uint32_t>(random_.next() >> 33U);
    query.ltime = rumours.query_time();
    query.name = wanted.name;
    query.payload = none_if_empty(wanted.payload);
    query.relay_factor = wanted.relay_factor;
    query.source = name_;
    query.timeout =
        wanted.timeout > Duration::zero()
            ? wanted.timeout
            : default_query_timeout(config_.gossip_interval, config_.query_timeout_mult, on_wire);
    Broadcast broadcast{Tier::Query, no_broadcast, {}};
    encode(query, broadcast.message);
    if (broadcast.message.size() > config_.query_size_limit) {
        return Error{"query exceeds limit of " + std::to_string(config_.query_size_limit) +
                     " bytes"};
    }
    open_.add({query.ltime, query.id, purpose, request, wanted.wants_acks, now + query.timeout,
               members.table().size()});
    if (purpose == Purpose::Keys) {
        rounds_.add(query.ltime, request, names_alive(members));
    }
    if (purpose == Purpose::Program) {
        RequestDone done;
        done.request = request;
        done.ltime = query.ltime;
        out.done.push_back(std::move(done));
    }
    rumours.hear(query);
    hear(now, query, members, out);
    out.broadcasts.push_back(std::move(broadcast));
    return std::nullopt;
}

// ---- collecting ----

void Queries::take(TimePoint now, const QueryResponse& response, Output& out) {
    using Why = OpenQueries::Verdict;
    const auto [verdict, query] = open_.take(now, response);
    if (verdict == Why::Repeated || verdict == Why::Unwanted) {
        return;
    }
    if (verdict != Why::Counts) {
        const char* why = verdict == Why::Unknown    ? "that is not open (any more)"
                          : verdict == Why::Mismatch ? "with another id"
                                                     : "that has too many answers";
        out.notices.push_back(
            {Notice::Level::Debug,
             "dropped an answer of " + Bytes(response.from) + " to a query " + why});
        return;
    }
    const BytesView payload = response.payload.value_or(BytesView());
    const bool ack = (response.flags & response_is_ack) != 0;
    switch (query->purpose) {
        case Purpose::Program:
            out.answers.push_back({query->request,
                                   ack ? QueryAnswer::Kind::Ack : QueryAnswer::Kind::Response,
                                   Bytes(response.from), ack ? Bytes() : Bytes(payload)});
            return;
        case Purpose::Keys:
            if (rounds_.take(response.ltime, response.from, payload)) {
                open_.close(response.ltime);
                out.key_reports.push_back(rounds_.finish(response.ltime));
            }
            return;
        case Purpose::Conflict:
            vote_->take(payload);
            return;
    }
}

void Queries::tick(TimePoint now, Output& out) {
    heard_.expire(now);
    for (const OpenQuery& query : open_.expire(now)) {
        end(query, out);
    }
}

TimePoint Queries::next_deadline() const {
    return std::min(open_.next_deadline(), heard_.next_deadline());
}

void Queries::end(const OpenQuery& query, Output& out) {
    switch (query.purpose) {
        case Purpose::Program:
            out.answers.push_back({query.request, QueryAnswer::Kind::Done, {}, {}});
            return;
        case Purpose::Keys:
            out.key_reports.push_back(rounds_.finish(query.ltime));
            return;
        case Purpose::Conflict:
            end_dispute(out);
            return;
    }
}

void Queries::end_dispute(Output& out) {
    const ConflictVote vote = *std::exchange(vote_, std::nullopt);
    const std::string claim = vote.other.to_string() + " claims our name " + name_ +
                              ", which we have at " + vote.ours.to_string();
    const std::string count = std::to_string(vote.matching) + " of " +
                              std::to_string(vote.responses) +
                              " members that answered hold it to be ours";
    if (vote.lost()) {
        out.name_lost = true;
        out.notices.push_back({Notice::Level::Error,
                               claim + ": only " + count +
                                   ", so this agent ends, without leaving; start it again with a "
                                   "name of its own (--name)"});
        return;
    }
    out.notices.push_back(
        {Notice::Level::Warning,
         claim + ": " + (vote.responses > 0 ? count : "nobody said whose it is") +
             ", so this agent stays; give the other host a name of its own (--name)"});
}

}  // namespace muster::cluster
