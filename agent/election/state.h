// What a voter must not forget, and its bytes: one file of two slots of 4 KiB.
//
// A slot is magic, version, counter, length, the state as msgpack, zeros, and a checksum over all
// of it. Each state is written into both slots, one after the other, before its ticket counts as
// stored; at start the greater whole one counts. So one bad slot, torn or rotten (they look alike),
// hides nothing that was acknowledged (schedule F22); at start they are made equal first. Both
// damaged, or another node's name inside: another voter, with a new id, which never gave the lost
// promises (F1).
//
// Values and pure functions; the file itself is the agent's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/election/record.h"

namespace muster::election {

// This candidate takes part in one founding or recovery, and in no other until it is decided.
struct Lock {
    ClusterId attempt = no_cluster;  // names the attempt; the new cluster's id when founding
    bool recover = false;
    VoterId founder = no_voter;
    Bytes founder_name;
    Record plan;  // what would be founded; its key is set by the decision
    bool operator==(const Lock&) const = default;
};

struct State {
    Bytes name;  // the node whose state it is
    VoterId id = no_voter;
    Term term = 0;
    VoterId voted_for = no_voter;
    std::optional<Record> record;
    std::optional<Lock> lock;
    std::uint32_t longest_promise_ms = 0;  // a restart waits for so long
    Term term_floor = 0;                   // a founding starts above it
    ClusterId decided = no_cluster;        // the last attempt that it saw decided
    bool operator==(const State&) const = default;

    Key key() const { return record ? record->key : Key{}; }
};

inline constexpr std::size_t slot_size = 4096;

// Exactly slot_size bytes. REQUIRES: record and plan fit.
Bytes encode_slot(const State& state, std::uint64_t counter);

struct Slot {
    State state;
    std::uint64_t counter = 0;
};
// The error says which part is damaged.
Result<Slot> decode_slot(BytesView bytes);

// What a file says at start.
struct Found {
    std::optional<Slot> slot;
    // Both slots hold it. Otherwise it stands on one of them, and the next torn write could take it
    // back: it is written into both again before anything is said that rests on it.
    bool twice = false;
    std::size_t worse = 0;  // the slot to be written first
    std::string complaint;  // for the log: what was damaged; empty when all is well, or new
};
// `first` and `second` as read: shorter when the file is, empty when there is none. A slot of zeros
// was never written.
Found choose(BytesView first, BytesView second, BytesView node_name);

}  // namespace muster::election
