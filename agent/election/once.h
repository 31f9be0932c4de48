// The keys of `--once`: each is committed in the record before its command starts, so it starts at
// most once, anywhere (docs/election.md, "Once").
//
// An entry goes only when the wall clocks of a majority have passed its expiry, so that one stepped
// clock frees nothing; a full table refuses a new key, and never evicts (F24).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/election/record.h"
#include "swim/bytes.h"

namespace muster::election {

// Names a key in the record. 64 bits of it: two keys that collide run once together.
std::uint64_t once_hash(BytesView key);

// The greatest time that the clocks of a majority have passed; `walls`: those known, seconds since
// 1970, of `voters` in all.
std::uint64_t majority_wall(std::vector<std::uint64_t> walls, std::size_t voters);

// Adds a key, dropping what has expired at `wall`. The reason if it cannot.
std::string use_once(const OnceKey& key, std::uint64_t wall, std::vector<OnceKey>& table);

}  // namespace muster::election
