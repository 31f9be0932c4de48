#include "cli/options.h"

#include <CLI/CLI.hpp>

#include "agent/api/duration.h"
#include "agent/api/text.h"
#include "cli/options_cluster.h"
#include "cli/options_hooks.h"
#include "cli/options_leader.h"
#include "cli/options_parts.h"
#include "cli/options_ring.h"

namespace muster::cli {

namespace {

// Options as CLI11 fills them in: text, until all of it is known to be good.
struct Raw {
    Options options;
    std::string format = "text";
    MembersOptions members;
    std::vector<std::string> tags;
    JoinOptions join;
    ForceLeaveOptions force_leave;
    WaitOptions wait;
    HistoryOptions history;
    std::string since;
    ExplainOptions explain;
    std::vector<std::string> wait_members;
    std::string timeout;
    MonitorOptions monitor;
    ClusterOptions cluster;
    RingOptions ring;
    HookCommands hooks;
    LeaveOptions leave;
    LeaderCommands leader;
};

const std::vector<std::string> statuses{"alive", "suspect", "leaving", "left", "failed", "none"};

void add_common(CLI::App& app, Raw& raw) {
    auto* api = add(app, "--api", raw.options.api, "PATH",
                    "the agent's socket (default: $MUSTER_API, or where musterd puts it)");
    add(app, "--rpc-addr", raw.options.rpc_addr, "HOST:PORT",
        "ask over Serf's RPC instead: a musterd with rpc_addr, or a serf agent")
        ->excludes(api);
    add(app, "--rpc-auth", raw.options.rpc_auth, "TOKEN", "the RPC's token")
        ->envname("MUSTER_RPC_AUTH");
    add(app, "--format", raw.format, "text|json", "for people, or for programs")
        ->check(CLI::IsMember({"text", "json"}));
}

void add_members(CLI::App& app, Raw& raw) {
    CLI::App* members =
        app.add_subcommand("members", "who is in the cluster, as this agent sees it");
    add(*members, "--status", raw.members.status, "RE", "only members with such a status");
    add(*members, "--name", raw.members.name, "RE", "only members with such a name");
    add_each(*members, "--tag", raw.tags, "KEY=RE", "only members with such a tag; repeatable");
    members->add_flag("--detailed", raw.members.detailed, "show all that is known of each");
    auto* watch = members->add_flag("--watch", raw.members.watch,
                                    "show them again whenever something changes");
    auto* at = add(*members, "--at", raw.members.at, "MOMENT",
                   "as they were: after a change's number, so long ago, or at a time in UTC");
    at->excludes(watch);
    for (const char* const filter : {"--status", "--name", "--tag"})
        at->excludes(members->get_option(filter));
}

void add_join_and_leave(CLI::App& app, Raw& raw) {
    CLI::App* join = app.add_subcommand("join", "join the cluster of other agents");
    add(*join, "seeds", raw.join.seeds, "HOST[:PORT]", "agents to join through")->required();
    join->add_flag("--replay", raw.join.replay, "also hear user events from before the join");
    CLI::App* leave =
        app.add_subcommand("leave", "leave the cluster gracefully; the agent then ends");
    leave->add_flag("--for-good", raw.leave.for_good,
                    "a voter is replaced by a spare, and does not count on coming back");
    CLI::App* force_leave =
        app.add_subcommand("force-leave", "make a failed member one that has left");
    add(*force_leave, "name", raw.force_leave.name, "NAME", "the member's name")->required();
    force_leave->add_flag("--prune", raw.force_leave.prune, "and forget it altogether");
}

void add_wait(CLI::App& app, Raw& raw) {
    CLI::App* wait = app.add_subcommand("wait", "wait until the cluster is as asked (else exit 3)");
    add(*wait, "--members", raw.wait.members, "N", "at least N members are alive")
        ->check(CLI::NonNegativeNumber);
    wait->add_flag("--leader", raw.wait.leader, "there is a leader");
    add_each(*wait, "--member", raw.wait_members, "NAME=STATUS",
             "the member is alive, suspect, leaving, left, failed, or none (unknown); repeatable");
    wait->add_flag("--ring-agreed", raw.wait.ring_agreed,
                   "all agents use the same ring, and are about to use no other");
    add(*wait, "--timeout", raw.timeout, "DURATION", "for so long at most: 500ms, 3s, 2m, 1h")
        ->required();
}

void add_others(CLI::App& app, Raw& raw) {
    CLI::App* history = app.add_subcommand("history", "what has happened, as this agent saw it");
    add(*history, "--member", raw.history.member, "NAME", "only to this member");
    add(*history, "--since", raw.since, "DURATION", "only so long ago: 10m, 3h, 2d");
    add(*history, "--from", raw.history.from, "SEQ", "from the change with this number on")
        ->check(CLI::NonNegativeNumber);
    history->add_flag("--follow", raw.history.follow, "and go on as more happens");
    CLI::App* explain =
        app.add_subcommand("explain", "why a member stands as it does, and what to do");
    add(*explain, "name", raw.explain.member, "NAME", "the member's name")->required();
    app.add_subcommand("doctor", "what is wrong with this agent, and what to do (4: something is)");
    app.add_subcommand("info", "the agent itself: counts, health, warnings");
    CLI::App* monitor = app.add_subcommand("monitor", "the agent's log, as it is written");
    add(*monitor, "--log-level", raw.monitor.log_level, "LEVEL",
        "this level and above: trace, debug, info, warn, err")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "err"}, CLI::ignore_case));
    app.add_subcommand("version", "the version of this program");
}

