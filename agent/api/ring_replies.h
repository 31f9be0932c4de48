// The bodies of replies about rings. Written off the loop's thread: they read the rings, and what
// they are given, alone. The reading side is agent/api/ring_reader.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/api/encoder.h"
#include "agent/api/ring_messages.h"
#include "agent/api/ring_questions.h"
#include "agent/ring/ring.h"
#include "agent/ring/rings.h"
#include "agent/ring/status.h"

namespace muster::api {

// What is known of a ring on the loop's thread, when it was asked for.
struct RingFacts {
    Bytes ring;
    ring::SharedMembers in_use;
    std::int64_t since_ns = 0;             // since 1970
    std::optional<std::uint64_t> pending;  // the fingerprint of what is to be used
    Duration pending_in{};                 // so soon
    std::uint32_t replicas = 1;
    std::vector<Bytes> held;  // held out by this agent, sorted
};

void write_ring(Encoder& encoder, const RingFacts& facts, const ring::Ring& ring);
void write_ring_owners(Encoder& encoder, const RingOwnersRequest& request, const RingFacts& facts,
                       const ring::Ring& ring);
// The set of members as the request would have it. The error: there is no such member.
Result<ring::SharedMembers> changed_set(const ring::MemberSet& now, const RingDiffRequest& request);
void write_ring_diff(Encoder& encoder, const Bytes& name, const ring::Ring& before,
                     const ring::Ring& after);
void write_ring_export(Encoder& encoder, const RingExportRequest& request, const RingFacts& facts,
                       const ring::Ring& ring);
void write_ring_status(Encoder& encoder, const RingFacts& facts, const ring::Agreement& agreement);

// The record of a stream.
void write_ring_change(Encoder& encoder, const RingChange& change, std::int64_t wall_ns);

// `until_ns`: since 1970; none: it is not drained, or nobody has said until when.
void write_drain(Encoder& encoder, bool active, std::optional<std::int64_t> until_ns);
// In place of any of them, with an error in the header.
void write_nothing(Encoder& encoder);

// Moves told in one reply; if there are more, none is.
inline constexpr std::size_t max_told_moves = 16384;

}  // namespace muster::api
