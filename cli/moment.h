// Moments of the past as people write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "swim/result.h"

namespace muster::cli {

struct PastMoment {
    std::optional<std::uint64_t> seq;  // the number of a change; none: it is a time
    std::int64_t wall_ns = 0;          // since 1970
};

// "1234": after this change. "10m": so long before now. RFC 3339, also with a space for the T,
// without seconds, or without a zone, which is UTC then: "2026-01-31T03:12:07Z", "2026-01-31
// 03:12". The error names the text and the forms.
Result<PastMoment> parse_moment(std::string_view text, std::int64_t now_ns);

}  // namespace muster::cli