// What CLI11 cannot know.
void finish_wait(Raw& raw) {
    const Result<Duration> timeout = api::parse_duration(raw.timeout);
    if (!timeout)
        throw CLI::ValidationError("--timeout", timeout.error().text);
    raw.wait.timeout = *timeout;
    for (const std::string& text : raw.wait_members) {
        // A name may hold an equals sign, a status does not.
        const std::size_t equals = text.rfind('=');
        const std::string status = equals == std::string::npos ? "" : text.substr(equals + 1);
        if (equals == 0 || std::find(statuses.begin(), statuses.end(), status) == statuses.end())
            throw CLI::ValidationError(
                "--member", "'" + text +
                                "' is not NAME=STATUS, with one of alive, suspect, leaving, left, "
                                "failed, none");
        raw.wait.statuses.emplace_back(text.substr(0, equals), status);
    }
    if (!raw.wait.members && !raw.wait.leader && !raw.wait.ring_agreed && raw.wait.statuses.empty())
        throw CLI::ValidationError("wait",
                                   "say what to wait for: --members N, --leader, --member "
                                   "NAME=STATUS or --ring-agreed");
}

CommandOptions chosen(const std::string& command, Raw& raw) {
    if (command == "members") {
        for (const std::string& text : raw.tags)
            raw.members.tags.insert(split_pair("--tag", text, "KEY=EXPRESSION"));
        return raw.members;
    }
    if (command == "join")
        return raw.join;
    if (command == "leave")
        return raw.leave;
    if (command == "force-leave")
        return raw.force_leave;
    if (command == "info")
        return InfoOptions{};
    if (command == "history") {
        if (!raw.since.empty()) {
            const Result<Duration> since = api::parse_duration(raw.since);
            if (!since)
                throw CLI::ValidationError("--since", since.error().text);
            raw.history.since = *since;
        }
        return raw.history;
    }
    if (command == "explain")
        return raw.explain;
    if (command == "doctor")
        return DoctorOptions{};
    if (command == "monitor")
        return raw.monitor;
    if (command == "version")
        return VersionOptions{};
    if (command == "wait") {
        finish_wait(raw);
        return raw.wait;
    }
    if (RingOptions::knows(command))
        return raw.ring.chosen(command);
    if (HookCommands::knows(command))
        return raw.hooks.chosen(command);
    if (LeaderCommands::has(command))
        return raw.leader.chosen(command);
    return raw.cluster.chosen(command);
}

// What the command line is about, as far as it was understood.
const CLI::App& innermost(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? app : innermost(*commands.front());
}

}  // namespace

std::pair<std::string, std::string> split_pair(const std::string& option, const std::string& text,
                                               const char* form) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw CLI::ValidationError(option, "'" + text + "' is not of the form " + form);
    return {text.substr(0, equals), text.substr(equals + 1)};
}

std::variant<Options, Usage> parse_options(const std::vector<std::string>& arguments) {
    CLI::App app("Ask and tell a muster agent, or a serf agent with --rpc-addr.", "muster");
    Raw raw;
    bool version = false;
    app.add_flag("-v,--version", version, "same as the command `version`");
    add_common(app, raw);
    add_members(app, raw);
    add_join_and_leave(app, raw);
    add_wait(app, raw);
    raw.cluster.add_to(app);
    raw.ring.add_to(app);
    raw.hooks.add_to(app);
    raw.leader.add_to(app);
    add_others(app, raw);
    app.fallthrough();
    app.require_subcommand(0, 1);
    app.footer(
        "Exit status: 0 done or yes, 1 error, 2 usage, 3 not reached in time, 4 the answer is no.");
    for (CLI::App* command : app.get_subcommands({})) {
        command->fallthrough();
        for (CLI::App* action : command->get_subcommands({}))
            action->fallthrough();
    }
    try {
        // CLI11 takes them from the back.
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        const auto commands = app.get_subcommands();
        if (commands.empty() && !version)
            throw CLI::RequiredError("a command");
        raw.options.command =
            version ? CommandOptions(VersionOptions{}) : chosen(commands.front()->get_name(), raw);
    } catch (const CLI::CallForHelp&) {
        // Of a command that has commands of its own, all of it.
        const CLI::App& about = innermost(app);
        const bool is_whole = &about == &app;
        return Usage{ExitStatus::Done, about.help("", is_whole ? CLI::AppFormatMode::Normal
                                                               : CLI::AppFormatMode::All)};
    } catch (const CLI::ParseError& error) {
        std::string about;
        for (const CLI::App* each = &innermost(app); each != &app; each = each->get_parent())
            about.insert(0, " " + each->get_name());
        return Usage{ExitStatus::Usage, std::string("muster: ") + api::printable(error.what()) +
                                            " (see muster" + about + " --help)\n"};
    }
    raw.options.json = raw.format == "json";
    return raw.options;
}

}  // namespace muster::cli
