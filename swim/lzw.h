// LZW as Go's compress/lzw writes it: least significant bit first, 8-bit literals, codes of 9 to 12
// bits. Not the TIFF variant, not compress(1)'s. No C or C++ library has it
// (docs/protocol/memberlist.md section 6).
//
// Both directions keep their tables on the stack (32 KiB at most) and nothing between calls, so
// they may be called from any thread. A kilobyte of hostile bytes can hold a megabyte: hence the
// limit.
#pragma once

#include <cstddef>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::swim {

// The most that lzw_compress() appends for `size` bytes: 12 bits each, and some for clear and end.
constexpr std::size_t lzw_bound(std::size_t size) {
    return 2 * size + 8;
}

// Appends the compressed form of `plain`, byte for byte what Go's encoder writes. `plain` may stand
// in `out` itself if `out` has room for lzw_bound() more.
void lzw_compress(BytesView plain, Bytes& out);

// Appends the plaintext of `compressed` to out. An error, with out as it was, if the stream is
// broken or its plaintext exceeds `limit` bytes. Bytes after the end code are ignored.
// REQUIRES: limit < 4 GiB
Result<std::size_t> lzw_decompress(BytesView compressed, std::size_t limit, Bytes& out);

}  // namespace muster::swim
