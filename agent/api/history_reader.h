// Replies about the past as a client reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/api/fields.h"
#include "agent/api/finding.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

struct ReadChange {
    std::uint64_t seq = 0;
    std::int64_t wall_ns = 0;
    Bytes event;    // "member-join", ...
    Bytes subject;  // member, leader, ring or user event: its name
    Bytes from;
    Bytes to;
    std::uint64_t incarnation = 0;
    Bytes addr;
    std::uint64_t port = 0;
    Bytes cause;
    Bytes by;
    std::vector<Bytes> others;
    std::uint64_t health = 0;
    TextMap tags;
    std::optional<TextMap> tags_before;  // none: they are the same
    std::uint64_t number = 0;            // term, Lamport time, changes lost, members alive
    std::uint64_t number_before = 0;     // members known
    Bytes fingerprint;
    Bytes fingerprint_before;
    Bytes payload;
};

struct ReadHistory {
    std::vector<ReadChange> changes;
    std::uint64_t oldest = 1;
    std::uint64_t newest = 0;
    std::uint64_t next = 1;
    bool more = false;
};

// Why a member stands as it does.
struct ReadStory {
    Bytes member;
    Bytes status;
    std::int64_t since_ns = 0;
    std::vector<Bytes> sentences;
    std::vector<ReadChange> evidence;
};

// Each: the error names the field that is not as it should be.
Result<ReadHistory> read_history(const Value& body);
Result<ReadStory> read_story(const Value& body);
Result<std::vector<Finding>> read_findings(const Value& body);

}  // namespace muster::api
