#include "swim/msgpack.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "swim/assert.h"

namespace muster::swim {

namespace {

// What a lead byte from 0xC0 to 0xDF announces: the kind, how many bytes of number follow it, and
// what is to be added to that number. (Fixed extensions have no number: their size, and one for the
// extension's type, is all in `add`.)
struct Form {
    MsgpackKind kind;
    std::uint8_t width;
    std::uint8_t add = 0;
};

using Kind = MsgpackKind;
constexpr Form forms[32] = {
    {Kind::Nil, 0},           {Kind::Reserved, 0},     {Kind::False, 0},
    {Kind::True, 0},          {Kind::Binary, 1},       {Kind::Binary, 2},
    {Kind::Binary, 4},        {Kind::Extension, 1, 1}, {Kind::Extension, 2, 1},
    {Kind::Extension, 4, 1},  {Kind::Float32, 4},      {Kind::Float64, 8},
    {Kind::Unsigned, 1},      {Kind::Unsigned, 2},     {Kind::Unsigned, 4},
    {Kind::Unsigned, 8},      {Kind::Negative, 1},     {Kind::Negative, 2},
    {Kind::Negative, 4},      {Kind::Negative, 8},     {Kind::Extension, 0, 2},
    {Kind::Extension, 0, 3},  {Kind::Extension, 0, 5}, {Kind::Extension, 0, 9},
    {Kind::Extension, 0, 17}, {Kind::String, 1},       {Kind::String, 2},
    {Kind::String, 4},        {Kind::Array, 2},        {Kind::Array, 4},
    {Kind::Map, 2},           {Kind::Map, 4},
};

constexpr unsigned bit(Kind kind) {
    return 1U << static_cast<unsigned>(kind);
}

std::uint64_t read_number(BytesView bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) {
        value = value << 8U | octet(c);
    }
    return value;
}

// The forms whose value is in the lead byte.
MsgpackHead fixed_head(unsigned lead) {
    if (lead <= 0x7F) {
        return {Kind::Unsigned, true, 1, lead};
    }
    if (lead <= 0x8F) {
        return {Kind::Map, true, 1, lead & 0x0FU};
    }
    if (lead <= 0x9F) {
        return {Kind::Array, true, 1, lead & 0x0FU};
    }
    if (lead <= 0xBF) {
        return {Kind::String, true, 1, lead & 0x1FU};
    }
    return {Kind::Negative, true, 1,
            static_cast<std::uint64_t>(static_cast<std::int64_t>(lead) - 256)};
}

std::size_t payload_size(const MsgpackHead& head) {
    switch (head.kind) {
        case Kind::String:
        case Kind::Binary:
        case Kind::Extension:
            return static_cast<std::size_t>(head.number);
        default:
            return 0;
    }
}

std::uint64_t children(const MsgpackHead& head) {
    switch (head.kind) {
        case Kind::Array:
            return head.number;
        case Kind::Map:
            return 2 * head.number;
        default:
            return 0;
    }
}

const char* uint_expected(std::uint64_t max) {
    switch (max) {
        case 0xFF:
            return "an integer from 0 to 255";
        case UINT16_MAX:
            return "an integer from 0 to 65535";
        case UINT32_MAX:
            return "an integer from 0 to 4294967295";
        default:
            return "an integer that is not negative and in range";
    }
}

std::string describe(const MsgpackHead& head) {
    switch (head.kind) {
        case Kind::Nil:
            return "nil";
        case Kind::False:
            return "false";
        case Kind::True:
            return "true";
        case Kind::Unsigned:
            return "the integer " + std::to_string(head.number);
        case Kind::Negative:
            return "the integer " + std::to_string(static_cast<std::int64_t>(head.number));
        case Kind::Float32:
        case Kind::Float64:
            return "a float";
        case Kind::String:
            return "a string of " + std::to_string(head.number) + " bytes";
        case Kind::Binary:
            return "a binary of " + std::to_string(head.number) + " bytes";
        case Kind::Array:
            return "an array of " + std::to_string(head.number);
        case Kind::Map:
            return "a map of " + std::to_string(head.number);
        case Kind::Extension:
            return "an extension";
        case Kind::Reserved:
            break;
    }
    return "the reserved byte 0xC1";
}

}  // namespace

