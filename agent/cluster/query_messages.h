// User events, queries and their answers as values and as bytes (docs/protocol/serf.md sections 2,
// 8 and 9).
//
// Written exactly as the reference writes them, read as leniently as it reads them. Decoded
// messages are views into the bytes they came from (or into the scratch space), and die with them.
// Only form is checked here.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/cluster/lamport.h"
#include "agent/cluster/messages.h"
#include "agent/cluster/tags.h"
#include "swim/bytes.h"
#include "swim/codec.h"
#include "swim/message.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::cluster {

// Bytes that may be absent: nil and empty differ on the wire, and mean the same.
using Payload = std::optional<BytesView>;

struct UserEvent {
    bool coalesce = false;  // receivers may
    LamportTime ltime = 0;
    BytesView name;
    Payload payload;
};

inline constexpr std::uint32_t query_wants_ack = 1;
inline constexpr std::uint32_t query_is_not_rebroadcast = 2;

struct Query {
    BytesView ip;  // the querier's advertised one, 4 or 16 bytes
    std::uint16_t port = 0;
    std::vector<BytesView> filters;  // each a kind byte and an object; empty: sent as nil
    std::uint32_t flags = 0;
    std::uint32_t id = 0;
    LamportTime ltime = 0;
    BytesView name;
    Payload payload;
    std::uint8_t relay_factor = 0;
    BytesView source;  // the querier's name; empty from old releases
    Duration timeout{};
};

inline constexpr std::uint32_t response_is_ack = 1;

struct QueryResponse {
    std::uint32_t flags = 0;
    BytesView from;
    std::uint32_t id = 0;
    LamportTime ltime = 0;
    Payload payload;
};

// A response that is to be passed on: `inner` is a complete message.
struct Relay {
    BytesView ip;
    std::uint16_t port = 0;
    BytesView name;
    BytesView inner;
};

// One condition of a query's.
struct NodeFilter {
    std::vector<BytesView> names;
};
struct TagFilter {
    BytesView tag;
    BytesView expression;  // RE2 syntax, searched anywhere in the value
};

inline constexpr std::size_t max_filters = 1024;
inline constexpr std::size_t max_filter_names = 65536;

// Each appends one complete message, type byte included.
void encode(const UserEvent& event, Bytes& out);
void encode(const Query& query, Bytes& out);
void encode(const QueryResponse& response, Bytes& out);
void encode(const Relay& relay, Bytes& out);
// Each appends one filter, kind byte included.
void encode(const NodeFilter& filter, Bytes& out);
void encode(const TagFilter& filter, Bytes& out);

Result<UserEvent> decode_user_event(BytesView message, swim::Scratch& scratch);
Result<Query> decode_query(BytesView message, swim::Scratch& scratch);
Result<QueryResponse> decode_query_response(BytesView message, swim::Scratch& scratch);
Result<Relay> decode_relay(BytesView message, swim::Scratch& scratch);

// What a filter asks for; nothing if it does not decode or is of an unknown kind.
struct Filter {
    std::optional<NodeFilter> node;
    std::optional<TagFilter> tag;
};
Filter decode_filter(BytesView filter);

}  // namespace muster::cluster
