#include "agent/cluster/messages.h"

#include <algorithm>
#include <string>

#include "agent/cluster/holds.h"
#include "agent/cluster/record.h"
#include "swim/msgpack.h"

namespace muster::cluster {
namespace {

using swim::MsgpackReader;

bool read_event(MsgpackReader& reader, ReadFault& fault, PushPull::Event& event) {
    return read_record(reader, [&](BytesView key) {
        if (key == "Name") {
            return in_field(fault, "Events.Events.Name", reader.read_string(event.name));
        }
        if (key == "Payload") {
            return in_field(fault, "Events.Events.Payload", reader.read_bytes(event.payload));
        }
        return reader.skip();
    });
}

bool read_slot_events(MsgpackReader& reader, ReadFault& fault, std::size_t& total,
                      std::vector<PushPull::Event>& events) {
    std::size_t count = 0;
    if (!reader.read_array(count) || !within(fault, "Events.Events", total += count, max_events)) {
        return false;
    }
    events.clear();
    for (std::size_t i = 0; i < count; ++i) {
        PushPull::Event event;
        if (!read_event(reader, fault, event)) {
            return false;
        }
        events.push_back(event);
    }
    return true;
}

bool read_slot(MsgpackReader& reader, ReadFault& fault, std::size_t& total, PushPull::Slot& slot) {
    return read_record(reader, [&](BytesView key) {
        if (key == "LTime") {
            return in_field(fault, "Events.LTime", reader.read_uint(slot.ltime, any_u64));
        }
        if (key == "Events") {
            return in_field(fault, "Events.Events",
                            read_slot_events(reader, fault, total, slot.events));
        }
        return reader.skip();
    });
}

bool read_slots(MsgpackReader& reader, ReadFault& fault, PushPull& state) {
    std::size_t slots = 0;
    if (!reader.read_array(slots) || !within(fault, "Events", slots, max_event_slots)) {
        return false;
    }
    state.slots = slots;
    state.events.clear();
    std::size_t total = 0;
    for (std::size_t position = 0; position < slots; ++position) {
        if (reader.next_is_nil()) {
            if (!reader.skip()) {
                return false;
            }
            continue;
        }
        PushPull::Slot slot;
        slot.position = position;
        if (!read_slot(reader, fault, total, slot)) {
            return false;
        }
        state.events.push_back(std::move(slot));
    }
    return true;
}

bool read_names(MsgpackReader& reader, ReadFault& fault, std::vector<BytesView>& names) {
    std::size_t count = 0;
    if (!reader.read_array(count) || !within(fault, "LeftMembers", count, max_status_times)) {
        return false;
    }
    names.clear();
    for (std::size_t i = 0; i < count; ++i) {
        BytesView name;
        if (!reader.read_string(name)) {
            return false;
        }
        names.push_back(name);
    }
    return true;
}

// Of equal names the last one counts, as in the reference's map.
void sort_by_name(std::vector<PushPull::StatusTime>& times) {
    std::stable_sort(times.begin(), times.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    std::size_t kept = 0;
    for (const PushPull::StatusTime& time : times) {
        if (kept > 0 && times[kept - 1].name == time.name) {
            --kept;
        }
        times[kept++] = time;
    }
    times.resize(kept);
}

bool read_status_times(MsgpackReader& reader, ReadFault& fault,
                       std::vector<PushPull::StatusTime>& times) {
    std::size_t count = 0;
    if (!reader.read_map(count) || !within(fault, "StatusLTimes", count, max_status_times)) {
        return false;
    }
    times.clear();
    for (std::size_t i = 0; i < count; ++i) {
        PushPull::StatusTime time;
        if (!reader.read_string(time.name) || !reader.read_uint(time.ltime, any_u64)) {
            return false;
        }
        times.push_back(time);
    }
    sort_by_name(times);
    return true;
}

bool read_push_pull_field(MsgpackReader& reader, ReadFault& fault, BytesView key, PushPull& state) {
    if (key == "LTime") {
        return in_field(fault, "LTime", reader.read_uint(state.ltime, any_u64));
    }
    if (key == "EventLTime") {
        return in_field(fault, "EventLTime", reader.read_uint(state.event_ltime, any_u64));
    }
    if (key == "QueryLTime") {
        return in_field(fault, "QueryLTime", reader.read_uint(state.query_ltime, any_u64));
    }
    if (key == "LeftMembers") {
        return in_field(fault, "LeftMembers", read_names(reader, fault, state.left_members));
    }
    if (key == "StatusLTimes") {
        return in_field(fault, "StatusLTimes",
                        read_status_times(reader, fault, state.status_ltimes));
    }
    if (key == "Events") {
        return in_field(fault, "Events", read_slots(reader, fault, state));
    }
    if (key == held_key) {
        return in_field(fault, held_key, read_held(reader, fault, state.held));
    }
    return reader.skip();
}

void write_events(const PushPull& state, Bytes& out) {
    swim::write_array(state.slots, out);
    std::size_t position = 0;
    for (const PushPull::Slot& slot : state.events) {
        for (; position < slot.position; ++position) {
            swim::write_nil(out);
        }
        swim::write_map(2, out);
        swim::write_string("Events", out);
        swim::write_array(slot.events.size(), out);
        for (const PushPull::Event& event : slot.events) {
            swim::write_map(2, out);
            swim::write_string("Name", out);
            swim::write_string(event.name, out);
            swim::write_string("Payload", out);
            swim::write_bytes_or_nil(event.payload, out);
        }
        write_field("LTime", slot.ltime, out);
        ++position;
    }
    for (; position < state.slots; ++position) {
        swim::write_nil(out);
    }
}

}  // namespace

void encode(const Leave& leave, Bytes& out) {
    write_type(MessageType::Leave, out);
    swim::write_map(3, out);
    write_field("LTime", leave.ltime, out);
    swim::write_string("Node", out);
    swim::write_string(leave.node, out);
    swim::write_string("Prune", out);
    swim::write_bool(leave.prune, out);
}

void encode(const Join& join, Bytes& out) {
    write_type(MessageType::Join, out);
    swim::write_map(2, out);
    write_field("LTime", join.ltime, out);
    swim::write_string("Node", out);
    swim::write_string(join.node, out);
}

void encode(const PushPull& state, Bytes& out) {
    write_type(MessageType::PushPull, out);
    swim::write_map(state.held.empty() ? 6 : 7, out);
    write_field("EventLTime", state.event_ltime, out);
    swim::write_string("Events", out);
    write_events(state, out);
    write_field("LTime", state.ltime, out);
    swim::write_string("LeftMembers", out);
    swim::write_array(state.left_members.size(), out);
    for (BytesView name : state.left_members) {
        swim::write_string(name, out);
    }
    if (!state.held.empty()) {
        swim::write_string(held_key, out);
        write_held(state.held, out);
    }
    write_field("QueryLTime", state.query_ltime, out);
    swim::write_string("StatusLTimes", out);
    swim::write_map(state.status_ltimes.size(), out);
    for (const PushPull::StatusTime& time : state.status_ltimes) {
        write_field(time.name, time.ltime, out);
    }
}

Result<Leave> decode_leave(BytesView message) {
    if (!has_type(message, MessageType::Leave)) {
        return type_error("leave", message);
    }
    swim::Scratch unused;  // names are never copied
    MsgpackReader reader(message.substr(1), unused);
    Leave leave;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "LTime") {
            return in_field(fault, "LTime", reader.read_uint(leave.ltime, any_u64));
        }
        if (key == "Node") {
            return in_field(fault, "Node", reader.read_string(leave.node));
        }
        if (key == "Prune") {
            return in_field(fault, "Prune", reader.read_bool(leave.prune));
        }
        return reader.skip();
    });
    if (!read) {
        return message_error("leave", fault, reader);
    }
    return leave;
}

Result<Join> decode_join(BytesView message) {
    if (!has_type(message, MessageType::Join)) {
        return type_error("join", message);
    }
    swim::Scratch unused;  // names are never copied
    MsgpackReader reader(message.substr(1), unused);
    Join join;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "LTime") {
            return in_field(fault, "LTime", reader.read_uint(join.ltime, any_u64));
        }
        if (key == "Node") {
            return in_field(fault, "Node", reader.read_string(join.node));
        }
        return reader.skip();
    });
    if (!read) {
        return message_error("join", fault, reader);
    }
    return join;
}

Result<PushPull> decode_push_pull(BytesView message, swim::Scratch& scratch) {
    if (!has_type(message, MessageType::PushPull)) {
        return type_error("push/pull", message);
    }
    MsgpackReader reader(message.substr(1), scratch);
    PushPull state;
    ReadFault fault;
    const bool read = read_record(
        reader, [&](BytesView key) { return read_push_pull_field(reader, fault, key, state); });
    if (!read) {
        return message_error("push/pull", fault, reader);
    }
    return state;
}

}  // namespace muster::cluster
