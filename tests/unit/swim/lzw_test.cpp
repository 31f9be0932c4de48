#include "swim/lzw.h"

#include <catch2/catch.hpp>

#include "swim/random.h"
#include "tests/unit/swim/vectors.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::test;

namespace {

Bytes compressed(BytesView plain) {
    Bytes out;
    lzw_compress(plain, out);
    return out;
}

void check_round_trip(BytesView plain) {
    const Bytes stream = compressed(plain);
    CHECK(stream.size() <= lzw_bound(plain.size()));
    Bytes back;
    const auto size = lzw_decompress(stream, plain.size(), back);
    REQUIRE(size);
    CHECK(*size == plain.size());
    CHECK((back == plain));
}

std::string trouble(BytesView stream, std::size_t limit) {
    Bytes out = "kept";
    const auto size = lzw_decompress(stream, limit, out);
    CHECK(out.starts_with("kept"));
    if (size) {
        return "none, " + std::to_string(*size) + " bytes";
    }
    CHECK(out == "kept");
    return size.error().text;
}

}  // namespace

TEST_CASE("random texts of every size and variety come back") {
    const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U);
    CAPTURE(seed);
    Random random(seed);
    for (const std::uint64_t alphabet : {1U, 2U, 3U, 16U, 256U}) {
        for (const std::uint64_t bound : {10U, 300U, 2000U, 30000U}) {
            Bytes plain;
            for (auto left = random.below(bound); left > 0; --left) {
                plain.push_back(static_cast<char>(random.below(alphabet)));
            }
            check_round_trip(plain);
        }
    }
}

TEST_CASE("what was appended to before stays as it was") {
    Bytes out = "head";
    lzw_compress("hello hello hello", out);
    CHECK(out.substr(0, 4) == "head");
    CHECK(out.substr(4) == compressed("hello hello hello"));
    Bytes plain = "head";
    REQUIRE(lzw_decompress(BytesView(out).substr(4), 100, plain));
    CHECK(plain == "headhello hello hello");
}

TEST_CASE("the limit is on the plaintext, exactly, and nothing is left of one that exceeds it") {
    const Bytes zeros = compressed(Bytes(100'000, '\0'));
    CHECK(zeros.size() < 1000);
    CHECK(trouble(zeros, 100'000) == "none, 100000 bytes");
    CHECK(trouble(zeros, 99'999) == "LZW: the plaintext exceeds 99999 bytes");
    CHECK(trouble(zeros, 0) == "LZW: the plaintext exceeds 0 bytes");
    CHECK(trouble(compressed(""), 0) == "none, 0 bytes");
}

TEST_CASE("the limit holds for a code that defines itself, too") {
    for (std::size_t size = 1; size < 50; ++size) {
        const Bytes run = compressed(Bytes(size, 'a'));
        CHECK(trouble(run, size) == "none, " + std::to_string(size) + " bytes");
        CHECK(trouble(run, size - 1).ends_with("exceeds " + std::to_string(size - 1) + " bytes"));
    }
}

TEST_CASE("when the table is full without a clear, all its codes still mean what they meant") {
    // Clear, 'a', and every code there is, each at the moment at which it defines itself: runs of
    // 1, 2, 3, ... letters. Then the first and the last of them again, and the end.
    Bytes stream;
    std::uint64_t bits = 0;
    unsigned count = 0;
    const auto put = [&](std::uint64_t code, unsigned width) {
        bits |= code << count;
        for (count += width; count >= 8; count -= 8, bits >>= 8U) {
            stream.push_back(static_cast<char>(bits));
        }
    };
    put(256, 9);
    put('a', 9);
    std::size_t letters = 1;
    for (unsigned code = 258; code < 4096; ++code) {
        put(code, code < 512 ? 9 : code < 1024 ? 10 : code < 2048 ? 11 : 12);
        letters += code - 256;
    }
    for (const unsigned code : {258U, 4095U, 4095U}) {
        put(code, 12);
        letters += code - 256;
    }
    put(257, 12);
    put(0, 7);

    Bytes plain;
    const auto size = lzw_decompress(stream, letters, plain);
    INFO((size ? "" : size.error().text));
    REQUIRE(size);
    CHECK(*size == letters);
    CHECK(plain.find_first_not_of('a') == Bytes::npos);
}

TEST_CASE("a broken stream is refused, and says where") {
    CHECK(trouble("", 10) == "LZW: the stream ends without its end code");
    CHECK(trouble(from_hex("00"), 10) == "LZW: the stream ends without its end code");
    // Clear, then 300, where only 0 to 257 mean anything.
    CHECK(trouble(from_hex("005902"), 10) == "LZW: code 300 stands where 257 is the highest");
}

TEST_CASE("a stream cut at any byte is refused") {
    const Bytes stream = compressed("tobeornottobeortobeornot");
    for (std::size_t size = 0; size < stream.size(); ++size) {
        CHECK(trouble(BytesView(stream).substr(0, size), 1000) ==
              "LZW: the stream ends without its end code");
    }
}

TEST_CASE("random bytes never do harm") {
    Random random(7);
    std::size_t refused = 0;
    for (int i = 0; i < 2000; ++i) {
        Bytes stream;
        for (auto left = random.below(std::uint64_t{200}); left > 0; --left) {
            stream.push_back(static_cast<char>(random.next()));
        }
        Bytes out;
        refused += lzw_decompress(stream, 10'000, out) ? 0U : 1U;
        CHECK(out.size() <= 10'000);
    }
    CHECK(refused > 1000);
}
