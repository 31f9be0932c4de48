// Any bytes as what Serf puts into memberlist's messages: intents, the state of a push/pull, tags,
// coordinates. What decodes can be written and read again, and then is the same.
#include <cstddef>
#include <cstdint>

#include "agent/cluster/coordinate.h"
#include "agent/cluster/messages.h"
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
    tags(input);
    coordinates(input);
    return 0;
}
