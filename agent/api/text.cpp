#include "agent/api/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace muster::api {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";
constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// REQUIRES: a valid sequence of `length` bytes at `at`.
std::uint32_t code_point(BytesView bytes, std::size_t at, std::size_t length) {
    const std::uint8_t lead = octet(bytes[at]);
    if (length == 1)
        return lead;
    std::uint32_t value = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i)
        value = (value << 6) | (octet(bytes[at + i]) & 0x3fU);
    return value;
}

// Control characters, and those that make text look like other text.
bool is_treacherous(std::uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
           (c >= 0x200b && c <= 0x200f) ||  // zero width, direction marks
           (c >= 0x2028 && c <= 0x202e) ||  // line separators, direction overrides
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

void append_hex_escapes(BytesView bytes, std::string& out) {
    for (const char c : bytes) {
        out += "\\x";
        out += hex_digits[octet(c) >> 4];
        out += hex_digits[octet(c) & 0xf];
    }
}

// `c` by number. REQUIRES: c < 0x10000
void append_json_escape(std::uint32_t c, std::string& out) {
    if (c == '"' || c == '\\') {
        out += '\\';
        out += static_cast<char>(c);
        return;
    }
    if (c == '\n' || c == '\t') {
        out += c == '\n' ? "\\n" : "\\t";
        return;
    }
    out += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4)
        out += hex_digits[(c >> (shift - 4)) & 0xf];
}

// Whether JSON, which may be shown on a terminal too, names the character instead of holding it.
bool is_escaped_in_json(std::uint32_t c) {
    return c == '"' || c == '\\' || (is_treacherous(c) && c < 0x10000);
}

bool is_plain_json(char c) {
    return octet(c) >= 0x20 && octet(c) < 0x7f && c != '"' && c != '\\';
}

}  // namespace

std::size_t utf8_length(BytesView bytes, std::size_t at) {
    const std::uint8_t lead = octet(bytes[at]);
    if (lead < 0x80)
        return 1;
    const std::size_t length = lead < 0xc2   ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || bytes.size() - at < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((octet(bytes[at + i]) & 0xc0) != 0x80)
            return 0;
    }
    const std::uint32_t c = code_point(bytes, at, length);
    const bool shortest = length == 2 || (length == 3 ? c >= 0x800 : c >= 0x10000);
    return shortest && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? length : 0;
}

bool is_utf8(BytesView bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t length = utf8_length(bytes, at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

void append_utf8(BytesView bytes, std::string& out) {
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t length = utf8_length(bytes, at);
        if (length == 0)
            out += "\xef\xbf\xbd";
        else
            out += bytes.substr(at, length);
        at += length == 0 ? 1 : length;
    }
}

bool append_json_string(BytesView bytes, std::string& out) {
    bool intact = true;
    out += '"';
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t end = at;
        while (end < bytes.size() && is_plain_json(bytes[end]))
            ++end;
        out += bytes.substr(at, end - at);
        at = end;
        if (at == bytes.size())
            break;
        const std::size_t length = utf8_length(bytes, at);
        if (length == 0)
            out += "\xef\xbf\xbd";
        else if (is_escaped_in_json(code_point(bytes, at, length)))
            append_json_escape(code_point(bytes, at, length), out);
        else
            out += bytes.substr(at, length);
        intact = intact && length != 0;
        at += length == 0 ? 1 : length;
    }
    out += '"';
    return intact;
}

void append_base64(BytesView bytes, std::string& out) {
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = (group << 8) | (i < count ? octet(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            out += i <= count ? base64_digits[(group >> (18 - 6 * i)) & 0x3f] : '=';
    }
}

std::optional<Bytes> decode_base64(std::string_view text) {
    static constexpr auto values = [] {
        std::array<std::int8_t, 256> table{};
        table.fill(-1);
        for (int i = 0; i < 64; ++i)
            table[octet(base64_digits[i])] = static_cast<std::int8_t>(i);
        return table;
    }();
    if (text.size() % 4 != 0)
        return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const bool last = at + 4 == text.size();
        const std::size_t padding = !last || text[at + 3] != '=' ? 0 : text[at + 2] == '=' ? 2 : 1;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::int8_t value =
                i < 4 - padding ? values[octet(text[at + i])] : std::int8_t{0};
            if (value < 0)
                return std::nullopt;
            group = (group << 6) | static_cast<std::uint32_t>(value);
        }
        for (std::size_t i = 0; i < 3 - padding; ++i)
            bytes += static_cast<char>((group >> (16 - 8 * i)) & 0xff);
    }
    return bytes;
}

std::string printable(BytesView bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t length = utf8_length(bytes, at);
        const BytesView character = bytes.substr(at, length == 0 ? 1 : length);
        if (length == 0 || is_treacherous(code_point(bytes, at, length)))
            append_hex_escapes(character, out);
        else
            out += character;
        at += character.size();
    }
    return out;
}

std::size_t width(std::string_view text) {
    std::size_t characters = 0;
    for (const char c : text)
        characters += (octet(c) & 0xc0) != 0x80 ? 1U : 0U;
    return characters;
}

}  // namespace muster::api
