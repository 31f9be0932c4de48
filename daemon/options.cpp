#include "daemon/options.h"

#include <algorithm>
#include <charconv>

#include "agent/cluster/mark.h"
#include "agent/net/seed.h"
#include "daemon/event_handler.h"

namespace muster {

namespace {

using Values = std::vector<std::string>;
using Refusal = std::optional<std::string>;

std::string in_capitals(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

template <std::string Settings::*Member>
Refusal text(const Option& /*option*/, Settings& settings, const Values& values) {
    settings.*Member = values.front();
    return std::nullopt;
}

Refusal node(const Option& /*option*/, Settings& settings, const Values& values) {
    constexpr std::size_t max_name = 255;
    if (values.front().empty())
        return "a node needs a name (leave it out for the host's name)";
    if (values.front().size() > max_name) {
        return "the name has " + std::to_string(values.front().size()) + " bytes, at most " +
               std::to_string(max_name) + " are possible";
    }
    settings.node = values.front();
    return std::nullopt;
}

Refusal bind(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<Endpoint> endpoint = Endpoint::parse(values.front(), default_port);
    if (!endpoint)
        return endpoint.error().text;
    settings.bind = endpoint->plain();
    return std::nullopt;
}

Refusal advertise(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<Endpoint> endpoint = Endpoint::parse(values.front(), 0);
    if (!endpoint)
        return endpoint.error().text;
    if (endpoint->is_wildcard()) {
        return "'" + values.front() +
               "' is a wildcard, no address that others could send to (give one of this host, or "
               "leave it out)";
    }
    settings.advertise = endpoint->plain();
    return std::nullopt;
}

Refusal rpc_addr(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<Endpoint> endpoint = Endpoint::parse(values.front(), default_rpc_port);
    if (!endpoint)
        return endpoint.error().text;
    settings.rpc_addr = endpoint->plain();
    return std::nullopt;
}

Refusal join(const Option& /*option*/, Settings& settings, const Values& values) {
    for (const std::string& value : values) {
        if (const Result<net::Seed> seed = net::parse_seed(value, default_port); !seed)
            return seed.error().text;
    }
    settings.join = values;
    return std::nullopt;
}

// Adds to what stands below: a flag changes one tag of a file, and keeps the others.
Refusal tags(const Option& /*option*/, Settings& settings, const Values& values) {
    for (const std::string& value : values) {
        const std::size_t equals = value.find('=');
        if (equals == std::string::npos || equals == 0)
            return "'" + value + "' is not a tag (write KEY=VALUE)";
        if (std::string_view(value).substr(0, equals) == cluster::mark_tag)
            return "the tag 'muster' is reserved for musterd itself: leave it out";
        settings.tags[value.substr(0, equals)] = value.substr(equals + 1);
    }
    return std::nullopt;
}

Refusal api_path(const Option& /*option*/, Settings& settings, const Values& values) {
    // sun_path has 108 bytes, the last of them a zero.
    constexpr std::size_t max_path = 107;
    if (values.front().empty())
        return "a path is needed (leave it out for the usual one)";
    if (values.front().size() > max_path) {
        return "the path has " + std::to_string(values.front().size()) +
               " bytes, a socket's can have " + std::to_string(max_path);
    }
    settings.api = values.front();
    return std::nullopt;
}

Refusal ephemeral(const Option& /*option*/, Settings& settings, const Values& values) {
    settings.ephemeral = values.front() == "true";
    return std::nullopt;
}

Refusal profile(const Option& /*option*/, Settings& settings, const Values& values) {
    using swim::Profile;
    if (values.front() == "lan") {
        settings.profile = Profile::Lan;
    } else if (values.front() == "wan") {
        settings.profile = Profile::Wan;
    } else if (values.front() == "local") {
        settings.profile = Profile::Local;
    } else {
        return "'" + values.front() + "' is not a profile (lan, wan or local)";
    }
    settings.swim = swim::profile_config(settings.profile);
    return std::nullopt;
}

Refusal label(const Option& /*option*/, Settings& settings, const Values& values) {
    constexpr std::size_t max_label = 255;  // its length is one byte on the wire
    if (values.front().size() > max_label) {
        return "the label has " + std::to_string(values.front().size()) + " bytes, at most " +
               std::to_string(max_label) + " are possible";
    }
    settings.label = values.front();
    return std::nullopt;
}

// Not repeated in any error, as it is a secret.
Refusal encrypt_key(const Option& /*option*/, Settings& settings, const Values& values) {
    const Result<swim::Key> key = swim::Key::from_base64(values.front());
    if (!key)
        return key.error().text;
    settings.keyring = {};
    if (const std::optional<Error> error = settings.keyring.install(*key))
        return error->text;
    return std::nullopt;
}

Refusal log_level(const Option& /*option*/, Settings& settings, const Values& values) {
    const std::optional<LogLevel> level = parse_log_level(values.front());
    if (!level)
        return "'" + values.front() + "' is not a level (trace, debug, info, warn or error)";
    settings.log_level = *level;
    return std::nullopt;
}

Refusal log_format(const Option& /*option*/, Settings& settings, const Values& values) {
    if (values.front() != "text" && values.front() != "json")
        return "'" + values.front() + "' is not a format (text or json)";
    settings.log_format = values.front() == "json" ? LogFormat::Json : LogFormat::Text;
    return std::nullopt;
}

// Serf's: the command of each that is given, in their order.
Refusal event_handlers(const Option& /*option*/, Settings& settings, const Values& values) {
    std::vector<hooks::Spec> specs;
    for (const std::string& value : values) {
        Result<hooks::Spec> spec = event_handler(value, specs.size() + 1);
        if (!spec)
            return spec.error().text;
        specs.push_back(*std::move(spec));
    }
    settings.hooks = std::move(specs);
    return std::nullopt;
}

template <std::uint32_t TokenBucket::Limits::*Limit>
Refusal limit(const Option& option, Settings& settings, const Values& values) {
    std::uint64_t number = 0;
    if (Refusal refusal = read_number(option, values.front(), number))
        return refusal;
    settings.event_limits.*Limit = static_cast<std::uint32_t>(number);
    return std::nullopt;
}

}  // namespace

std::string Option::flag() const {
    std::string out = "--" + std::string(key);
    std::replace(out.begin(), out.end(), '_', '-');
    return out;
}

std::string Option::variable() const {
    return "MUSTER_" + (section.empty() ? "" : in_capitals(section) + "_") + in_capitals(key);
}

std::string Option::full_key() const {
    return (section.empty() ? "" : std::string(section) + ".") + std::string(key);
}

std::vector<Option> all_options() {
    using enum ValueKind;
    std::vector<Option> options{
        {"", "node", Text, true, "NAME", "the name of this member (the host's name)", node},
        {"", "bind", Text, true, "ADDR[:PORT]",
         "where to listen, UDP and TCP (0.0.0.0:7946, all addresses of this host)", bind},
        {"", "advertise", Text, true, "ADDR[:PORT]",
         "the address that the others are told (the bind address; with a wildcard, that of the "
         "route to the seeds)",
         advertise},
        {"", "join", List, true, "HOST[:PORT]", "a member to join; repeatable", join},
        {"", "tag", Pairs, true, "K=V", "a tag of this member; repeatable", tags},
        {"", "api", Text, true, "PATH",
         "the socket that `muster` talks to ($XDG_RUNTIME_DIR/muster.sock, or "
         "/run/muster/muster.sock for root)",
         api_path},
        {"", "rpc_addr", Text, true, "ADDR:PORT",
         "serve Serf's RPC on TCP here too, for Serf's own tools", rpc_addr},
        {"", "rpc_auth", Text, false, "", "the token that clients on rpc_addr must show",
         text<&Settings::rpc_auth>},
        {"", "event_rate", Number, false, "",
         "user events that programs may fire here a second, 0: any number (200)",
         limit<&TokenBucket::Limits::rate>, 0, 1'000'000},
        {"", "event_burst", Number, false, "", "and how many of them at once (1000)",
         limit<&TokenBucket::Limits::burst>, 1, 1'000'000},
        {"", "data_dir", Text, true, "DIR",
         "where state is kept over restarts (/var/lib/muster for root)", text<&Settings::data_dir>},
        {"", "ephemeral", Switch, true, "", "keep no state at all", ephemeral},
        {"", "profile", Text, true, "lan|wan|local", "timing of the gossip (lan)", profile},
        {"", "label", Text, true, "LABEL",
         "a cluster's label: packets with another one are refused", label},
        {"", "keyring", Text, true, "FILE",
         "the cluster's keys: what is sent is encrypted, and nothing else taken in",
         text<&Settings::keyring_file>},
        {"", "encrypt_key", Text, false, "", "the one key of a cluster that has no keyring",
         encrypt_key},
        {"", "event_handler", List, true, "SPEC",
         "[EVENT[,EVENT...]=]COMMAND, run by /bin/sh for each such event, as Serf does; repeatable",
         event_handlers},
        {"", "log_level", Text, true, "LEVEL", "trace, debug, info, warn or error (info)",
         log_level},
        {"", "log_format", Text, true, "text|json", "how log lines are written (text)", log_format},
    };
    const auto option_of = [&](std::string_view key) {
        return std::find_if(options.begin(), options.end(),
                            [&](const Option& option) { return option.key == key; });
    };
    const auto also = [&](std::string_view key, std::string_view other) {
        option_of(key)->also = other;
    };
    also("tag", "tags");              // what one writes over a table of several
    also("keyring", "keyring_file");  // as Serf calls it
    also("event_handler", "event_handlers");
    option_of("event_handler")->is_whole = true;
    const std::vector<Option> electing = election_options();
    options.insert(options.end(), electing.begin(), electing.end());
    const std::vector<Option> keeping = journal_options();
    options.insert(options.end(), keeping.begin(), keeping.end());
    const std::vector<Option> knobs = knob_options();
    options.insert(options.end(), knobs.begin(), knobs.end());
    return options;
}

std::optional<std::string> read_number(const Option& option, const std::string& text,
                                       std::uint64_t& number, const char* unit) {
    std::uint64_t read = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    if (error != std::errc{} || end != text.data() + text.size() || read < option.least ||
        read > option.most)
        return "'" + text + "' is not possible (" + unit + "a whole number from " +
               std::to_string(option.least) + " to " + std::to_string(option.most) + ")";
    number = read;
    return std::nullopt;
}

const Option* find_option(const std::vector<Option>& options, std::string_view section,
                          std::string_view key) {
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) {
        return option.section == section && (option.key == key || option.also == key);
    });
    return found == options.end() ? nullptr : &*found;
}

}  // namespace muster
