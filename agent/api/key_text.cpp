#include "agent/api/key_text.h"

#include <string>

#include "agent/api/text.h"

namespace muster::api {

namespace {

bool is_line_break(char c) {
    return c == '\r' || c == '\n';
}

bool is_digit(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

// Where the reference finds the fault: the first byte that cannot stand where it stands, the
// padding that is not doubled, or the beginning of a last group that is incomplete. REQUIRES: the
// text does not decode.
std::size_t first_fault(std::string_view text) {
    std::size_t digits = 0, padding = 0;  // of one group of four
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (is_line_break(c))
            continue;
        if (digits + padding == 4) {
            if (padding > 0)
                return at;
            digits = 0;
        }
        if (padding > 0 && c != '=')
            return at - 1;
        if (c == '=' ? digits < 2 : !is_digit(c))
            return at;
        ++(c == '=' ? padding : digits);
    }
    return padding > 0 ? text.size() : text.size() - digits;
}

}  // namespace

Result<Bytes> decode_key_text(std::string_view text) {
    std::string joined(text);
    std::erase_if(joined, is_line_break);
    std::optional<Bytes> decoded = decode_base64(joined);
    if (!decoded)
        return Error{"illegal base64 data at input byte " + std::to_string(first_fault(text))};
    return *std::move(decoded);
}

}  // namespace muster::api
