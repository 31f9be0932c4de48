// The answering side of queries: what is heard here, and what goes back to who asked.
#include <algorithm>
#include <utility>

#include "agent/cluster/internal_messages.h"
#include "agent/cluster/queries.h"
#include "agent/cluster/query_filters.h"
#include "agent/cluster/query_relays.h"
#include "agent/cluster/tags.h"

namespace muster::cluster {

namespace {

constexpr BytesView internal_prefix = "_serf_";
constexpr BytesView ping_query = "_serf_ping";

TimePoint deadline_of(TimePoint now, const Query& query) {
    return now + std::clamp(query.timeout, Duration::zero(), max_query_timeout);
}

std::string limit_text(const char* what, std::size_t limit) {
    return std::string(what) + " exceeds limit of " + std::to_string(limit) + " bytes";
}

}  // namespace

// A query without an address is for nobody: no honest agent sends one.
void Queries::hear(TimePoint now, const Query& query, const Members& members, Output& out) {
    const Member* self = members.find(name_);
    const auto endpoint = Endpoint::from_bytes(query.ip, query.port);
    if (self == nullptr || !endpoint || endpoint->port() == 0 ||
        !filters_match(query.filters, name_, decode_tags(self->meta))) {
        return;
    }
    const bool ours = query.source == name_ && open_.holds(query.ltime, query.id);
    const Asker asker{ours,        *endpoint, Bytes(query.source),
                      query.ltime, query.id,  query.relay_factor};
    if ((query.flags & query_wants_ack) != 0) {
        send(now, asker, response_to(asker, response_is_ack, std::nullopt), members, out);
    }
    if (query.name.substr(0, internal_prefix.size()) == internal_prefix) {
        return hear_internal(now, query, asker, members, out);
    }
    const TimePoint deadline = deadline_of(now, query);
    const QueryHandle handle = heard_.add({asker, deadline, std::nullopt, /*answered=*/false});
    out.queries.push_back({handle, query.ltime, Bytes(query.name),
                           Bytes(query.payload.value_or(BytesView())), asker.name, deadline});
}

void Queries::hear_internal(TimePoint now, const Query& query, const Asker& asker,
                            const Members& members, Output& out) {
    if (query.name == ping_query) {
        return;
    }
    if (query.name == conflict_query) {
        return answer_conflict(now, query, asker, members, out);
    }
    if (const auto action = key_action(query.name)) {
        return hear_key_query(now, query, asker, *action, members, out);
    }
    out.notices.push_back(
        {Notice::Level::Debug, "query " + Bytes(query.name) + " of " + asker.name +
                                   " has a name that is reserved, and no meaning here: it was not "
                                   "answered"});
}

// Whose name it is does not answer.
void Queries::answer_conflict(TimePoint now, const Query& query, const Asker& asker,
                              const Members& members, Output& out) {
    const BytesView name = query.payload.value_or(BytesView());
    if (name == name_) {
        return;
    }
    std::optional<MemberRecord> record;
    if (const Member* member = members.find(name)) {
        record = MemberRecord{member->endpoint.ip(), member->endpoint.port(),   name,
                              member->status,        decode_tags(member->meta), member->versions};
    }
    Bytes payload;
    encode_conflict_response(record, payload);
    if (const auto refused = send(now, asker, response_to(asker, 0, payload), members, out)) {
        out.notices.push_back(
            {Notice::Level::Debug, "did not say who " + Bytes(name) + " is: " + *refused});
    }
}

void Queries::hear_key_query(TimePoint now, const Query& query, const Asker& asker,
                             KeyAction action, const Members& members, Output& out) {
    Bytes key;
    if (action != KeyAction::List) {
        const auto request = decode_key_request(query.payload.value_or(BytesView()));
        if (!request) {
            return answer_keys(now, asker, action, {false, request.error().text, {}}, members, out);
        }
        key = *request;
    }
    const QueryHandle handle =
        heard_.add({asker, deadline_of(now, query), action, /*answered=*/false});
    out.key_requests.push_back({handle, action, std::move(key)});
}

void Queries::key_answer(TimePoint now, QueryHandle handle, const KeyAnswer& answer,
                         const Members& members, Output& out) {
    HeardQueryState* query = heard_.find(handle);
    if (query == nullptr || !query->key_action || query->answered || now >= query->deadline) {
        return;
    }
    query->answered = true;
    answer_keys(now, query->asker, *query->key_action, answer, members, out);
}

void Queries::answer_keys(TimePoint now, const Asker& asker, KeyAction action,
                          const KeyAnswer& answer, const Members& members, Output& out) {
    const std::size_t limit = config_.query_response_size_limit;
    const auto fits = [&](BytesView payload) {
        Bytes message;
        encode(response_to(asker, 0, payload), message);
        return message.size() <= limit;
    };
    const Bytes payload = fit_key_answer(answer, action == KeyAction::List, limit, fits);
    if (const auto refused = send(now, asker, response_to(asker, 0, payload), members, out)) {
        out.notices.push_back(
            {Notice::Level::Warning,
             "the answer to " + asker.name + " about keys was not sent: " + *refused});
    }
}

std::optional<Error> Queries::respond(TimePoint now, QueryHandle handle, BytesView payload,
                                      const Members& members, Output& out) {
    // The reference's words, also for what is no key query.
    const auto refuse = [](const std::string& why) {
        return Error{"failed to respond to key query: " + why};
    };
    HeardQueryState* query = heard_.find(handle);
    if (query == nullptr || query->key_action || now >= query->deadline) {
        return refuse("response is past the deadline");
    }
    if (query->answered) {
        return refuse("response already sent");
    }
    const auto refused =
        send(now, query->asker, response_to(query->asker, 0, payload), members, out);
    query->answered = !refused;
    return refused ? std::optional(refuse(*refused)) : std::nullopt;
}

QueryResponse Queries::response_to(const Asker& asker, std::uint32_t flags, Payload payload) const {
    return {flags, name_, asker.id, asker.ltime, payload};
}

// The reference reports copies that are too large as a failure of the whole, although its answer is
// on its way. Ours is no failure: the log is told.
std::optional<std::string> Queries::send(TimePoint now, const Asker& asker,
                                         const QueryResponse& response, const Members& members,
                                         Output& out) {
    const std::size_t limit = config_.query_response_size_limit;
    Bytes message;
    encode(response, message);
    if (message.size() > limit) {
        return limit_text("response", limit);
    }
    if (asker.ours) {
        take(now, response, out);
        return std::nullopt;
    }
    const auto relays = choose_relays(members, name_, asker.relay_factor, random_);
    Bytes relayed;
    if (!relays.empty()) {
        encode(Relay{asker.endpoint.ip(), asker.endpoint.port(), asker.name, message}, relayed);
    }
    out.directs.push_back({asker.endpoint, std::move(message)});
    if (relayed.size() > limit) {
        out.notices.push_back({Notice::Level::Warning, "an answer to " + asker.name +
                                                           " was sent without copies: " +
                                                           limit_text("relayed response", limit)});
        return std::nullopt;
    }
    for (const Endpoint& relay : relays) {
        out.directs.push_back({relay, relayed});
    }
    return std::nullopt;
}

}  // namespace muster::cluster
