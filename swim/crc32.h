// CRC-32 as zlib computes it (IEEE, reflected polynomial 0xEDB88320): the checksum of memberlist's
// CRC wrapper (docs/protocol/memberlist.md section 1.3). It finds line noise; it keeps nobody out.
#pragma once

#include <cstdint>

#include "swim/bytes.h"

namespace muster::swim {

std::uint32_t crc32(BytesView bytes);

}  // namespace muster::swim
