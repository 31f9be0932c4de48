// Bytes as people and JSON see them. Names, tags and payloads are bytes on the wire; text must be
// valid UTF-8, and must not drive the terminal that shows it. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "swim/bytes.h"

namespace muster::api {

using TextMap = std::map<Bytes, Bytes, std::less<>>;  // tags, for one

// The length of the valid UTF-8 sequence at `bytes[at]`: 1 to 4; 0 if there is none. Strict: no
// overlong forms, no surrogates, nothing above U+10FFFF. REQUIRES: at < bytes.size()
std::size_t utf8_length(BytesView bytes, std::size_t at);
bool is_utf8(BytesView bytes);
// Appends `bytes` with U+FFFD in place of each byte that is not valid UTF-8: what Go's regular
// expressions see, too.
void append_utf8(BytesView bytes, std::string& out);

// Appends a JSON string, quotes included. False if bytes that are not UTF-8 were replaced.
bool append_json_string(BytesView bytes, std::string& out);

void append_base64(BytesView bytes, std::string& out);
// None unless `text` is padded standard base64.
std::optional<Bytes> decode_base64(std::string_view text);

// `bytes` for a terminal or a log line: control characters, characters that reorder or hide others,
// and bytes that are not UTF-8 appear as \xNN.
std::string printable(BytesView bytes);
// The characters of printable text, for alignment.
std::size_t width(std::string_view text);

}  // namespace muster::api
