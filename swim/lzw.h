// LZW as Go's compress/lzw writes it: least significant bit first, 8-bit literals, codes of 9 to 12
// bits. Not the TIFF variant, not compress(1)'s. No C or C++ library has it
// (docs/protocol/memberlist.md section 6).
#pragma once

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::swim {

// Appends the compressed form of `plain`, byte for byte what Go's encoder writes.
void lzw_compress(BytesView plain, Bytes& out);

// Appends the plaintext of `compressed` to out. An error, with out as it was, if the stream is
// broken or its plaintext exceeds `limit` bytes.
Result<std::size_t> lzw_decompress(BytesView compressed, std::size_t limit, Bytes& out);

}  // namespace muster::swim
