#include "cli/options_ring.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "agent/api/duration.h"
#include "agent/api/ring_messages.h"
#include "cli/options_parts.h"

namespace muster::cli {

struct RingOptions::Raw {
    CLI::App* ring = nullptr;
    std::string name;
    RingOwnersOptions owners;
    std::string without;
    std::string with;
    std::string at;
    std::string timeout = "0s";
    CLI::App* drain = nullptr;
    std::string time;
};

namespace {

Duration duration_of(const std::string& option, const std::string& text) {
    const Result<Duration> duration = api::parse_duration(text);
    if (!duration)
        throw CLI::ValidationError(option, duration.error().text);
    return *duration;
}

// A name may hold a colon, a weight does not.
api::RingDiffRequest::Joining joining_of(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    api::RingDiffRequest::Joining joining{.name = text.substr(0, colon), .weight = 0};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] =
        colon == std::string::npos ? std::from_chars_result{end, std::errc::invalid_argument}
                                   : std::from_chars(text.data() + colon + 1, end, joining.weight);
    if (error != std::errc{} || stopped != end || joining.name.empty() || joining.weight > 100)
        throw CLI::ValidationError(
            "--with", "'" + text + "' is not NAME:WEIGHT, with a weight from 0 to 100");
    return joining;
}

}  // namespace

RingOptions::RingOptions() : raw_(std::make_unique<Raw>()) {}
RingOptions::~RingOptions() = default;

void RingOptions::add_to(CLI::App& app) {
    Raw& raw = *raw_;
    raw.ring = app.add_subcommand("ring", "which member owns which key");
    CLI::App* owners = raw.ring->add_subcommand("owners", "who owns these keys (4: nobody)");
    add(*owners, "keys", raw.owners.keys, "KEY",
        "the keys; - reads them from standard input, one a line")
        ->required();
    add(*owners, "-n", raw.owners.owners, "N",
        "so many owners of each (default: the ring's replicas)")
        ->check(CLI::Range(std::uint64_t{1}, api::max_owners));
    owners->add_flag("--distinct-zones", raw.owners.distinct_zones,
                     "owners in different zones, as far as there are");
    CLI::App* show = raw.ring->add_subcommand("show", "who is in the ring, and with which share");
    CLI::App* part = raw.ring->add_subcommand("export", "the whole assignment, as JSON");
    CLI::App* diff =
        raw.ring->add_subcommand("diff", "which keys a change would move, or has moved");
    auto* without = add(*diff, "--without", raw.without, "NAME", "if this member went");
    auto* with =
        add(*diff, "--with", raw.with, "NAME:WEIGHT", "if this member came, or had this weight");
    auto* at = add(*diff, "--at", raw.at, "MOMENT",
                   "since a change's number, so long ago, or a time in UTC");
    with->excludes(without);
    at->excludes(without)->excludes(with);
    CLI::App* status =
        raw.ring->add_subcommand("status", "whether all agents use the same ring (4: they do not)");
    add(*status, "--timeout", raw.timeout, "DURATION",
        "wait so long for answers, twice if need be (default: as the cluster's size asks for)");
    for (CLI::App* each : {owners, show, part, diff, status})
        add(*each, "--ring", raw.name, "NAME", "a ring of the configuration");
    raw.ring->require_subcommand(1);

    raw.drain = app.add_subcommand("drain", "take this host's keys and its leadership from it");
    CLI::App* on = raw.drain->add_subcommand("on", "drain it; it stays so over restarts");
    add(*on, "--for", raw.time, "DURATION", "and end that by itself after so long: 90s, 10m, 2h");
    raw.drain->add_subcommand("off", "end it");
    raw.drain->add_subcommand("status", "whether it is drained (4: it is not)");
    raw.drain->require_subcommand(1);
}

bool RingOptions::knows(const std::string& command) {
    return command == "ring" || command == "drain";
}

CommandOptions RingOptions::chosen(const std::string& command) {
    Raw& raw = *raw_;
    if (command == "drain") {
        DrainOptions drain;
        const std::string action = raw.drain->get_subcommands().front()->get_name();
        drain.action = action == "on"    ? DrainOptions::Action::On
                       : action == "off" ? DrainOptions::Action::Off
                                         : DrainOptions::Action::Status;
        if (!raw.time.empty())
            drain.time = duration_of("--for", raw.time);
        if (drain.time && (*drain.time <= Duration::zero() || *drain.time > api::max_drain))
            throw CLI::ValidationError("--for", "'" + raw.time +
                                                    "' is not a time of more than nothing, and "
                                                    "less than a year");
        return drain;
    }
    const std::string action = raw.ring->get_subcommands().front()->get_name();
    if (action == "owners") {
        raw.owners.ring = raw.name;
        return raw.owners;
    }
    if (action == "show")
        return RingShowOptions{.ring = raw.name};
    if (action == "export")
        return RingExportOptions{.ring = raw.name};
    if (action == "status")
        return RingStatusOptions{.ring = raw.name,
                                 .timeout = duration_of("--timeout", raw.timeout)};
    RingDiffOptions diff;
    diff.request.ring = raw.name;
    if (!raw.with.empty())
        diff.request.with = joining_of(raw.with);
    else if (!raw.without.empty())
        diff.request.without = raw.without;
    else if (!raw.at.empty())
        diff.at = raw.at;
    else
        throw CLI::ValidationError(
            "ring diff", "say which change: --without NAME, --with NAME:WEIGHT or --at MOMENT");
    return diff;
}

}  // namespace muster::cli
