// A decoded message written again: how tests and fuzz targets compare what was read.
#pragma once

#include <algorithm>
#include <variant>

#include "swim/codec.h"

namespace muster::swim::test {

inline Bytes rewritten(const Message& message) {
    Bytes out;
    std::visit([&out](const auto& value) { encode(value, out); }, message);
    return out;
}

// The bytes of a stream that says the same.
inline Bytes rewritten(const StreamMessage& message) {
    Bytes out;
    if (const auto* exchange = std::get_if<PushPull>(&message)) {
        encode_push_pull_header(exchange->join, exchange->nodes.size(), exchange->user_state.size(),
                                out);
        for (NodeState node : exchange->nodes) {
            node.state = std::max<std::int64_t>(node.state, 0);  // only a stranger sends less
            encode(node, out);
        }
        out.append(exchange->user_state);
    } else if (const auto* user = std::get_if<User>(&message)) {
        encode_stream_user(user->payload, out);
    } else if (const auto* ping = std::get_if<Ping>(&message)) {
        encode(*ping, out);
    } else if (const auto* ack = std::get_if<Ack>(&message)) {
        encode(*ack, out);
    } else {
        encode(std::get<RemoteError>(message), out);
    }
    return out;
}

}  // namespace muster::swim::test
