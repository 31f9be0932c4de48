#include "swim/msgpack.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "tests/unit/swim/vectors.h"

using namespace muster;
using namespace muster::swim;
using namespace muster::swim::test;

namespace {

// One value read from `hex`, all of it used; the reader's own words otherwise.
template <class T, class Read>
std::string outcome(const std::string& hex, Read read, T value = {}) {
    const Bytes bytes = from_hex(hex);
    Scratch scratch;
    MsgpackReader in(bytes, scratch);
    if (!read(in, value)) {
        CHECK(in.failed());
        return in.reason();
    }
    CHECK_FALSE(in.failed());
    CHECK(in.consumed() == bytes.size());
    if constexpr (std::is_same_v<T, BytesView>) {
        return to_hex(value);
    } else {
        return std::to_string(value);
    }
}

std::string uint_of(const std::string& hex, std::uint64_t max) {
    return outcome<std::uint64_t>(
        hex, [max](MsgpackReader& in, std::uint64_t& value) { return in.read_uint(value, max); },
        77);
}

}  // namespace

TEST_CASE("unsigned integers are read in every width and signedness that fits") {
    const auto [hex, max, expected] = GENERATE(table<std::string, std::uint64_t, std::string>({
        {"00", 255, "0"},
        {"7f", 255, "127"},
        {"ccff", 255, "255"},
        {"cd0007", 255, "7"},
        {"ce00000007", 255, "7"},
        {"cf0000000000000007", 255, "7"},
        {"d07f", 255, "127"},
        {"d100ff", 255, "255"},
        {"d2000000ff", 255, "255"},
        {"d300000000000000ff", 255, "255"},
        {"c0", 255, "0"},
        {"cfffffffffffffffff", std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
        {"cd0100", 255, "expected an integer from 0 to 255, found the integer 256"},
        {"ce00010000", 65535, "expected an integer from 0 to 65535, found the integer 65536"},
        {"cf0000000100000000", 4294967295,
         "expected an integer from 0 to 4294967295, found the integer 4294967296"},
        {"ff", 255, "expected an integer from 0 to 255, found the integer -1"},
        {"e0", 255, "expected an integer from 0 to 255, found the integer -32"},
        {"d080", 255, "expected an integer from 0 to 255, found the integer -128"},
        {"d38000000000000000", 255,
         "expected an integer from 0 to 255, found the integer -9223372036854775808"},
        {"ca00000000", 255, "expected an integer from 0 to 255, found a float"},
        {"c3", 255, "expected an integer from 0 to 255, found true"},
        {"a137", 255, "expected an integer from 0 to 255, found a string of 1 bytes"},
        {"9107", 255, "expected an integer from 0 to 255, found an array of 1"},
        {"c1", 255, "expected an integer from 0 to 255, found the reserved byte 0xC1"},
        {"", 255, "expected an integer from 0 to 255, found the end of the bytes"},
        {"cf00000000000000", 255, "expected an integer from 0 to 255, found the end of the bytes"},
    }));
    CHECK(uint_of(hex, max) == expected);
}

TEST_CASE("signed integers are read in every width and signedness that fits") {
    const auto [hex, expected] = GENERATE(table<std::string, std::string>({
        {"05", "5"},
        {"ff", "-1"},
        {"cc80", "128"},
        {"d10080", "128"},
        {"d080", "-128"},
        {"d18000", "-32768"},
        {"d280000000", "-2147483648"},
        {"d38000000000000000", "-9223372036854775808"},
        {"cf7fffffffffffffff", "9223372036854775807"},
        {"c0", "0"},
        {"cf8000000000000000",
         "expected a signed integer of 64 bits, found the integer 9223372036854775808"},
        {"cb0000000000000000", "expected a signed integer of 64 bits, found a float"},
    }));
    CHECK(outcome<std::int64_t>(hex, [](MsgpackReader& in, std::int64_t& value) {
              return in.read_int(value);
          }) == expected);
}

TEST_CASE("booleans are true, false, nil, and the one-byte integers 0 and 1") {
    const auto [hex, expected] = GENERATE(table<std::string, std::string>({
        {"c2", "0"},
        {"c3", "1"},
        {"c0", "0"},
        {"00", "0"},
        {"01", "1"},
        {"02", "expected true or false, found the integer 2"},
        {"cc01", "expected true or false, found the integer 1"},
        {"d001", "expected true or false, found the integer 1"},
        {"ff", "expected true or false, found the integer -1"},
        {"a0", "expected true or false, found a string of 0 bytes"},
    }));
    CHECK(outcome<bool>(hex, [](MsgpackReader& in, bool& value) { return in.read_bool(value); }) ==
          expected);
}

TEST_CASE("floats are read in both widths, and from integers") {
    const auto [hex, expected] = GENERATE(table<std::string, std::string>({
        {"cb3ff8000000000000", "1.500000"},
        {"ca3fc00000", "1.500000"},
        {"03", "3.000000"},
        {"fd", "-3.000000"},
        {"c0", "0.000000"},
        {"a0", "expected a number, found a string of 0 bytes"},
        {"cb3ff80000", "expected a number, found the end of the bytes"},
    }));
    CHECK(outcome<double>(hex, [](MsgpackReader& in, double& value) {
              return in.read_double(value);
          }) == expected);
}

TEST_CASE("strings and bytes are read in every form, and never beyond their end") {
    const auto [hex, string, bytes] = GENERATE(table<std::string, std::string, std::string>({
        {"a0", "", ""},
        {"a2c328", "c328", "c328"},  // no UTF-8 is asked for
        {"d9026162", "6162", "6162"},
        {"da00026162", "6162", "6162"},
        {"db000000026162", "6162", "6162"},
        {"c4026162", "6162", "6162"},
        {"c500026162", "6162", "6162"},
        {"c6000000026162", "6162", "6162"},
        {"c0", "", ""},
        {"9261cc62", "expected a string, found an array of 2", "6162"},
        {"dc000107", "expected a string, found an array of 1", "07"},
        {"dd0000000107", "expected a string, found an array of 1", "07"},
        {"90", "expected a string, found an array of 0", ""},
        {"91cd0100", "expected a string, found an array of 1",
         "expected an integer from 0 to 255, found the integer 256"},
        {"91a161", "expected a string, found an array of 1",
         "expected an integer from 0 to 255, found a string of 1 bytes"},
        {"ddffffffff07", "expected a string, found an array of 4294967295",
         "expected an integer from 0 to 255, found the end of the bytes"},
        {"05", "expected a string, found the integer 5", "expected bytes, found the integer 5"},
        {"80", "expected a string, found a map of 0", "expected bytes, found a map of 0"},
        {"d40101", "expected a string, found an extension", "expected bytes, found an extension"},
        {"a26162", "6162", "6162"},
        {"a361", "expected a string, found the end of the bytes",
         "expected bytes, found the end of the bytes"},
        {"dbffffffff61", "expected a string, found the end of the bytes",
         "expected bytes, found the end of the bytes"},
        {"da00", "expected a string, found the end of the bytes",
         "expected bytes, found the end of the bytes"},
    }));
    CHECK(outcome<BytesView>(hex, [](MsgpackReader& in, BytesView& value) {
              return in.read_string(value);
          }) == string);
    CHECK(outcome<BytesView>(hex, [](MsgpackReader& in, BytesView& value) {
              return in.read_bytes(value);
          }) == bytes);
}

TEST_CASE("containers are read with their counts, nil as an empty one") {
    const auto [hex, is_map, entries] = GENERATE(table<std::string, bool, std::size_t>({
        {"80", true, 0},
        {"8f", true, 15},
        {"de0102", true, 258},
        {"dfffffffff", true, 4294967295},
        {"90", false, 0},
        {"9f", false, 15},
        {"dc0102", false, 258},
        {"ddffffffff", false, 4294967295},
        {"c0", false, 0},
    }));
    const Bytes bytes = from_hex(hex);
    Scratch scratch;
    MsgpackReader::Container container;
    MsgpackReader in(bytes, scratch);
    CHECK(in.read_container(container));
    CHECK(container.is_map == is_map);
    CHECK(container.entries == entries);

    std::size_t count = 77;
    MsgpackReader as_map(bytes, scratch);
    CHECK(as_map.read_map(count) == (is_map || hex == "c0"));
    MsgpackReader as_array(bytes, scratch);
    CHECK(as_array.read_array(count) == !is_map);
}

TEST_CASE("a value of any kind is passed over as a whole") {
    const std::string hex = GENERATE(values<std::string>({
        "00",
        "ff",
        "c0",
        "c2",
        "c3",
        "cc01",
        "cd0102",
        "ce01020304",
        "cf0102030405060708",
        "d001",
        "d10102",
        "d201020304",
        "d30102030405060708",
        "ca01020304",
        "cb0102030405060708",
        "a0",
        "a161",
        "d90161",
        "da000161",
        "db0000000161",
        "c40161",
        "c5000161",
        "c60000000161",
        "90",
        "9201a161",
        "dc000101",
        "dd0000000101",
        "80",
        "81a16b9101",
        "8181010203",
        "81910103",
        "de00010102",
        "df000000010102",
        "d40501",
        "d5050102",
        "d60501020304",
        "d7050102030405060708",
        "d80501020304050607080910111213141516",
        "c70305010203",
        "c8000305010203",
        "c90000000305010203",
    }));
    INFO(hex);
    const Bytes bytes = from_hex(hex);
    const Bytes followed = bytes + "x";
    Scratch scratch;
    MsgpackReader in(followed, scratch);
    CHECK(in.skip());
    CHECK(in.consumed() == bytes.size());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        MsgpackReader cut(BytesView(bytes).substr(0, size), scratch);
        CHECK_FALSE(cut.skip());
        CHECK(cut.truncated());
        CHECK(cut.reason() == "expected a value, found the end of the bytes");
    }
}

