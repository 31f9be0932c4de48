#include "cli/options_cluster.h"

#include <CLI/CLI.hpp>

#include "agent/api/duration.h"
#include "cli/options_parts.h"

namespace muster::cli {

struct ClusterOptions::Raw {
    CLI::App* tags_set = nullptr;
    std::vector<std::string> tag_pairs;
    std::vector<std::string> tag_keys;
    EventOptions event;
    QueryOptions query;
    std::vector<std::string> filter_tags;
    std::string timeout = "0s";
    unsigned relay_factor = 0;
    CLI::App* keys = nullptr;
    std::string key;
    RotateOptions rotate;
    KeygenOptions keygen;
    RttOptions rtt;
};

namespace {

using Action = KeysOptions::Action;

constexpr char payload_help[] = "bytes for whoever hears it; - reads them from standard input";
constexpr char key_help[] = "the key in base64; - reads it from standard input";

api::TextMap pairs(const std::string& option, const std::vector<std::string>& texts,
                   const char* form) {
    api::TextMap pairs;
    for (const std::string& text : texts) {
        auto pair = split_pair(option, text, form);
        const std::string key = pair.first;
        if (!pairs.insert(std::move(pair)).second)
            throw CLI::ValidationError(option, "'" + key + "' is given twice");
    }
    return pairs;
}

}  // namespace

ClusterOptions::ClusterOptions() : raw_(std::make_unique<Raw>()) {}
ClusterOptions::~ClusterOptions() = default;

void ClusterOptions::add_to(CLI::App& app) {
    Raw& raw = *raw_;
    CLI::App* tags = app.add_subcommand("tags", "change the agent's own tags");
    raw.tags_set = tags->add_subcommand("set", "add tags, or give them other values");
    add(*raw.tags_set, "pairs", raw.tag_pairs, "KEY=VALUE", "the tags")->required();
    CLI::App* tags_delete = tags->add_subcommand("delete", "take tags away");
    add(*tags_delete, "keys", raw.tag_keys, "KEY", "their keys")->required();
    tags->require_subcommand(1);

    CLI::App* event = app.add_subcommand("event", "tell all members something, once");
    add(*event, "name", raw.event.name, "NAME", "the event's name")->required();
    add(*event, "payload", raw.event.payload.text, "PAYLOAD", payload_help);
    event->add_flag("--coalesce", raw.event.coalesce,
                    "of several with this name, close together, hearers may see only the last");

    CLI::App* query =
        app.add_subcommand("query", "ask all members something, and show the answers");
    add(*query, "name", raw.query.name, "NAME", "the query's name")->required();
    add(*query, "payload", raw.query.payload.text, "PAYLOAD", payload_help);
    add_each(*query, "--filter-node", raw.query.filter_nodes, "NAME",
             "ask only this member; repeatable");
    add_each(*query, "--filter-tag", raw.filter_tags, "KEY=RE",
             "ask only members with such a tag; repeatable");
    add(*query, "--timeout", raw.timeout, "DURATION",
        "wait so long for answers (default: as the cluster's size asks for)");
    query->add_flag("--no-ack", raw.query.no_ack, "do not ask for acknowledgements");
    add(*query, "--relay-factor", raw.relay_factor, "N",
        "send each answer also by way of N other members, at most 255")
        ->check(CLI::Range(0U, 255U));

    raw.keys = app.add_subcommand("keys", "the keys with which the cluster encrypts");
    raw.keys->add_subcommand("list", "show all keys, and how many members have each");
    for (const auto& [name, help] :
         {std::pair("install", "give every member another key, to understand others with"),
          std::pair("use", "make every member encrypt with this key"),
          std::pair("remove", "take a key away from every member")})
        add(*raw.keys->add_subcommand(name, help), "key", raw.key, "KEY", key_help)->required();
    raw.keys->add_subcommand("status", "show which key each member encrypts with (4: they differ)");
    CLI::App* rotate = raw.keys->add_subcommand(
        "rotate", "replace the cluster's key by a new one, step by step (3: not complete)");
    rotate->add_flag("--resume", raw.rotate.resume, "go on with a rotation that was not completed");
    rotate->add_flag("--force", raw.rotate.force, "do not wait for members that do not answer");
    rotate->add_flag("--show", raw.rotate.show, "print the new key where somebody must type it");
    add(*rotate, "--to", raw.rotate.to, "FINGERPRINT",
        "with --resume: which of the keys is the new one")
        ->needs("--resume");
    raw.keys->require_subcommand(1);

    CLI::App* keygen = app.add_subcommand("keygen", "make a new key");
    add(*keygen, "--keyring", raw.keygen.keyring, "FILE",
        "and put it into this new keyring file, rather than print it");

    CLI::App* rtt = app.add_subcommand("rtt", "the estimated round-trip time between two members");
    add(*rtt, "a", raw.rtt.a, "A", "a member")->required();
    add(*rtt, "b", raw.rtt.b, "B", "another one (default: the agent itself)");
    app.add_subcommand("reachability", "ask all members for a sign of life (4: one is silent)");
}

CommandOptions ClusterOptions::chosen(const std::string& command) {
    Raw& raw = *raw_;
    if (command == "tags") {
        if (!*raw.tags_set)
            return TagsOptions{.set = {}, .remove = raw.tag_keys};
        return TagsOptions{.set = pairs("tags set", raw.tag_pairs, "KEY=VALUE"), .remove = {}};
    }
    if (command == "event")
        return raw.event;
    if (command == "query") {
        raw.query.filter_tags = pairs("--filter-tag", raw.filter_tags, "KEY=EXPRESSION");
        const Result<Duration> timeout = api::parse_duration(raw.timeout);
        if (!timeout)
            throw CLI::ValidationError("--timeout", timeout.error().text);
        raw.query.timeout = *timeout;
        raw.query.relay_factor = static_cast<std::uint8_t>(raw.relay_factor);
        return raw.query;
    }
    if (command == "keygen")
        return raw.keygen;
    if (command == "rtt")
        return raw.rtt;
    if (command == "reachability")
        return ReachabilityOptions{};
    const std::string action = raw.keys->get_subcommands().front()->get_name();
    if (action == "rotate")
        return raw.rotate;
    KeysOptions keys{.action = Action::List, .key = raw.key};
    for (const auto& [name, its_action] :
         {std::pair("install", Action::Install), std::pair("use", Action::Use),
          std::pair("remove", Action::Remove), std::pair("status", Action::Status)}) {
        if (action == name)
            keys.action = its_action;
    }
    return keys;
}

}  // namespace muster::cli
