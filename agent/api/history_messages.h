// What clients ask about the past: agent/api/messages.h has the commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

struct HistoryRequest {
    Bytes member = {};                          // empty: of all
    std::uint64_t from = 0;                     // the first change wanted; 0: the oldest
    std::optional<std::int64_t> since_ns = {};  // none before it, since 1970
    std::uint64_t limit = 0;                    // 0: as many as one reply has
};
// One of the two.
struct MembersAtRequest {
    std::optional<std::uint64_t> seq = {};     // after this change
    std::optional<std::int64_t> time_ns = {};  // at this moment, since 1970
};

struct ExplainRequest {
    Bytes member = {};
};

// Each: the error names the field.
Result<HistoryRequest> decode_history(const Value& body);
Result<MembersAtRequest> decode_members_at(const Value& body);
Result<ExplainRequest> decode_explain(const Value& body);

void encode_body(const HistoryRequest& request, std::string& out);
void encode_body(const MembersAtRequest& request, std::string& out);
void encode_body(const ExplainRequest& request, std::string& out);

}  // namespace muster::api