bool read_head(BytesView bytes, MsgpackHead& head) {
    if (bytes.empty()) {
        return false;
    }
    const unsigned lead = octet(bytes[0]);
    if (lead < 0xC0 || lead > 0xDF) {
        head = fixed_head(lead);
        return true;
    }
    const Form form = forms[lead - 0xC0];
    if (bytes.size() - 1 < form.width) {
        return false;
    }
    head = {form.kind, false, 1U + form.width, read_number(bytes.substr(1, form.width)) + form.add};
    if (form.kind == Kind::Negative) {
        const unsigned unused_bits = 64U - 8U * form.width;
        const auto value = static_cast<std::int64_t>(head.number << unused_bits) >> unused_bits;
        head.number = static_cast<std::uint64_t>(value);
        head.kind = value < 0 ? Kind::Negative : Kind::Unsigned;
    }
    return true;
}

MsgpackScanner::Progress MsgpackScanner::scan(BytesView bytes) {
    while (pending_ > 0) {
        MsgpackHead head;
        if (!read_head(bytes.substr(position_), head)) {
            return Progress::More;
        }
        if (head.kind == Kind::Reserved) {
            return Progress::Bad;
        }
        const std::size_t size = head.size + payload_size(head);
        const std::uint64_t owed = pending_ - 1 + children(head);
        if (position_ + size + owed > limit_) {
            return Progress::TooLong;  // each value owed takes a byte at least
        }
        if (bytes.size() - position_ < size) {
            return Progress::More;
        }
        position_ += size;
        pending_ = owed;
    }
    return Progress::Done;
}

std::string MsgpackReader::reason() const {
    MUSTER_ASSERT(failed_);
    MsgpackHead head;
    const bool whole = !truncated_ && read_head(bytes_.substr(position_), head);
    return std::string("expected ") + expected_ + ", found " +
           (whole ? describe(head) : "the end of the bytes");
}

bool MsgpackReader::fail(const char* expected) {
    failed_ = true;
    expected_ = expected;
    return false;
}

bool MsgpackReader::cut_off(const char* expected) {
    truncated_ = true;
    return fail(expected);
}

bool MsgpackReader::peek(Kinds kinds, const char* expected, MsgpackHead& head) {
    if (failed_) {
        return false;
    }
    if (!read_head(bytes_.substr(position_), head)) {
        return cut_off(expected);
    }
    return ((kinds | bit(Kind::Nil)) & bit(head.kind)) != 0 || fail(expected);
}

bool MsgpackReader::take_payload(const MsgpackHead& head, const char* expected, BytesView& value) {
    if (bytes_.size() - position_ - head.size < head.number) {
        return cut_off(expected);
    }
    value = bytes_.substr(position_ + head.size, static_cast<std::size_t>(head.number));
    position_ += head.size + value.size();
    return true;
}

bool MsgpackReader::read_container(Container& container) {
    MsgpackHead head;
    if (!peek(bit(Kind::Map) | bit(Kind::Array), "a map or an array of fields", head)) {
        return false;
    }
    position_ += head.size;
    container = {head.kind == Kind::Map, static_cast<std::size_t>(head.number)};
    return true;
}

bool MsgpackReader::read_map(std::size_t& entries) {
    MsgpackHead head;
    if (!peek(bit(Kind::Map), "a map", head)) {
        return false;
    }
    position_ += head.size;
    entries = static_cast<std::size_t>(head.number);
    return true;
}

