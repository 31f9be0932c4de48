// Replacing the cluster's key, decided: which step is next, from what the members hold. Pure; the
// runner (cli/run_rotate.cpp) looks, asks this, does it, and looks again.
//
// The order is: every member gets the new key, every member encrypts with it, the old key goes.
// Each step waits for all: before it, whoever has not left has confirmed the one before. So at
// every point where it may stop, or be stopped, all members understand each other, also one that
// has failed and comes back with the keyring that it had: it never goes back, and is gone on with
// from what the members hold, by anybody, days later. Serf's `keys` has the steps and not the
// waiting.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/api/reply_reader.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cli {

// A member, and its keys.
struct Holding {
    Bytes name;
    Bytes status;                            // as Serf says it
    std::optional<std::vector<Bytes>> keys;  // base64, the primary first; none: it has not said

    // It may still come and talk with the others.
    bool counts() const { return status != "left" && status != "none"; }
};

// What an agent knows of who holds what. From an agent of Serf, which tells only how many have
// which key: what follows from that, and `used`, the key that all have just confirmed to encrypt
// with (empty: none).
std::vector<Holding> holdings(const api::ReadMembers& members, const api::ReadKeys& keys,
                              const Bytes& used);

// From one key to another, both in base64.
struct Rotation {
    Bytes from;
    Bytes to;
};

// The key to replace: everybody's primary. The error says why a rotation cannot begin now.
Result<Bytes> begin_rotation(std::span<const Holding> holdings);
// The rotation that is under way: told by the keys themselves (cli/fingerprint.h), or by
// `to_fingerprint`, if it is not empty. None: there is only one key. The error says why it cannot
// be told.
Result<std::optional<Rotation>> find_rotation(std::span<const Holding> holdings,
                                              const std::string& to_fingerprint);

struct NextStep {
    enum class Kind : std::uint8_t { Install, Use, Remove, Done, Wait };
    Kind kind = Kind::Done;
    // Of Install, Use and Remove: who has not done it yet. Of Wait: who has not said what it holds.
    // Of Done: whom nobody waited for, by force.
    std::vector<Bytes> members;

    bool operator==(const NextStep&) const = default;
};
const char* to_string(NextStep::Kind kind);  // "install", ...

// `force`: do not wait for members that say nothing.
NextStep next_step(const Rotation& rotation, std::span<const Holding> holdings, bool force);

}  // namespace muster::cli
