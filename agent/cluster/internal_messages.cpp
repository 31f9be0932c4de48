#include "agent/cluster/internal_messages.h"

#include <limits>

#include "agent/cluster/record.h"
#include "swim/msgpack.h"

namespace muster::cluster {

namespace {

using swim::MsgpackReader;

constexpr auto last_status = static_cast<std::uint64_t>(Status::Failed);

bool read_keys(MsgpackReader& reader, ReadFault& fault, std::vector<std::string>& keys) {
    std::size_t count = 0;
    if (!reader.read_array(count) || !within(fault, "Keys", count, max_keys)) {
        return false;
    }
    keys.clear();
    for (std::size_t i = 0; i < count; ++i) {
        BytesView key;
        if (!reader.read_string(key)) {
            return false;
        }
        keys.emplace_back(key);
    }
    return true;
}

bool read_text(MsgpackReader& reader, std::string& text) {
    BytesView bytes;
    if (!reader.read_string(bytes)) {
        return false;
    }
    text = bytes;
    return true;
}

}  // namespace

void encode_conflict_response(const std::optional<MemberRecord>& record, Bytes& out) {
    write_type(MessageType::ConflictResponse, out);
    if (!record) {
        swim::write_nil(out);
        return;
    }
    const swim::Versions& versions = record->versions;
    swim::write_map(11, out);
    write_text_field("Addr", record->ip, out);
    write_field("DelegateCur", versions.delegate_current, out);
    write_field("DelegateMax", versions.delegate_max, out);
    write_field("DelegateMin", versions.delegate_min, out);
    write_text_field("Name", record->name, out);
    write_field("Port", record->port, out);
    write_field("ProtocolCur", versions.protocol_current, out);
    write_field("ProtocolMax", versions.protocol_max, out);
    write_field("ProtocolMin", versions.protocol_min, out);
    write_field("Status", static_cast<std::uint64_t>(record->status), out);
    swim::write_string("Tags", out);
    swim::write_map(record->tags.size(), out);
    for (const auto& [tag, value] : record->tags) {
        write_text_field(tag, value, out);
    }
}

void encode_key_request(BytesView key, Bytes& out) {
    write_type(MessageType::KeyRequest, out);
    swim::write_map(1, out);
    write_text_field("Key", key, out);
}

void encode_key_response(const KeyAnswer& answer, bool list, Bytes& out) {
    const bool has_keys = list && !answer.keys.empty();
    write_type(MessageType::KeyResponse, out);
    swim::write_map(4, out);
    swim::write_string("Keys", out);
    if (has_keys) {
        swim::write_array(answer.keys.size(), out);
        for (const std::string& key : answer.keys) {
            swim::write_string(key, out);
        }
    } else {
        swim::write_nil(out);
    }
    write_text_field("Message", answer.message, out);
    write_text_field("PrimaryKey", has_keys ? BytesView(answer.keys.front()) : BytesView(), out);
    swim::write_string("Result", out);
    swim::write_bool(answer.done, out);
}

Result<std::optional<MemberRecord>> decode_conflict_response(BytesView payload) {
    if (!has_type(payload, MessageType::ConflictResponse)) {
        return type_error("conflict response", payload);
    }
    swim::Scratch unused;  // addresses are sent as strings
    MsgpackReader reader(payload.substr(1), unused);
    if (reader.next_is_nil()) {
        return std::optional<MemberRecord>();
    }
    MemberRecord record;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "Addr") {
            return in_field(fault, "Addr", reader.read_string(record.ip));
        }
        if (key == "Port") {
            std::uint64_t port = 0;
            const bool good = reader.read_uint(port, std::numeric_limits<std::uint16_t>::max());
            record.port = static_cast<std::uint16_t>(port);
            return in_field(fault, "Port", good);
        }
        if (key == "Status") {
            std::uint64_t status = 0;
            const bool good = reader.read_uint(status, last_status);
            record.status = static_cast<Status>(status);
            return in_field(fault, "Status", good);
        }
        return reader.skip();
    });
    if (!read) {
        return message_error("conflict response", fault, reader);
    }
    return std::optional(record);
}

Result<BytesView> decode_key_request(BytesView payload) {
    if (payload.empty()) {
        return Error{"key request message: expected its type byte, found nothing"};
    }
    swim::Scratch unused;  // a key of small integers is refused like one of a wrong size
    MsgpackReader reader(payload.substr(1), unused);
    BytesView key;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView field) {
        return field == "Key" ? in_field(fault, "Key", reader.read_string(key)) : reader.skip();
    });
    if (!read) {
        return message_error("key request", fault, reader);
    }
    return key;
}

Result<KeyResponse> decode_key_response(BytesView payload) {
    if (!has_type(payload, MessageType::KeyResponse)) {
        return Error{"Invalid key query response type: " +
                     (payload.empty() ? "none" : std::to_string(octet(payload.front())))};
    }
    swim::Scratch unused;  // keys are strings
    MsgpackReader reader(payload.substr(1), unused);
    KeyResponse response;
    ReadFault fault;
    const bool read = read_record(reader, [&](BytesView key) {
        if (key == "Keys") {
            return in_field(fault, "Keys", read_keys(reader, fault, response.keys));
        }
        if (key == "Message") {
            return in_field(fault, "Message", read_text(reader, response.message));
        }
        if (key == "PrimaryKey") {
            return in_field(fault, "PrimaryKey", read_text(reader, response.primary));
        }
        if (key == "Result") {
            return in_field(fault, "Result", reader.read_bool(response.result));
        }
        return reader.skip();
    });
    if (!read) {
        return Error{"Failed to decode key query response: " +
                     message_error("key response", fault, reader).text};
    }
    return response;
}

}  // namespace muster::cluster
