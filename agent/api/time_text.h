// Moments as text. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace muster::api {

// RFC 3339 in UTC with milliseconds: "2026-01-31T03:12:07.120Z". Nanoseconds since 1970.
std::string to_rfc3339(std::int64_t wall_ns);

}  // namespace muster::api
