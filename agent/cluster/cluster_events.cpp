// User events and queries on their way through this agent: heard, told, passed on, answered.
#include <algorithm>
#include <utility>

#include "agent/cluster/cluster.h"
#include "agent/cluster/query_relays.h"
#include "agent/cluster/user_event.h"

namespace muster::cluster {

std::optional<Error> Cluster::user_event(TimePoint now, RequestId request, BytesView name,
                                         BytesView payload, bool coalesce, Output& out) {
    UserEvent event{coalesce, rumours_.event_time(), name, std::nullopt};
    if (!payload.empty()) {
        event.payload = payload;
    }
    if (event.ltime == lamport_end) {
        return Error{"no user event can be sent: the cluster's event clock is at its end"};
    }
    Result<Bytes> message = compose(event, config_.user_event_size_limit);
    if (!message) {
        return message.error();
    }
    rumours_.hear(event);
    coalescer_.add(now, {event.ltime, Bytes(name), Bytes(payload), coalesce}, out.user_events);
    out.broadcasts.push_back({Tier::Event, no_broadcast, *std::move(message)});
    RequestDone done;
    done.request = request;
    done.ltime = event.ltime;
    out.done.push_back(std::move(done));
    return std::nullopt;
}

void Cluster::hear_event(TimePoint now, BytesView message, Output& out) {
    swim::Scratch scratch;
    const Result<UserEvent> event = decode_user_event(message, scratch);
    if (!event) {
        return refuse(swim::Fault::Body, event.error().text, out);
    }
    if (!rumours_.hear(*event)) {
        return;
    }
    coalescer_.add(now,
                   {event->ltime, Bytes(event->name), Bytes(event->payload.value_or(BytesView())),
                    event->coalesce},
                   out.user_events);
    out.broadcasts.push_back({Tier::Event, no_broadcast, Bytes(message)});
}

void Cluster::merge_events(TimePoint now, const PushPull& state, Output& out) {
    std::vector<HeardEvent> news;
    rumours_.merge(state, news);
    for (HeardEvent& event : news) {
        coalescer_.add(now, std::move(event), out.user_events);
    }
}

void Cluster::hear_query(TimePoint now, BytesView message, Output& out) {
    swim::Scratch scratch;
    const Result<Query> query = decode_query(message, scratch);
    if (!query) {
        return refuse(swim::Fault::Body, query.error().text, out);
    }
    if (!rumours_.hear(*query)) {
        return;
    }
    if ((query->flags & query_is_not_rebroadcast) == 0) {
        out.broadcasts.push_back({Tier::Query, no_broadcast, Bytes(message)});
    }
    queries_.hear(now, *query, members_, out);
}

void Cluster::hear_answer(TimePoint now, BytesView message, Output& out) {
    swim::Scratch scratch;
    const Result<QueryResponse> response = decode_query_response(message, scratch);
    if (!response) {
        return refuse(swim::Fault::Body, response.error().text, out);
    }
    queries_.take(now, *response, out);
}

void Cluster::carry_relayed(BytesView message, Output& out) {
    swim::Scratch scratch;
    const Result<Relay> relay = decode_relay(message, scratch);
    if (!relay) {
        return refuse(swim::Fault::Body, relay.error().text, out);
    }
    std::optional<Direct> direct = carry(*relay);
    if (!direct) {
        return refuse(swim::Fault::Body,
                      "relay message: expected an address with a port, and a message that fits "
                      "into a packet",
                      out);
    }
    out.directs.push_back(*std::move(direct));
}

// ---- queries of ours ----

std::optional<Error> Cluster::query(TimePoint now, RequestId request, const QueryRequest& wanted,
                                    Output& out) {
    return queries_.ask(now, request, wanted, members_, rumours_, out);
}

std::optional<Error> Cluster::respond(TimePoint now, QueryHandle handle, BytesView payload,
                                      Output& out) {
    return queries_.respond(now, handle, payload, members_, out);
}

std::optional<Error> Cluster::keys(TimePoint now, RequestId request, KeyAction action,
                                   BytesView key, Output& out) {
    return queries_.change_keys(now, request, action, key, members_, rumours_, out);
}

void Cluster::key_answer(TimePoint now, QueryHandle handle, const KeyAnswer& answer, Output& out) {
    queries_.key_answer(now, handle, answer, members_, out);
}

// ---- our name ----

// Those who have not heard of a move of ours still tell of the address that we had.
void Cluster::note_own_address(const swim::WireEvent& event, const WireRecord& record) {
    constexpr std::size_t most = 16;
    const Member* self = event.name == name_ ? members_.find(name_) : nullptr;
    if (event.kind != swim::WireEvent::Kind::Update || self == nullptr ||
        self->endpoint == record.endpoint) {
        return;
    }
    if (former_.size() == most) {
        former_.erase(former_.begin());
    }
    former_.push_back(self->endpoint);
}

void Cluster::dispute(TimePoint now, const swim::WireEvent& claim, Output& out) {
    const bool former = std::find(former_.begin(), former_.end(), claim.other) != former_.end();
    if (claim.name == name_ && config_.name_conflict_resolution && running() && !former) {
        queries_.dispute(now, claim.other, members_, rumours_, out);
    }
}

}  // namespace muster::cluster
