// Any bytes as a compressed stream, and as a text to compress.
#include <cstddef>
#include <cstdint>

#include "swim/assert.h"
#include "swim/lzw.h"

using namespace muster;
using namespace muster::swim;

namespace {

constexpr std::size_t limit = std::size_t{16} * 1024;

void check_round_trip(BytesView plain) {
    Bytes stream;
    lzw_compress(plain, stream);
    MUSTER_ASSERT(stream.size() <= lzw_bound(plain.size()));
    Bytes back;
    const auto size = lzw_decompress(stream, plain.size(), back);
    MUSTER_ASSERT(size.has_value() && *size == plain.size() && back == plain);
    if (!plain.empty()) {
        MUSTER_ASSERT(!lzw_decompress(stream, plain.size() - 1, back).has_value());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const BytesView input(reinterpret_cast<const char*>(bytes), size);
    Bytes plain = "kept";
    const auto decompressed = lzw_decompress(input, limit, plain);
    MUSTER_ASSERT(plain.starts_with("kept"));
    MUSTER_ASSERT(plain.size() - 4 == (decompressed ? *decompressed : 0));
    check_round_trip(plain);
    check_round_trip(input.substr(0, limit));

    // Stretched with bytes that never repeat themselves, so that short inputs fill the table, too.
    Bytes stretched;
    auto noise = static_cast<std::uint32_t>(size);
    while (stretched.size() < 8192 && !input.empty()) {
        noise = noise * 1664525U + 1013904223U;
        stretched.push_back(input[stretched.size() % input.size()]);
        stretched.push_back(static_cast<char>(noise >> 24U));
    }
    check_round_trip(stretched);
    return 0;
}
