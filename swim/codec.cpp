#include "swim/codec.h"

#include <algorithm>
#include <concepts>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "swim/assert.h"

namespace muster::swim {

namespace {

// ---- writing ----

void begin(MessageType type, std::size_t fields, Bytes& out) {
    out.push_back(static_cast<char>(type));
    write_map(fields, out);
}

void write(BytesView key, std::uint64_t value, Bytes& out) {
    write_string(key, out);
    write_uint(value, out);
}

void write_text(BytesView key, BytesView value, Bytes& out) {
    write_string(key, out);
    write_string(value, out);
}

void write_octets(BytesView key, BytesView value, Bytes& out) {
    write_string(key, out);
    write_bytes_or_nil(value, out);
}

std::size_t fields_of(const Source& source) {
    return std::size_t{!source.ip.empty()} + std::size_t{!source.node.empty()} +
           std::size_t{source.port != 0};
}

void write(const Source& source, Bytes& out) {
    if (!source.ip.empty()) {
        write_octets("SourceAddr", source.ip, out);
    }
    if (!source.node.empty()) {
        write_text("SourceNode", source.node, out);
    }
    if (source.port != 0) {
        write("SourcePort", source.port, out);
    }
}

// Suspect and Dead have the same fields.
template <class Accusation>
void write_accusation(MessageType type, const Accusation& accusation, Bytes& out) {
    begin(type, 3, out);
    write_text("From", accusation.from, out);
    write("Incarnation", accusation.incarnation, out);
    write_text("Node", accusation.node, out);
}

// ---- reading ----

template <std::unsigned_integral Width>
bool read(MsgpackReader& in, Width& value) {
    std::uint64_t wide = 0;
    const bool ok = in.read_uint(wide, std::numeric_limits<Width>::max());
    value = static_cast<Width>(wide);
    return ok;
}

using In = MsgpackReader;

// One field of a body: its name on the wire, and how its value is read.
template <class T>
struct Field {
    BytesView name;
    bool (*read)(In& in, T& body);
};

// The fields of each body, in the order in which the reference declares them: that is the order of
// the array form (docs/protocol/memberlist.md section 2.3).
template <class T>
struct Layout;

template <>
struct Layout<Ping> {
    static constexpr const char* name = "ping";
    static constexpr Field<Ping> fields[] = {
        {"SeqNo", [](In& in, Ping& ping) { return read(in, ping.sequence); }},
        {"Node", [](In& in, Ping& ping) { return in.read_string(ping.node); }},
        {"SourceAddr", [](In& in, Ping& ping) { return in.read_bytes(ping.source.ip); }},
        {"SourcePort", [](In& in, Ping& ping) { return read(in, ping.source.port); }},
        {"SourceNode", [](In& in, Ping& ping) { return in.read_string(ping.source.node); }},
    };
};

template <>
struct Layout<IndirectPing> {
    static constexpr const char* name = "indirectPing";
    static constexpr Field<IndirectPing> fields[] = {
        {"SeqNo", [](In& in, IndirectPing& ping) { return read(in, ping.sequence); }},
        {"Target", [](In& in, IndirectPing& ping) { return in.read_bytes(ping.target_ip); }},
        {"Port", [](In& in, IndirectPing& ping) { return read(in, ping.target_port); }},
        {"Node", [](In& in, IndirectPing& ping) { return in.read_string(ping.node); }},
        {"Nack", [](In& in, IndirectPing& ping) { return in.read_bool(ping.nack); }},
        {"SourceAddr", [](In& in, IndirectPing& ping) { return in.read_bytes(ping.source.ip); }},
        {"SourcePort", [](In& in, IndirectPing& ping) { return read(in, ping.source.port); }},
        {"SourceNode", [](In& in, IndirectPing& ping) { return in.read_string(ping.source.node); }},
    };
};

template <>
struct Layout<Ack> {
    static constexpr const char* name = "ackResp";
    static constexpr Field<Ack> fields[] = {
        {"SeqNo", [](In& in, Ack& ack) { return read(in, ack.sequence); }},
        {"Payload", [](In& in, Ack& ack) { return in.read_bytes(ack.payload); }},
    };
};

template <>
struct Layout<Nack> {
    static constexpr const char* name = "nackResp";
    static constexpr Field<Nack> fields[] = {
        {"SeqNo", [](In& in, Nack& nack) { return read(in, nack.sequence); }},
    };
};

template <>
struct Layout<Suspect> {
    static constexpr const char* name = "suspect";
    static constexpr Field<Suspect> fields[] = {
        {"Incarnation", [](In& in, Suspect& suspect) { return read(in, suspect.incarnation); }},
        {"Node", [](In& in, Suspect& suspect) { return in.read_string(suspect.node); }},
        {"From", [](In& in, Suspect& suspect) { return in.read_string(suspect.from); }},
    };
};

template <>
struct Layout<Alive> {
    static constexpr const char* name = "alive";
    static constexpr Field<Alive> fields[] = {
        {"Incarnation", [](In& in, Alive& alive) { return read(in, alive.incarnation); }},
        {"Node", [](In& in, Alive& alive) { return in.read_string(alive.node); }},
        {"Addr", [](In& in, Alive& alive) { return in.read_bytes(alive.ip); }},
        {"Port", [](In& in, Alive& alive) { return read(in, alive.port); }},
        {"Meta", [](In& in, Alive& alive) { return in.read_bytes(alive.meta); }},
        {"Vsn", [](In& in, Alive& alive) { return in.read_bytes(alive.vsn); }},
    };
};

template <>
struct Layout<Dead> {
    static constexpr const char* name = "dead";
    static constexpr Field<Dead> fields[] = {
        {"Incarnation", [](In& in, Dead& dead) { return read(in, dead.incarnation); }},
        {"Node", [](In& in, Dead& dead) { return in.read_string(dead.node); }},
        {"From", [](In& in, Dead& dead) { return in.read_string(dead.from); }},
    };
};

template <>
struct Layout<PushPullHeader> {
    static constexpr const char* name = "pushPull";
    static constexpr Field<PushPullHeader> fields[] = {
        {"Nodes", [](In& in, PushPullHeader& header) { return in.read_int(header.nodes); }},
        {"UserStateLen",
         [](In& in, PushPullHeader& header) { return in.read_int(header.user_state_size); }},
        {"Join", [](In& in, PushPullHeader& header) { return in.read_bool(header.join); }},
    };
};

template <>
struct Layout<NodeState> {
    static constexpr const char* name = "node state";
    static constexpr Field<NodeState> fields[] = {
        {"Name", [](In& in, NodeState& node) { return in.read_string(node.name); }},
        {"Addr", [](In& in, NodeState& node) { return in.read_bytes(node.ip); }},
        {"Port", [](In& in, NodeState& node) { return read(in, node.port); }},
        {"Meta", [](In& in, NodeState& node) { return in.read_bytes(node.meta); }},
        {"Incarnation", [](In& in, NodeState& node) { return read(in, node.incarnation); }},
        {"State", [](In& in, NodeState& node) { return in.read_int(node.state); }},
        {"Vsn", [](In& in, NodeState& node) { return in.read_bytes(node.vsn); }},
    };
};

template <>
struct Layout<StreamUserHeader> {
    static constexpr const char* name = "user";
    static constexpr Field<StreamUserHeader> fields[] = {
        {"UserMsgLen", [](In& in, StreamUserHeader& header) { return in.read_int(header.size); }},
    };
};

template <>
struct Layout<RemoteError> {
    static constexpr const char* name = "err";
    static constexpr Field<RemoteError> fields[] = {
        {"Error", [](In& in, RemoteError& error) { return in.read_string(error.text); }},
    };
};

template <>
struct Layout<CompressBody> {
    static constexpr const char* name = "compress";
    static constexpr Field<CompressBody> fields[] = {
        {"Algo", [](In& in, CompressBody& body) { return read(in, body.algorithm); }},
        {"Buf", [](In& in, CompressBody& body) { return in.read_bytes(body.buffer); }},
    };
};

// What stopped a reader, with the body and the field in which it did.
Error trouble(const char* body, BytesView field, const MsgpackReader& in) {
    std::string text = body;
    if (!field.empty()) {
        text.append(" ").append(field);
    }
    return {text.append(": ").append(in.reason())};
}

template <class T>
Result<Message> decode_as(BytesView body, Scratch& scratch) {
    MsgpackReader in(body, scratch);
    auto result = read_body<T>(in);
    if (!result) {
        return Error{result.error().text};
    }
    return Message(*result);
}

}  // namespace

void encode(const Ping& ping, Bytes& out) {
    begin(MessageType::Ping, 2 + fields_of(ping.source), out);
    write_text("Node", ping.node, out);
    write("SeqNo", ping.sequence, out);
    write(ping.source, out);
}

void encode(const IndirectPing& ping, Bytes& out) {
    begin(MessageType::IndirectPing, 5 + fields_of(ping.source), out);
    write_string("Nack", out);
    write_bool(ping.nack, out);
    write_text("Node", ping.node, out);
    write("Port", ping.target_port, out);
    write("SeqNo", ping.sequence, out);
    write(ping.source, out);
    write_octets("Target", ping.target_ip, out);
}

void encode(const Ack& ack, Bytes& out) {
    begin(MessageType::Ack, 2, out);
    write_octets("Payload", ack.payload, out);
    write("SeqNo", ack.sequence, out);
}

void encode(const Nack& nack, Bytes& out) {
    begin(MessageType::Nack, 1, out);
    write("SeqNo", nack.sequence, out);
}

void encode(const Suspect& suspect, Bytes& out) {
    write_accusation(MessageType::Suspect, suspect, out);
}

void encode(const Alive& alive, Bytes& out) {
    begin(MessageType::Alive, 6, out);
    write_octets("Addr", alive.ip, out);
    write("Incarnation", alive.incarnation, out);
    write_octets("Meta", alive.meta, out);
    write_text("Node", alive.node, out);
    write("Port", alive.port, out);
    write_octets("Vsn", alive.vsn, out);
}

void encode(const Dead& dead, Bytes& out) {
    write_accusation(MessageType::Dead, dead, out);
}

void encode(const User& user, Bytes& out) {
    out.push_back(static_cast<char>(MessageType::User));
    out.append(user.payload);
}

void encode(const RemoteError& error, Bytes& out) {
    begin(MessageType::Error, 1, out);
    write_text("Error", error.text, out);
}

void encode_push_pull_header(bool join, std::size_t nodes, std::size_t user_state_size,
                             Bytes& out) {
    begin(MessageType::PushPull, 3, out);
    write_string("Join", out);
    write_bool(join, out);
    write("Nodes", nodes, out);
    write("UserStateLen", user_state_size, out);
}

void encode(const NodeState& node, Bytes& out) {
    MUSTER_ASSERT(node.state >= 0);
    write_map(7, out);
    write_octets("Addr", node.ip, out);
    write("Incarnation", node.incarnation, out);
    write_octets("Meta", node.meta, out);
    write_text("Name", node.name, out);
    write("Port", node.port, out);
    write("State", static_cast<std::uint64_t>(node.state), out);
    write_octets("Vsn", node.vsn, out);
}

void encode_stream_user(BytesView payload, Bytes& out) {
    begin(MessageType::User, 1, out);
    write("UserMsgLen", payload.size(), out);
    out.append(payload);
}

void encode_compress_header(std::size_t lzw_size, Bytes& out) {
    begin(MessageType::Compress, 2, out);
    write("Algo", lzw_algorithm, out);
    write_string("Buf", out);
    write_string_head(lzw_size, out);
}

template <class T>
Result<T> read_body(MsgpackReader& in) {
    T body;
    MsgpackReader::Container container;
    if (!in.read_container(container)) {
        return trouble(Layout<T>::name, {}, in);
    }
    const auto& fields = Layout<T>::fields;
    for (std::size_t i = 0; i < container.entries; ++i) {
        const Field<T>* field = i < std::size(fields) ? &fields[i] : nullptr;
        if (container.is_map) {
            BytesView key;
            if (!in.read_string(key)) {
                return trouble(Layout<T>::name, "key", in);
            }
            field = std::find_if(std::begin(fields), std::end(fields),
                                 [key](const Field<T>& known) { return known.name == key; });
            field = field == std::end(fields) ? nullptr : field;
        }
        if (field == nullptr ? !in.skip() : !field->read(in, body)) {
            const BytesView name = field == nullptr ? "unknown field" : field->name;
            return trouble(Layout<T>::name, name, in);
        }
    }
    return body;
}

template Result<Ping> read_body(MsgpackReader& in);
template Result<IndirectPing> read_body(MsgpackReader& in);
template Result<Ack> read_body(MsgpackReader& in);
template Result<Nack> read_body(MsgpackReader& in);
template Result<Suspect> read_body(MsgpackReader& in);
template Result<Alive> read_body(MsgpackReader& in);
template Result<Dead> read_body(MsgpackReader& in);
template Result<NodeState> read_body(MsgpackReader& in);
template Result<RemoteError> read_body(MsgpackReader& in);
template Result<CompressBody> read_body(MsgpackReader& in);
template Result<PushPullHeader> read_body(MsgpackReader& in);
template Result<StreamUserHeader> read_body(MsgpackReader& in);

Result<Message> decode_message(BytesView bytes, Scratch& scratch) {
    if (bytes.empty()) {
        return Error{"expected a message, found no bytes"};
    }
    const BytesView body = bytes.substr(1);
    switch (static_cast<MessageType>(octet(bytes[0]))) {
        case MessageType::Ping:
            return decode_as<Ping>(body, scratch);
        case MessageType::IndirectPing:
            return decode_as<IndirectPing>(body, scratch);
        case MessageType::Ack:
            return decode_as<Ack>(body, scratch);
        case MessageType::Nack:
            return decode_as<Nack>(body, scratch);
        case MessageType::Suspect:
            return decode_as<Suspect>(body, scratch);
        case MessageType::Alive:
            return decode_as<Alive>(body, scratch);
        case MessageType::Dead:
            return decode_as<Dead>(body, scratch);
        case MessageType::User:
            return Message(User{body});
        default:
            return Error{"expected a message, found type " + std::to_string(octet(bytes[0]))};
    }
}

}  // namespace muster::swim
