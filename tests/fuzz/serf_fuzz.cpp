// Any bytes as what Serf puts into memberlist's messages: intents, the state of a push/pull,
// events, queries and their answers, filters, keys, tags, coordinates. What decodes can be written
// and read again, and then is the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "agent/cluster/coordinate.h"
#include "agent/cluster/internal_messages.h"
#include "agent/cluster/messages.h"
#include "agent/cluster/query_filters.h"
#include "agent/cluster/query_messages.h"
#include "agent/cluster/tags.h"
#include "swim/assert.h"

using namespace muster;
using namespace muster::cluster;

namespace {

template <class Message>
Bytes written(const Message& message) {
    Bytes bytes;
    encode(message, bytes);
    return bytes;
}

void intents(BytesView bytes) {
    if (const auto leave = decode_leave(bytes)) {
        const Bytes once = written(*leave);
        const auto again = decode_leave(once);
        MUSTER_ASSERT(again && written(*again) == once);
    }
    if (const auto join = decode_join(bytes)) {
        const Bytes once = written(*join);
        const auto again = decode_join(once);
        MUSTER_ASSERT(again && written(*again) == once);
    }
}

void push_pull(BytesView bytes) {
    swim::Scratch scratch;
    if (const auto state = decode_push_pull(bytes, scratch)) {
        const Bytes once = written(*state);
        const auto again = decode_push_pull(once, scratch);
        MUSTER_ASSERT(again && written(*again) == once);
    }
}

// One message, by its two functions.
template <class Decode>
void goes_round(BytesView bytes, Decode decode) {
    swim::Scratch scratch;
    if (const auto message = decode(bytes, scratch)) {
        const Bytes once = written(*message);
        const auto again = decode(once, scratch);
        MUSTER_ASSERT(again && written(*again) == once);
    }
}

void queries(BytesView bytes) {
    goes_round(bytes, decode_user_event);
    // A negative timeout is read, as by the reference, and written by nobody.
    goes_round(bytes, [](BytesView message, swim::Scratch& scratch) {
        Result<Query> query = decode_query(message, scratch);
        if (query) {
            query->timeout = std::max(query->timeout, Duration::zero());
        }
        return query;
    });
    goes_round(bytes, decode_query_response);
    goes_round(bytes, decode_relay);
    filters_match({bytes}, "n0", {{"role", "web"}, {"", Bytes(bytes.substr(0, 64))}});
}

void internal(BytesView bytes) {
    if (const auto record = decode_conflict_response(bytes)) {
        Bytes once;
        encode_conflict_response(*record, once);
        const auto again = decode_conflict_response(once);
        MUSTER_ASSERT(again && again->has_value() == record->has_value());
    }
    if (const auto key = decode_key_request(bytes)) {
        Bytes once;
        encode_key_request(*key, once);
        MUSTER_ASSERT(*decode_key_request(once) == *key);
    }
    if (const auto response = decode_key_response(bytes)) {
        Bytes once;
        encode_key_response({response->result, response->message, response->keys}, true, once);
        MUSTER_ASSERT(decode_key_response(once)->keys == response->keys);
    }
}

void tags(BytesView bytes) {
    const Tags decoded = decode_tags(bytes);
    if (const auto once = encode_tags(decoded)) {
        MUSTER_ASSERT(decode_tags(*once) == decoded);
    }
}

void coordinates(BytesView bytes) {
    if (const auto coordinate = decode_ack_payload(bytes)) {
        Bytes once;
        encode_ack_payload(*coordinate, once);
        const auto again = decode_ack_payload(once);
        MUSTER_ASSERT(again && again->is_valid() == coordinate->is_valid());
        MUSTER_ASSERT(!coordinate->is_valid() || *again == *coordinate);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const BytesView input(reinterpret_cast<const char*>(bytes), size);
    intents(input);
    push_pull(input);
    queries(input);
    internal(input);
    tags(input);
    coordinates(input);
    return 0;
}
