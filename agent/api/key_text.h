// A key as Serf's clients send it: base64, with errors in the words that their users know. Pure.
#pragma once

#include <string_view>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

// Standard alphabet, padded; line breaks are ignored, as by the reference. The error: "illegal
// base64 data at input byte N", N counted as the reference counts. Says nothing about the key's
// size.
Result<Bytes> decode_key_text(std::string_view text);

}  // namespace muster::api
