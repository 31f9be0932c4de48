// The options of the history: [journal] in the file.
#include "agent/api/duration.h"
#include "daemon/options.h"

namespace muster {

namespace {

using Values = std::vector<std::string>;
using Refusal = std::optional<std::string>;

// An empty journal takes most of the least already.
constexpr std::uint64_t least_size = std::uint64_t{64} << 10U;
constexpr std::uint64_t most_size = std::uint64_t{1} << 40U;

Refusal keep(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<Duration> duration = api::parse_duration(values.front());
    if (!duration)
        return duration.error().text;
    settings.retention.keep = *duration;
    return std::nullopt;
}

Refusal max_size(const Option& option, Settings& settings, const Values& values) {
    return read_number(option, values.front(), settings.retention.max_size, "bytes, ");
}

}  // namespace

std::vector<Option> journal_options() {
    using enum ValueKind;
    return {
        {"journal", "keep", Time, false, "", "how long changes are kept (720h)", keep},
        {"journal", "max_size", Number, false, "",
         "bytes of the history, beyond which its oldest changes go (67108864)", max_size,
         least_size, most_size},
    };
}

}  // namespace muster
