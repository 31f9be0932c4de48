#include "agent/cluster/record.h"

namespace muster::cluster {

bool in_field(ReadFault& fault, const char* field, bool read) {
    if (!read && fault.field.empty()) {
        fault.field = field;
    }
    return read;
}

bool within(ReadFault& fault, const char* field, std::size_t count, std::size_t limit) {
    if (count <= limit) {
        return true;
    }
    fault.field = field;
    fault.reason =
        "expected at most " + std::to_string(limit) + " entries, found " + std::to_string(count);
    return false;
}

Error message_error(const char* message, const ReadFault& fault,
                    const swim::MsgpackReader& reader) {
    std::string text = std::string(message) + " message";
    if (!fault.field.empty()) {
        text += ", field ";
        text += fault.field;
    }
    return Error{text + ": " + (fault.reason.empty() ? reader.reason() : fault.reason)};
}

bool has_type(BytesView message, MessageType type) {
    return !message.empty() && octet(message.front()) == static_cast<std::uint8_t>(type);
}

Error type_error(const char* message, BytesView bytes) {
    return Error{std::string(message) + " message: expected its type byte, found " +
                 (bytes.empty() ? "nothing" : std::to_string(octet(bytes.front())))};
}

void write_type(MessageType type, Bytes& out) {
    out.push_back(static_cast<char>(type));
}

void write_field(BytesView key, std::uint64_t value, Bytes& out) {
    swim::write_string(key, out);
    swim::write_uint(value, out);
}

void write_text_field(BytesView key, BytesView value, Bytes& out) {
    swim::write_string(key, out);
    swim::write_string(value, out);
}

}  // namespace muster::cluster
