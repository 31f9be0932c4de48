#include "swim/crc32.h"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("the checksum is zlib's CRC-32, at every length and alignment") {
    CHECK(swim::crc32("") == 0);
    CHECK(swim::crc32("a") == 0xE8B7BE43);
    CHECK(swim::crc32("abc") == 0x352441C2);
    CHECK(swim::crc32("123456789") == 0xCBF43926);
    CHECK(swim::crc32("The quick brown fox jumps over the lazy dog") == 0x414FA339);

    // Bit by bit, as the polynomial is defined.
    const auto by_definition = [](BytesView bytes) {
        std::uint32_t crc = 0xFFFFFFFF;
        for (const char c : bytes) {
            crc ^= octet(c);
            for (int bit = 0; bit < 8; ++bit) {
                crc = (crc >> 1U) ^ ((crc & 1U) * 0xEDB88320U);
            }
        }
        return ~crc;
    };
    Bytes bytes;
    for (unsigned i = 0; i < 70; ++i) {
        CHECK(swim::crc32(bytes) == by_definition(bytes));
        bytes.push_back(static_cast<char>(i * 37 + 200));
        CHECK(swim::crc32(BytesView(bytes).substr(i % 5)) ==
              by_definition(BytesView(bytes).substr(i % 5)));
    }
}
