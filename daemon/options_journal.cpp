// The options of the history: [journal] in the file.
#include <charconv>

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
    const std::string& text = values.front();
    std::uint64_t bytes = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error != std::errc{} || end != text.data() + text.size() || bytes < option.least ||
        bytes > option.most)
        return "'" + text + "' is not possible (bytes, a whole number from " +
               std::to_string(option.least) + " to " + std::to_string(option.most) + ")";
    settings.retention.max_size = bytes;
    return std::nullopt;
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
