// Replies about the past as a client reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/api/fields.h"
#include "agent/api/finding.h"
#include "agent/api/read_change.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

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
