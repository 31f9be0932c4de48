// Tags: a member's key/value pairs, and how they travel in memberlist's metadata
// (docs/protocol/serf.md section 3).
#pragma once

#include <map>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cluster {

// Keys and values are bytes. Ordered, so that one set has one encoding here.
using Tags = std::map<Bytes, Bytes, std::less<>>;

inline constexpr std::size_t max_tags_size = 512;  // encoded, with the leading type byte

// The metadata for `tags`: 0xff and a map. An error that says how many bytes are over if it exceeds
// max_tags_size.
Result<Bytes> encode_tags(const Tags& tags);

// What a peer's metadata says. Metadata without the leading 0xff is the value of the tag `role`.
// What cannot be read is left out: the tags before it are kept.
Tags decode_tags(BytesView meta);

}  // namespace muster::cluster
