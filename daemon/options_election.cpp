// The options of the leader's election: --voter and --expect, and [election] in the file. What they
// mean stands in docs/election.md.
#include <charconv>

#include "agent/api/duration.h"
#include "daemon/options.h"

namespace muster {

namespace {

using election::Mode;
using Values = std::vector<std::string>;
using Refusal = std::optional<std::string>;

template <class T>
Refusal number(const Option& option, const std::string& text, T& target) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < option.least ||
        number > option.most) {
        return "'" + text + "' is not possible (a whole number from " +
               std::to_string(option.least) + " to " + std::to_string(option.most) + ")";
    }
    target = static_cast<T>(number);
    return std::nullopt;
}

Refusal voter(const Option& /*option*/, Settings& settings, const Values& values) {
    settings.election.candidate = values.front() == "true";
    return std::nullopt;
}

Refusal expect(const Option& option, Settings& settings, const Values& values) {
    return number(option, values.front(), settings.election.expect);
}

Refusal priority(const Option& option, Settings& settings, const Values& values) {
    return number(option, values.front(), settings.election.priority);
}

Refusal mode(const Option& /*option*/, Settings& settings, const Values& values) {
    if (values.front() == "quorum") {
        settings.election.mode = Mode::Quorum;
    } else if (values.front() == "view") {
        settings.election.mode = Mode::View;
    } else if (values.front() == "off") {
        settings.election.mode = Mode::Off;
    } else {
        return "'" + values.front() + "' is not a mode (quorum, view or off)";
    }
    return std::nullopt;
}

Refusal timing(const Option& /*option*/, Settings& settings, const Values& values) {
    if (values.front() == "standard") {
        settings.election.timing = election::standard_timing;
    } else if (values.front() == "steady") {
        settings.election.timing = election::steady_timing;
    } else if (values.front() == "fast") {
        settings.election.timing = election::fast_timing;
    } else {
        return "'" + values.front() + "' is not a timing (standard, steady or fast)";
    }
    return std::nullopt;
}

Refusal voters(const Option& /*option*/, Settings& settings, const Values& values) {
    if (values.size() > election::max_voters) {
        return std::to_string(values.size()) + " voters are too many, at most " +
               std::to_string(election::max_voters) + " are possible";
    }
    settings.election.list.assign(values.begin(), values.end());
    return std::nullopt;
}

Refusal replace_after(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<Duration> duration = api::parse_duration(values.front());
    if (!duration)
        return duration.error().text;
    settings.election.replace_after = *duration;
    return std::nullopt;
}

Refusal only_cluster(const Option& /*option*/, Settings& settings, const Values& values) {
    constexpr std::size_t digits = 16;
    const std::string& text = values.front();
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
    if (error != std::errc{} || end != text.data() + text.size() || text.size() != digits ||
        id == 0) {
        return "'" + text + "' is not a cluster id (16 hex digits, as `muster leader` shows them)";
    }
    settings.election.cluster = election::ClusterId{id};
    return std::nullopt;
}

}  // namespace

std::vector<Option> election_options() {
    using enum ValueKind;
    return {
        {"", "voter", Switch, true, "",
         "vote for the cluster's leader, and be one; needs a data directory", voter},
        {"", "expect", Number, true, "N", "found the cluster of voters when there are N of them",
         expect, 1, election::max_voters},
        {"election", "mode", Text, false, "",
         "quorum, view or off; left out: quorum where there are voters, else view", mode},
        {"election", "timing", Text, false, "",
         "of a cluster that is founded: standard (lease 800ms), steady (5s) or fast (150ms)",
         timing},
        {"election", "voters", List, false, "",
         "found the cluster with exactly these members, instead of with `expect`", voters},
        {"election", "priority", Number, false, "",
         "who is preferred as leader, the highest first; 0 votes and does not lead (100)", priority,
         0, UINT8_MAX},
        {"election", "replace_after", Time, false, "",
         "replace a voter that was silent for so long by a spare; left out: never", replace_after},
        {"election", "cluster", Text, false, "", "the only cluster of voters to belong to",
         only_cluster},
    };
}

}  // namespace muster
