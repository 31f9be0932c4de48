// Keys that a test can tell apart, and rings of them.
#pragma once

#include <string_view>

#include "swim/assert.h"
#include "swim/keyring.h"

namespace muster::test {

inline swim::Key key_of(char fill, std::size_t size = 16) {
    return *swim::Key::from_bytes(Bytes(size, fill));
}

// A key for each letter, the primary first.
inline swim::Keyring ring_of(std::string_view fills) {
    swim::Keyring ring;
    for (const char fill : fills) {
        MUSTER_ASSERT(!ring.install(key_of(fill)));
    }
    return ring;
}

// Its keys by their first byte.
inline std::string order(const swim::Keyring& ring) {
    std::string fills;
    for (const swim::Key& each : ring.keys()) {
        fills += each.bytes()[0];
    }
    return fills;
}

}  // namespace muster::test
