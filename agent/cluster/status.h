// What a member is said to be: Serf's words, as users see them (docs/protocol/serf.md
// section 10.1).
#pragma once

#include <cstdint>

namespace muster::cluster {

enum class Status : std::uint8_t { None = 0, Alive = 1, Leaving = 2, Left = 3, Failed = 4 };

const char* to_string(Status status);  // "none", "alive", "leaving", "left", "failed"

// Alive, or leaving: it can be talked to.
constexpr bool is_here(Status status) {
    return status == Status::Alive || status == Status::Leaving;
}

}  // namespace muster::cluster
