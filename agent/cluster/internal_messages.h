// What stands in the payloads of Serf's own queries and of their answers, as values and as bytes
// (docs/protocol/serf.md sections 2 and 9): who holds a name, and the keys.
//
// Written exactly as the reference writes them, read as leniently as it reads them. Decoded values
// are views into the payload, and die with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/application.h"
#include "agent/cluster/messages.h"
#include "agent/cluster/status.h"
#include "agent/cluster/tags.h"
#include "swim/bytes.h"
#include "swim/message.h"
#include "swim/result.h"

namespace muster::cluster {

inline constexpr BytesView conflict_query = "_serf_conflict";

// One member as the answer to `_serf_conflict` gives it.
struct MemberRecord {
    BytesView ip;
    std::uint16_t port = 0;
    BytesView name;
    Status status = Status::None;
    Tags tags;
    swim::Versions versions;
};

// Each appends a whole payload, type byte included. No record: the member is not known.
void encode_conflict_response(const std::optional<MemberRecord>& record, Bytes& out);
void encode_key_request(BytesView key, Bytes& out);
// `list`: the answer has keys, the first of which is the primary one.
void encode_key_response(const KeyAnswer& answer, bool list, Bytes& out);

// Of a record only address and status are read: nothing else is asked of it.
Result<std::optional<MemberRecord>> decode_conflict_response(BytesView payload);
// Its first byte is passed over, as the reference does; an empty payload is an error.
Result<BytesView> decode_key_request(BytesView payload);

struct KeyResponse {
    bool result = false;
    std::string message;
    std::vector<std::string> keys;
    std::string primary;  // empty from older releases
};
inline constexpr std::size_t max_keys = 4096;  // in one response
// The errors are worded as the reference reports them.
Result<KeyResponse> decode_key_response(BytesView payload);

}  // namespace muster::cluster