TEST_CASE("passing over a value costs neither stack nor patience, however deep it claims to be") {
    const std::size_t depth = 5'000'000;
    Scratch scratch;
    const Bytes deep = Bytes(depth, '\x91') + '\0';
    MsgpackReader in(deep, scratch);
    CHECK(in.skip());
    CHECK(in.consumed() == depth + 1);

    MsgpackReader reserved(BytesView("\x93\x01\x02\xc1"), scratch);
    CHECK_FALSE(reserved.skip());
    CHECK_FALSE(reserved.truncated());
    CHECK(reserved.reason() == "expected a value, found the reserved byte 0xC1");
}

TEST_CASE("a reader that failed stays failed, and keeps its first reason") {
    Scratch scratch;
    MsgpackReader in(BytesView("\x05\xa1x"), scratch);
    BytesView text;
    CHECK_FALSE(in.read_string(text));
    std::uint64_t number = 0;
    CHECK_FALSE(in.read_uint(number, 255));
    CHECK_FALSE(in.skip());
    CHECK_FALSE(in.next_is_nil());
    CHECK(in.reason() == "expected a string, found the integer 5");
}

TEST_CASE("nil is seen before it is read") {
    Scratch scratch;
    MsgpackReader in(BytesView("\xc0\x01"), scratch);
    CHECK(in.next_is_nil());
    CHECK(in.skip());
    CHECK_FALSE(in.next_is_nil());
    CHECK(in.skip());
    CHECK_FALSE(in.next_is_nil());
}

