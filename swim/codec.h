// memberlist's messages as bytes: type byte and msgpack body, written exactly as the reference
// writes them (keys sorted, shortest forms, the old raw family), read as leniently as it reads them
// (docs/protocol/memberlist.md sections 2 and 3).
//
// All of it is by hand: ping, ack, nack, suspect, alive and dead are the hot path of the daemon.
#pragma once

#include <cstddef>
#include <cstdint>

#include "swim/bytes.h"
#include "swim/message.h"
#include "swim/msgpack.h"
#include "swim/result.h"

namespace muster::swim {

// Each appends one complete message, type byte included.
void encode(const Ping& ping, Bytes& out);
void encode(const IndirectPing& ping, Bytes& out);
void encode(const Ack& ack, Bytes& out);  // an empty payload is written as nil
void encode(const Nack& nack, Bytes& out);
void encode(const Suspect& suspect, Bytes& out);
void encode(const Alive& alive, Bytes& out);  // empty meta is written as nil
void encode(const Dead& dead, Bytes& out);
void encode(const User& user, Bytes& out);
void encode(const RemoteError& error, Bytes& out);

// Appends a push/pull's type byte and header; nodes and user_state follow it on the stream.
void encode_push_pull_header(bool join, std::size_t nodes, std::size_t user_state_size, Bytes& out);
void encode(const NodeState& node, Bytes& out);  // REQUIRES: node.state >= 0
// Appends a user message as a stream carries it: header, then the payload.
void encode_stream_user(BytesView payload, Bytes& out);

// Appends the compression wrapper around the LZW stream that follows it: type byte, fields, and the
// head of the last one.
void encode_compress_header(std::size_t lzw_size, Bytes& out);

// Decodes one message that is not a wrapper, type byte first. Bytes after its body are ignored.
// Errors name message, field, expectation and what was found.
Result<Message> decode_message(BytesView bytes, Scratch& scratch);

// The bodies that only wrappers and streams have. The numbers are as sent: the decoder that uses
// them holds them against its limits.
struct CompressBody {
    std::uint8_t algorithm = 0;
    BytesView buffer;
};
struct PushPullHeader {
    bool join = false;
    std::int64_t nodes = 0;
    std::int64_t user_state_size = 0;
};
struct StreamUserHeader {
    std::int64_t size = 0;
};

inline constexpr std::uint8_t lzw_algorithm = 0;  // the only one there is (section 6.1)

// Reads one body (a map, an array or nil, without a type byte) and leaves `in` behind it. T is any
// message above but User, or NodeState, RemoteError, or one of these three structs. Errors are
// those of decode_message.
template <class T>
Result<T> read_body(MsgpackReader& in);

}  // namespace muster::swim
