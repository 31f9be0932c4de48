#include "agent/cluster/rumours.h"

namespace muster::cluster {

void witness_unused(LamportClock& clock, LamportTime time) {
    if (time > 0 && time != lamport_end) {
        clock.witness(time - 1);
    }
}

Rumours::Rumours(std::size_t event_buffer, std::size_t query_buffer)
    : events_(event_buffer, max_events_size), queries_(query_buffer) {
    event_clock_.increment();
    query_clock_.increment();
}

bool Rumours::remember(LamportTime ltime, BytesView name, BytesView payload) {
    if (ltime == lamport_end) {
        return false;
    }
    event_clock_.witness(ltime);
    return events_.hear(event_clock_.time(), ltime, {Bytes(name), Bytes(payload)}) ==
           Events::Verdict::News;
}

bool Rumours::hear(const UserEvent& event) {
    return remember(event.ltime, event.name, event.payload.value_or(BytesView()));
}

bool Rumours::hear(const Query& query) {
    if (query.ltime == lamport_end) {
        return false;
    }
    query_clock_.witness(query.ltime);
    return queries_.hear(query_clock_.time(), query.ltime, query.id) == Queries::Verdict::News;
}

void Rumours::witness(LamportTime events, LamportTime queries) {
    witness_unused(event_clock_, events);
    witness_unused(query_clock_, queries);
}

void Rumours::merge(const PushPull& state, std::vector<HeardEvent>& news) {
    for (const PushPull::Slot& slot : state.events) {
        for (const PushPull::Event& event : slot.events) {
            if (remember(slot.ltime, event.name, event.payload)) {
                news.push_back(
                    {slot.ltime, Bytes(event.name), Bytes(event.payload), /*coalesce=*/false});
            }
        }
    }
}

// Section 12.
void Rumours::restore(LamportTime events, LamportTime queries) {
    event_clock_.witness(events);
    query_clock_.witness(queries);
    events_.ignore_before(after(events));
    queries_.ignore_before(after(queries));
}

void Rumours::ignore_events_before(LamportTime ltime) {
    if (ltime != lamport_end) {
        events_.ignore_before(ltime);
    }
}

void Rumours::fill(PushPull& state) const {
    state.event_ltime = event_clock_.time();
    state.query_ltime = query_clock_.time();
    const auto& slots = events_.slots();
    state.slots = slots.size();
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].items.empty()) {
            continue;
        }
        PushPull::Slot slot;
        slot.position = i;
        slot.ltime = slots[i].ltime;
        for (const Happened& event : slots[i].items) {
            slot.events.push_back({event.name, event.payload});
        }
        state.events.push_back(std::move(slot));
    }
}

}  // namespace muster::cluster