TEST_CASE("bytes sent as arrays stay where they are when more of them come") {
    Bytes bytes;
    for (int i = 0; i < 100; ++i) {
        bytes += from_hex("920102");
    }
    Scratch scratch;
    MsgpackReader in(bytes, scratch);
    std::vector<BytesView> views(100);
    for (BytesView& view : views) {
        CHECK(in.read_bytes(view));
    }
    for (const BytesView view : views) {
        CHECK(view == BytesView("\x01\x02"));
    }
}

TEST_CASE("arrays for bytes are taken up to a number that nobody reaches who means well") {
    Bytes bytes;
    for (std::size_t i = 0; i <= max_scratch; ++i) {
        bytes += "\x91\x07";
    }
    Scratch scratch;
    MsgpackReader in(bytes, scratch);
    BytesView view;
    for (std::size_t i = 0; i < max_scratch; ++i) {
        REQUIRE(in.read_bytes(view));
    }
    CHECK_FALSE(in.read_bytes(view));
    CHECK(in.reason() == "expected bytes, and no more of them as arrays, found an array of 1");
}

TEST_CASE("values are written in the reference's shortest forms") {
    const auto written = [](auto write) {
        Bytes out;
        write(out);
        return to_hex(BytesView(out).substr(0, 9)) + "/" + std::to_string(out.size());
    };
    const auto integer = [&](std::uint64_t value) {
        return written([value](Bytes& out) { write_uint(value, out); });
    };
    CHECK(integer(0) == "00/1");
    CHECK(integer(127) == "7f/1");
    CHECK(integer(128) == "cc80/2");
    CHECK(integer(255) == "ccff/2");
    CHECK(integer(256) == "cd0100/3");
    CHECK(integer(65535) == "cdffff/3");
    CHECK(integer(65536) == "ce00010000/5");
    CHECK(integer(4294967295) == "ceffffffff/5");
    CHECK(integer(4294967296) == "cf0000000100000000/9");

    const auto text = [&](std::size_t size) {
        return written([size](Bytes& out) { write_string(Bytes(size, 'x'), out); });
    };
    CHECK(text(0) == "a0/1");
    CHECK(text(7) == "a778787878787878/8");
    CHECK(text(31).ends_with("/32"));
    CHECK(text(32) == "da0020787878787878/35");
    CHECK(text(65535) == "daffff787878787878/65538");
    CHECK(text(65536) == "db0001000078787878/65541");

    const auto collection = [&](std::size_t count) {
        return written([count](Bytes& out) {
            write_map(count, out);
            write_array(count, out);
        });
    };
    CHECK(collection(0) == "8090/2");
    CHECK(collection(15) == "8f9f/2");
    CHECK(collection(16) == "de0010dc0010/6");
    CHECK(collection(65536) == "df00010000dd000100/10");

    CHECK(written([](Bytes& out) {
              write_bool(true, out);
              write_bool(false, out);
              write_nil(out);
              write_bytes_or_nil("", out);
              write_bytes_or_nil("a", out);
          }) == "c3c2c0c0a161/6");
    CHECK(written([](Bytes& out) { write_double(1.5, out); }) == "cb3ff8000000000000/9");
}

