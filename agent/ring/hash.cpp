#include "agent/ring/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace muster::ring {
namespace {

void append(std::uint64_t value, unsigned width, Bytes& out) {
    for (unsigned i = 0; i < width; ++i) {
        out.push_back(static_cast<char>(value >> (8U * i)));
    }
}

}  // namespace

std::uint64_t xxh3_64(BytesView bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

void append_u16(std::uint64_t value, Bytes& out) {
    append(value, 2, out);
}

void append_u32(std::uint64_t value, Bytes& out) {
    append(value, 4, out);
}

void append_u64(std::uint64_t value, Bytes& out) {
    append(value, 8, out);
}

void HashSeries::begin(BytesView first, BytesView second) {
    buffer_.assign(first);
    buffer_.append(second);
    buffer_.append(4, '\0');
}

std::uint64_t HashSeries::operator()(std::uint32_t j) {
    char* const at = buffer_.data() + buffer_.size() - 4;
    for (unsigned i = 0; i < 4; ++i) {
        at[i] = static_cast<char>(j >> (8U * i));
    }
    return xxh3_64(buffer_);
}

}  // namespace muster::ring
