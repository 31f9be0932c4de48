#include "cli/time_text.h"

#include <cstdio>
#include <ctime>

namespace muster::cli {

std::string to_rfc3339(std::int64_t wall_ns) {
    constexpr std::int64_t second = 1'000'000'000;
    std::int64_t fraction = wall_ns % second;
    auto seconds = static_cast<std::time_t>(wall_ns / second);
    if (fraction < 0) {
        fraction += second;
        --seconds;
    }
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[64];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    char digits[16];
    std::snprintf(digits, sizeof digits, ".%03dZ", static_cast<int>(fraction / 1'000'000));
    return std::string(text, size) + digits;
}

}  // namespace muster::cli
