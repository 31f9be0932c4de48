// What clients ask about rings and drain, as values: agent/api/messages.h has the commands. Read by
// the server, written by the cli.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::api {

// Each: the ring's name; empty: `default`, or the only one.

struct RingRequest {
    Bytes ring = {};
};
struct RingOwnersRequest {
    Bytes ring = {};
    std::vector<Bytes> keys = {};  // in JSON also `KeysBase64`, in their place
    std::uint64_t owners = 0;      // of each; 0: as many as the ring has replicas
    bool distinct_zones = false;
};
// Exactly one of the four.
struct RingDiffRequest {
    Bytes ring = {};
    std::optional<Bytes> without = {};
    struct Joining {
        Bytes name;
        std::uint64_t weight = 1;
    };
    std::optional<Joining> with = {};  // one that is there has the other weight
    // From how it was to how it is: after a change of the history, or at a time since 1970.
    std::optional<std::uint64_t> seq = {};
    std::optional<std::int64_t> time_ns = {};

    bool is_of_past() const { return seq || time_ns; }
};
struct RingStatusRequest {
    Bytes ring = {};
    Duration timeout = Duration::zero();  // zero: as for any query
};
// A part of the points: they are many.
struct RingExportRequest {
    Bytes ring = {};
    std::uint64_t from = 0;
    std::uint64_t count = 0;
};
struct DrainRequest {
    bool on = false;
    Duration time = Duration::zero();  // zero: until it is ended
};

inline constexpr std::uint64_t max_owners = 65535;
inline constexpr std::uint64_t max_export = 1U << 16U;  // points in one reply
// A drain that nobody ends is over after this, if it was given a time at all.
inline constexpr Duration max_drain = std::chrono::hours(24 * 365);

// Each: the error names the field.
Result<RingRequest> decode_ring(const Value& body);
Result<RingOwnersRequest> decode_ring_owners(const Value& body);
Result<RingDiffRequest> decode_ring_diff(const Value& body);
Result<RingStatusRequest> decode_ring_status(const Value& body);
Result<RingExportRequest> decode_ring_export(const Value& body);
Result<DrainRequest> decode_drain(const Value& body);

void encode_body(const RingRequest& request, std::string& out);
void encode_body(const RingOwnersRequest& request, std::string& out);
void encode_body(const RingDiffRequest& request, std::string& out);
void encode_body(const RingStatusRequest& request, std::string& out);
void encode_body(const RingExportRequest& request, std::string& out);
void encode_body(const DrainRequest& request, std::string& out);

}  // namespace muster::api