TEST_CASE("the scanner finds the end of a value in pieces") {
    const Bytes value = from_hex("83a14101a142930102a3616263a143da0004") + "wxyz";
    for (std::size_t piece = 1; piece <= value.size(); ++piece) {
        MsgpackScanner scanner(value.size());
        std::size_t given = 0;
        MsgpackScanner::Progress progress = MsgpackScanner::Progress::More;
        while (progress == MsgpackScanner::Progress::More) {
            REQUIRE(given < value.size());
            given = std::min(given + piece, value.size());
            progress = scanner.scan(BytesView(value).substr(0, given));
        }
        CHECK(progress == MsgpackScanner::Progress::Done);
        CHECK(scanner.position() == value.size());
    }
    MsgpackScanner bad;
    CHECK(bad.scan(BytesView("\x92\x01\xc1")) == MsgpackScanner::Progress::Bad);
    CHECK(bad.position() == 2);
}

TEST_CASE("the scanner refuses a value over its limit at the claim, and not one byte below it") {
    const auto [hex, size] = GENERATE(table<std::string, std::uint64_t>({
        {"05", 1},
        {"ddffffffff", 5 + 4294967295},
        {"dfffffffff", 5 + 2 * std::uint64_t{4294967295}},
        {"92dbffffffff", 6 + 4294967295 + 1},
        {"c6ffffffff", 5 + 4294967295},
        {"c9ffffffff", 6 + 4294967295},
        {"9201dd00001000", 7 + 4096},
    }));
    const Bytes value = from_hex(hex);
    MsgpackScanner over(size - 1);
    CHECK(over.scan(value) == MsgpackScanner::Progress::TooLong);
    MsgpackScanner within(size);
    CHECK(within.scan(value) != MsgpackScanner::Progress::TooLong);
}
