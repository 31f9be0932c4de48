// Replies about rings as a client reads them: of agent/api/ring_replies.h. Fields that an agent has
// not said are none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

// What is to be used, and in how many nanoseconds.
struct ReadPending {
    Bytes fingerprint;
    std::int64_t in_ns = 0;
};

struct ReadRing {
    struct Member {
        Bytes name;
        std::uint64_t weight = 0;
        Bytes zone;
        double share = 0;  // of all keys
        bool held_out = false;
        bool bad_weight = false;
    };
    Bytes ring;
    Bytes fingerprint;
    Bytes algorithm;
    std::uint64_t vnodes = 0;
    std::uint64_t replicas = 0;
    std::int64_t since_ns = 0;  // since 1970
    std::optional<ReadPending> pending;
    std::vector<Bytes> held;
    std::vector<Member> members;
};

struct ReadRingOwners {
    Bytes ring;
    Bytes fingerprint;
    std::vector<std::vector<Bytes>> owners;  // of each key, in their order
};

struct ReadRingDiff {
    struct Move {
        std::optional<Bytes> from;  // none: nobody had it
        std::optional<Bytes> to;
        double share = 0;
    };
    Bytes ring;
    Bytes fingerprint;
    Bytes fingerprint_after;
    double moved = 0;
    bool exact = true;
    bool listed = true;
    std::vector<Move> moves;
};

struct ReadRingExport {
    struct Member {
        Bytes name;
        std::uint64_t weight = 0;
        Bytes zone;
    };
    Bytes ring;
    Bytes fingerprint;
    Bytes algorithm;
    std::uint64_t vnodes = 0;
    std::uint64_t count = 0;      // of all points
    std::uint64_t from = 0;       // the first of these
    std::vector<Member> members;  // with the first part
    std::vector<std::uint64_t> positions;
    std::vector<std::uint64_t> owners;  // as positions in the list of members
};

struct ReadRingStatus {
    struct Differing {
        Bytes name;
        std::optional<Bytes> fingerprint;  // none: it has no such ring
        std::optional<ReadPending> pending;
        std::vector<Bytes> held;
        std::uint64_t held_more = 0;
        Bytes error;
    };
    Bytes ring;
    Bytes fingerprint;
    std::optional<ReadPending> pending;
    std::vector<Bytes> agree;
    std::vector<Differing> differ;
    std::vector<Bytes> silent;
};

struct ReadDrain {
    bool draining = false;
    std::optional<std::int64_t> until_ns;
};

// Each: the error names the field that is not as it should be.
Result<ReadRing> read_ring(const Value& body);
Result<ReadRingOwners> read_ring_owners(const Value& body);
Result<ReadRingDiff> read_ring_diff(const Value& body);
Result<ReadRingExport> read_ring_export(const Value& body);
Result<ReadRingStatus> read_ring_status(const Value& body);
Result<ReadDrain> read_drain(const Value& body);

}  // namespace muster::api