bool MsgpackReader::read_array(std::size_t& elements) {
    MsgpackHead head;
    if (!peek(bit(Kind::Array), "an array", head)) {
        return false;
    }
    position_ += head.size;
    elements = static_cast<std::size_t>(head.number);
    return true;
}

bool MsgpackReader::read_string(BytesView& value) {
    MsgpackHead head;
    return peek(bit(Kind::String) | bit(Kind::Binary), "a string", head) &&
           take_payload(head, "a string", value);
}

bool MsgpackReader::read_bytes(BytesView& value) {
    MsgpackHead head;
    if (!peek(bit(Kind::String) | bit(Kind::Binary) | bit(Kind::Array), "bytes", head)) {
        return false;
    }
    if (head.kind != Kind::Array) {
        return take_payload(head, "bytes", value);
    }
    if (scratch_->size() >= max_scratch) {
        return fail("bytes, and no more of them as arrays");
    }
    // The number of elements is only a claim: nothing is reserved for it.
    position_ += head.size;
    Bytes& copy = scratch_->emplace_back();
    for (std::uint64_t i = 0; i < head.number; ++i) {
        std::uint64_t element = 0;
        if (!read_uint(element, 0xFF)) {
            return false;
        }
        copy.push_back(static_cast<char>(element));
    }
    value = copy;
    return true;
}

bool MsgpackReader::read_uint(std::uint64_t& value, std::uint64_t max) {
    MsgpackHead head;
    if (!peek(bit(Kind::Unsigned), uint_expected(max), head)) {
        return false;
    }
    if (head.number > max) {
        return fail(uint_expected(max));
    }
    position_ += head.size;
    value = head.number;
    return true;
}

bool MsgpackReader::read_int(std::int64_t& value) {
    constexpr const char* expected = "a signed integer of 64 bits";
    MsgpackHead head;
    if (!peek(bit(Kind::Unsigned) | bit(Kind::Negative), expected, head)) {
        return false;
    }
    if (head.kind == Kind::Unsigned &&
        head.number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        return fail(expected);
    }
    position_ += head.size;
    value = static_cast<std::int64_t>(head.number);
    return true;
}

bool MsgpackReader::read_bool(bool& value) {
    constexpr const char* expected = "true or false";
    MsgpackHead head;
    if (!peek(bit(Kind::True) | bit(Kind::False) | bit(Kind::Unsigned), expected, head)) {
        return false;
    }
    if (head.kind == Kind::Unsigned && (!head.one_byte || head.number > 1)) {
        return fail(expected);
    }
    position_ += head.size;
    value = head.kind == Kind::True || (head.kind == Kind::Unsigned && head.number == 1);
    return true;
}

bool MsgpackReader::read_double(double& value) {
    constexpr Kinds numbers =
        bit(Kind::Float32) | bit(Kind::Float64) | bit(Kind::Unsigned) | bit(Kind::Negative);
    MsgpackHead head;
    if (!peek(numbers, "a number", head)) {
        return false;
    }
    position_ += head.size;
    if (head.kind == Kind::Float64) {
        value = std::bit_cast<double>(head.number);
    } else if (head.kind == Kind::Float32) {
        value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.number)));
    } else if (head.kind == Kind::Negative) {
        value = static_cast<double>(static_cast<std::int64_t>(head.number));
    } else {
        value = static_cast<double>(head.number);
    }
    return true;
}

bool MsgpackReader::next_is_nil() const {
    MsgpackHead head;
    return !failed_ && read_head(bytes_.substr(position_), head) && head.kind == Kind::Nil;
}

bool MsgpackReader::skip() {
    if (failed_) {
        return false;
    }
    MsgpackScanner scanner;
    const auto progress = scanner.scan(bytes_.substr(position_));
    position_ += scanner.position();
    if (progress == MsgpackScanner::Progress::More) {
        return cut_off("a value");
    }
    return progress == MsgpackScanner::Progress::Done || fail("a value");
}

}  // namespace muster::swim
