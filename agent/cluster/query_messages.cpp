#include "agent/cluster/query_messages.h"

#include <limits>

#include "agent/cluster/record.h"
#include "swim/msgpack.h"

namespace muster::cluster {

namespace {

using swim::MsgpackReader;

constexpr char node_filter = 0;
constexpr char tag_filter = 1;

template <class T>
bool read_number(MsgpackReader& reader, T& value) {
    std::uint64_t wide = 0;
    if (!reader.read_uint(wide, std::numeric_limits<T>::max())) {
        return false;
    }
    value = static_cast<T>(wide);
    return true;
}

bool read_payload(MsgpackReader& reader, Payload& payload) {
    if (reader.next_is_nil()) {
        payload.reset();
        return reader.skip();
    }
    BytesView bytes;
    if (!reader.read_bytes(bytes)) {
        return false;
    }
    payload = bytes;
    return true;
}

void write_payload(BytesView key, const Payload& payload, Bytes& out) {
    swim::write_string(key, out);
    if (payload) {
        swim::write_string(*payload, out);
    } else {
        swim::write_nil(out);
    }
}

bool read_list(MsgpackReader& reader, ReadFault& fault, const char* field, std::size_t limit,
               std::vector<BytesView>& list, bool (MsgpackReader::*read)(BytesView&)) {
    std::size_t count = 0;
    if (!reader.read_array(count) || !within(fault, field, count, limit)) {
        return false;
    }
    list.clear();
    for (std::size_t i = 0; i < count; ++i) {
        BytesView one;
        if (!(reader.*read)(one)) {
            return false;
        }
        list.push_back(one);
    }
    return true;
}

void write_list(const std::vector<BytesView>& list, Bytes& out) {
    swim::write_array(list.size(), out);
    for (const BytesView one : list) {
        swim::write_string(one, out);
    }
}

bool read_timeout(MsgpackReader& reader, Duration& timeout) {
    std::int64_t nanoseconds = 0;
    if (!reader.read_int(nanoseconds)) {
        return false;
    }
    timeout = Duration(nanoseconds);
    return true;
}

bool read_query_field(MsgpackReader& reader, ReadFault& fault, BytesView key, Query& query) {
    if (key == "Addr") {
        return in_field(fault, "Addr", reader.read_bytes(query.ip));
    }
    if (key == "Filters") {
        return in_field(fault, "Filters",
                        read_list(reader, fault, "Filters", max_filters, query.filters,
                                  &MsgpackReader::read_bytes));
    }
    if (key == "Flags") {
        return in_field(fault, "Flags", read_number(reader, query.flags));
    }
    if (key == "ID") {
        return in_field(fault, "ID", read_number(reader, query.id));
    }
    if (key == "LTime") {
        return in_field(fault, "LTime", reader.read_uint(query.ltime, any_u64));
    }
    if (key == "Name") {
        return in_field(fault, "Name", reader.read_string(query.name));
    }
    if (key == "Payload") {
        return in_field(fault, "Payload", read_payload(reader, query.payload));
    }
    if (key == "Port") {
        return in_field(fault, "Port", read_number(reader, query.port));
    }
    if (key == "RelayFactor") {
        return in_field(fault, "RelayFactor", read_number(reader, query.relay_factor));
    }
    if (key == "SourceNode") {
        return in_field(fault, "SourceNode", reader.read_string(query.source));
    }
    if (key == "Timeout") {
        return in_field(fault, "Timeout", read_timeout(reader, query.timeout));
    }
    return reader.skip();
}

bool read_relay_address(MsgpackReader& reader, ReadFault& fault, Relay& relay) {
    return read_record(reader, [&](BytesView key) {
        if (key == "IP") {
            return in_field(fault, "DestAddr.IP", reader.read_bytes(relay.ip));
        }
        if (key == "Port") {
            return in_field(fault, "DestAddr.Port", read_number(reader, relay.port));
        }
        return reader.skip();
    });
}

}  // namespace

void encode(const UserEvent& event, Bytes& out) {
    write_type(MessageType::UserEvent, out);
    swim::write_map(4, out);
    swim::write_string("CC", out);
    swim::write_bool(event.coalesce, out);
    write_field("LTime", event.ltime, out);
    write_text_field("Name", event.name, out);
    write_payload("Payload", event.payload, out);
}

void encode(const Query& query, Bytes& out) {
    write_type(MessageType::Query, out);
    swim::write_map(11, out);
    write_text_field("Addr", query.ip, out);
    swim::write_string("Filters", out);
    if (query.filters.empty()) {
        swim::write_nil(out);
    } else {
        write_list(query.filters, out);
    }
    write_field("Flags", query.flags, out);
    write_field("ID", query.id, out);
    write_field("LTime", query.ltime, out);
    write_text_field("Name", query.name, out);
    write_payload("Payload", query.payload, out);
    write_field("Port", query.port, out);
    write_field("RelayFactor", query.relay_factor, out);
    write_text_field("SourceNode", query.source, out);
    write_field("Timeout", static_cast<std::uint64_t>(query.timeout.count()), out);
}

void encode(const QueryResponse& response, Bytes& out) {
    write_type(MessageType::QueryResponse, out);
    swim::write_map(5, out);
    write_field("Flags", response.flags, out);
    write_text_field("From", response.from, out);
    write_field("ID", response.id, out);
    write_field("LTime", response.ltime, out);
    write_payload("Payload", response.payload, out);
}

void encode(const Relay& relay, Bytes& out) {
    write_type(MessageType::Relay, out);
    swim::write_map(2, out);
    swim::write_string("DestAddr", out);
    swim::write_map(3, out);
    write_text_field("IP", relay.ip, out);
    write_field("Port", relay.port, out);
    write_text_field("Zone", "", out);
    write_text_field("DestName", relay.name, out);
    out += relay.inner;
}

void encode(const NodeFilter& filter, Bytes& out) {
    out.push_back(node_filter);
    write_list(filter.names, out);
}

void encode(const TagFilter& filter, Bytes& out) {
    out.push_back(tag_filter);
    swim::write_map(2, out);
    write_text_field("Expr", filter.expression, out);
    write_text_field("Tag", filter.tag, out);
}

Result<UserEvent> decode_user_event(BytesView message, swim::Scratch& scratch) {
    if (!has_type(message, MessageType::UserEvent)) {
        return type_error("user event", message);
    }
    MsgpackReader reader(message.substr(1), scratch);
    UserEvent event;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "CC") {
            return in_field(fault, "CC", reader.read_bool(event.coalesce));
        }
        if (key == "LTime") {
            return in_field(fault, "LTime", reader.read_uint(event.ltime, any_u64));
        }
        if (key == "Name") {
            return in_field(fault, "Name", reader.read_string(event.name));
        }
        if (key == "Payload") {
            return in_field(fault, "Payload", read_payload(reader, event.payload));
        }
        return reader.skip();
    });
    if (!read) {
        return message_error("user event", fault, reader);
    }
    return event;
}

