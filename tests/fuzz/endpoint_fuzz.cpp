// Any bytes as what a person types for an address, and as an address from the wire.
#include <cstddef>
#include <cstdint>

#include "swim/assert.h"
#include "swim/endpoint.h"

using namespace muster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const BytesView text(reinterpret_cast<const char*>(bytes), size);
    if (const auto endpoint = Endpoint::parse(text, 7946)) {
        const auto again = Endpoint::parse(endpoint->to_string(), 1);
        MUSTER_ASSERT(again.has_value() && again->plain() == endpoint->plain());
    }
    if (const auto endpoint = Endpoint::from_bytes(text, 7946)) {
        MUSTER_ASSERT(endpoint->ip() == text);
        MUSTER_ASSERT(Endpoint::parse(endpoint->to_string(), 1)->same_host(*endpoint));
        MUSTER_ASSERT(endpoint->plain().mapped().plain() == endpoint->plain());
    }
    return 0;
}
