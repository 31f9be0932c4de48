// The one hash of the ring: XXH3, 64 bits, seed 0 (docs/ring.md, "Hash"). Part of the function's
// specification: another hash, or another seed, is another ring.
//
// The library is compiled into hash.cpp, and included nowhere else.
#pragma once

#include <cstdint>

#include "swim/bytes.h"

namespace muster::ring {

std::uint64_t xxh3_64(BytesView bytes);

// Appends little-endian, as everything that is hashed here is written.
void append_u16(std::uint64_t value, Bytes& out);
void append_u32(std::uint64_t value, Bytes& out);
void append_u64(std::uint64_t value, Bytes& out);

// XXH3(prefix || u32le(j)) for one prefix and many j, without copying the prefix again.
class HashSeries {
public:
    // The prefix is one after the other.
    void begin(BytesView first, BytesView second = {});
    // REQUIRES: begin()
    std::uint64_t operator()(std::uint32_t j);

private:
    Bytes buffer_;  // the prefix, and the last j
};

}  // namespace muster::ring
