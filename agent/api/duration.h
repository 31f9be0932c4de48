// Durations as people write them, in options, in configuration files and in requests: `500ms`,
// `3s`, `2m`, `1h`, `1h30m`, `1.5s`. Pure; for the daemon and the cli alike.
#pragma once

#include <string>
#include <string_view>

#include "swim/result.h"
#include "swim/time.h"

namespace muster::api {

// What `text` says: one or more of NUMBER UNIT, where UNIT is ns, us, ms, s, m, h or d and NUMBER
// may have a decimal fraction. Not negative. "0" needs no unit. The error names the text and the
// form that is expected.
Result<Duration> parse_duration(std::string_view text);

// Text that parse_duration() reads back exactly, in whole numbers: "1h30m", "1s500ms", "720h",
// "0s". REQUIRES: not negative.
std::string to_string(Duration duration);

}  // namespace muster::api