Result<Query> decode_query(BytesView message, swim::Scratch& scratch) {
    if (!has_type(message, MessageType::Query)) {
        return type_error("query", message);
    }
    MsgpackReader reader(message.substr(1), scratch);
    Query query;
    ReadFault fault;
    const bool read = read_record(
        reader, [&](BytesView key) { return read_query_field(reader, fault, key, query); });
    if (!read) {
        return message_error("query", fault, reader);
    }
    return query;
}

Result<QueryResponse> decode_query_response(BytesView message, swim::Scratch& scratch) {
    if (!has_type(message, MessageType::QueryResponse)) {
        return type_error("query response", message);
    }
    MsgpackReader reader(message.substr(1), scratch);
    QueryResponse response;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "Flags") {
            return in_field(fault, "Flags", read_number(reader, response.flags));
        }
        if (key == "From") {
            return in_field(fault, "From", reader.read_string(response.from));
        }
        if (key == "ID") {
            return in_field(fault, "ID", read_number(reader, response.id));
        }
        if (key == "LTime") {
            return in_field(fault, "LTime", reader.read_uint(response.ltime, any_u64));
        }
        if (key == "Payload") {
            return in_field(fault, "Payload", read_payload(reader, response.payload));
        }
        return reader.skip();
    });
    if (!read) {
        return message_error("query response", fault, reader);
    }
    return response;
}

Result<Relay> decode_relay(BytesView message, swim::Scratch& scratch) {
    if (!has_type(message, MessageType::Relay)) {
        return type_error("relay", message);
    }
    MsgpackReader reader(message.substr(1), scratch);
    Relay relay;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "DestAddr") {
            return read_relay_address(reader, fault, relay);
        }
        if (key == "DestName") {
            return in_field(fault, "DestName", reader.read_string(relay.name));
        }
        return reader.skip();
    });
    if (!read) {
        return message_error("relay", fault, reader);
    }
    relay.inner = message.substr(1 + reader.consumed());
    return relay;
}

Filter decode_filter(BytesView filter) {
    Filter result;
    if (filter.empty()) {
        return result;
    }
    swim::Scratch unused;  // names are never copied
    MsgpackReader reader(filter.substr(1), unused);
    ReadFault fault;
    if (filter.front() == node_filter) {
        NodeFilter node;
        if (read_list(reader, fault, "Filters", max_filter_names, node.names,
                      &MsgpackReader::read_string)) {
            result.node = std::move(node);
        }
    } else if (filter.front() == tag_filter) {
        TagFilter tag;
        const bool read = read_record(reader, [&](BytesView key) {
            if (key == "Expr") {
                return reader.read_string(tag.expression);
            }
            if (key == "Tag") {
                return reader.read_string(tag.tag);
            }
            return reader.skip();
        });
        if (read) {
            result.tag = tag;
        }
    }
    return result;
}

}  // namespace muster::cluster
