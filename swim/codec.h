// memberlist's messages as bytes: type byte and msgpack body, written exactly as the reference
// writes them (keys sorted, shortest forms, the old raw family), read as leniently as it reads them
// (docs/protocol/memberlist.md sections 2 and 3).
//
// All of it is by hand: ping, ack, nack, suspect, alive and dead are the hot path of the daemon.
#pragma once

#include <deque>

#include "swim/bytes.h"
#include "swim/message.h"
#include "swim/result.h"

namespace muster::swim {

// Owns what a decoded message cannot point at in its packet: a byte field that was sent as an array
// of small integers (accepted, never sent by the reference).
using Scratch = std::deque<Bytes>;

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
void encode(const NodeState& node, Bytes& out);
// Appends a user message as a stream carries it: header, then the payload.
void encode_stream_user(BytesView payload, Bytes& out);

// Decodes one message that is not a wrapper, type byte first. Bytes after its body are ignored.
// Errors name message, field, expectation and what was found.
Result<Message> decode_message(BytesView bytes, Scratch& scratch);

}  // namespace muster::swim
