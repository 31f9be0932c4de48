// Byte strings. Names, tags, metadata, payloads and packets are all bytes on this wire: no encoding
// is promised for any of them, so none is assumed (docs/protocol/memberlist.md section 2.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

using Bytes = std::string;
using BytesView = std::string_view;

constexpr std::uint8_t octet(char c) {
    return static_cast<std::uint8_t>(c);
}

}  // namespace muster
