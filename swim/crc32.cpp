#include "swim/crc32.h"

#include <array>
#include <cstddef>

namespace muster::swim {

namespace {

constexpr std::size_t slices = 4;
using Tables = std::array<std::array<std::uint32_t, 256>, slices>;

// tables[k][b] is the checksum's change by byte b with k zero bytes after it, so that four bytes
// are taken per step ("slicing"): every packet that is gossiped passes through here twice.
constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
        }
        tables[0][byte] = crc;
    }
    for (std::size_t slice = 1; slice < slices; ++slice) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = tables[slice - 1][byte];
            tables[slice][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
        }
    }
    return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32(BytesView bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    std::size_t i = 0;
    for (; bytes.size() - i >= slices; i += slices) {
        crc ^= static_cast<std::uint32_t>(octet(bytes[i])) |
               static_cast<std::uint32_t>(octet(bytes[i + 1])) << 8U |
               static_cast<std::uint32_t>(octet(bytes[i + 2])) << 16U |
               static_cast<std::uint32_t>(octet(bytes[i + 3])) << 24U;
        crc = tables[3][crc & 0xFFU] ^ tables[2][(crc >> 8U) & 0xFFU] ^
              tables[1][(crc >> 16U) & 0xFFU] ^ tables[0][crc >> 24U];
    }
    for (; i < bytes.size(); ++i) {
        crc = (crc >> 8U) ^ tables[0][(crc ^ octet(bytes[i])) & 0xFFU];
    }
    return ~crc;
}

}  // namespace muster::swim
