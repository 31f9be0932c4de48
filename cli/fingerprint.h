// A key's name, where the key itself is nobody's business; and which of two keys came first. Pure.
#pragma once

#include <functional>
#include <string>

#include "swim/bytes.h"

namespace muster::cli {

// The first 8 hexadecimal digits of the SHA-256 of the key's bytes. Tells keys apart; says nothing
// of use about them. "?" if the text is no base64.
std::string fingerprint(BytesView base64_key);

// Whether `next` was made to replace `previous`: the SHA-256 of a word of ours and both keys begins
// with 16 zero bits. So anybody who holds both keys sees which one is new, from any host and any
// time later, without a note of it anywhere. Of keys that were made otherwise neither follows the
// other, but for one pair in 32768. A successor costs its maker some 65536 hashes, and a guesser 16
// of its 256 bits, if he has the previous key.
bool follows(BytesView next_base64, BytesView previous_base64);

// A key of 32 bytes that follows `previous`, in base64. `random_key` gives 32 random bytes.
std::string make_successor(BytesView previous_base64, const std::function<Bytes()>& random_key);

}  // namespace muster::cli
