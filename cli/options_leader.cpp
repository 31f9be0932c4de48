#include "cli/options_leader.h"

#include <CLI/CLI.hpp>

#include "agent/api/duration.h"
#include "cli/options_parts.h"

namespace muster::cli {

struct LeaderCommands::Raw {
    CLI::App* leader = nullptr;
    LeaderOptions look;
    std::string timeout;
    ResignOptions resign;
    std::string hold_off = "0s";
    TransferOptions transfer;
    CheckTokenOptions check_token;
    ResetOptions reset;
    CLI::App* voters = nullptr;
    VotersOptions change;
    RunOptions run;
    bool as_leader = false;
    std::string wait;
    std::string grace;
    std::string lasts;
    std::string run_hold_off;
};

namespace {

Duration duration(const std::string& option, const std::string& text) {
    const Result<Duration> parsed = api::parse_duration(text);
    if (!parsed)
        throw CLI::ValidationError(option, parsed.error().text);
    return *parsed;
}

std::optional<Duration> optional_duration(const std::string& option, const std::string& text) {
    if (text.empty())
        return std::nullopt;
    return duration(option, text);
}

}  // namespace

LeaderCommands::LeaderCommands() : raw_(std::make_unique<Raw>()) {}
LeaderCommands::~LeaderCommands() = default;

bool LeaderCommands::has(const std::string& command) {
    return command == "leader" || command == "voters" || command == "run";
}

void LeaderCommands::add_to(CLI::App& app) {
    Raw& raw = *raw_;
    raw.leader = app.add_subcommand("leader", "who leads (4: nobody does)");
    raw.leader->add_flag("--am-i", raw.look.am_i,
                         "whether this host leads, at this moment (4: no)");
    raw.leader->add_flag("--wait", raw.look.wait,
                         "until there is a leader; with --am-i, until this host leads");
    add(*raw.leader, "--timeout", raw.timeout, "DURATION", "with --wait: for so long (else exit 3)")
        ->needs("--wait");
    raw.leader->add_flag("--unfenced", raw.look.unfenced,
                         "with --am-i: also where no voters make sure that there is only one");
    CLI::App* resign =
        raw.leader->add_subcommand("resign", "this host leads no longer; another one may");
    add(*resign, "--hold-off", raw.hold_off, "DURATION",
        "and does not stand again for so long (default: a few elections)");
    CLI::App* transfer = raw.leader->add_subcommand("transfer", "hand leadership to another voter");
    add(*transfer, "name", raw.transfer.name, "NAME", "the voter")->required();
    CLI::App* check = raw.leader->add_subcommand(
        "check-token", "whether a token is the newest (4: it is old, 3: nobody can say)");
    add(*check, "term", raw.check_token.term, "TERM", "the token, as in $MUSTER_TERM")->required();
    CLI::App* reset = raw.leader->add_subcommand(
        "reset", "make this host a voter of no cluster: for one of two clusters that have met");
    reset->add_flag("--force", raw.reset.force, "also while it hears its cluster's leader");
    raw.leader->require_subcommand(0, 1);

    raw.voters = app.add_subcommand("voters", "who votes for the leader; changes are for its host");
    raw.voters->add_subcommand("list", "show the voters");
    CLI::App* added = raw.voters->add_subcommand("add", "make a spare a voter, one more than now");
    CLI::App* removed = raw.voters->add_subcommand("remove", "take a voter out, one less than now");
    for (CLI::App* action : {added, removed})
        add(*action, "name", raw.change.name, "NAME", "its name")->required();
    CLI::App* replace = raw.voters->add_subcommand("replace", "put a spare in a voter's place");
    add(*replace, "old", raw.change.old, "OLD", "the voter")->required();
    add(*replace, "new", raw.change.name, "NEW", "the spare")->required();
    CLI::App* target = raw.voters->add_subcommand("target", "how many voters there are to be");
    add(*target, "count", raw.change.target, "N", "1 to 9")->required()->check(CLI::Range(1, 9));
    CLI::App* recover = raw.voters->add_subcommand(
        "recover", "go on with these voters alone: the majority is lost for good");
    add(*recover, "names", raw.change.names, "NAME", "all that are left, this host too")
        ->required();
    raw.voters->require_subcommand(1);
    add_run(app);
}

void LeaderCommands::add_run(CLI::App& app) {
    Raw& raw = *raw_;
    CLI::App* run = app.add_subcommand("run", "run a command while this host leads");
    run->add_flag("--as-leader", raw.as_leader, "by this host's leadership")->required();
    auto* no_wait =
        run->add_flag("--no-wait", raw.run.no_wait,
                      "do not wait to lead (4), and keep leading when it ends: for cron");
    add(*run, "--wait", raw.wait, "DURATION", "wait to lead for so long at most (else exit 4)")
        ->excludes(no_wait);
    add(*run, "--once", raw.run.once, "KEY",
        "run it once in the whole cluster: a second start with KEY exits 4");
    add(*run, "--lasts", raw.lasts, "DURATION", "how long KEY stays used (default: 24h)")
        ->needs("--once");
    add(*run, "--grace", raw.grace, "DURATION",
        "between SIGTERM and SIGKILL, when leadership ends (default: 0.15 of the lease)");
    add(*run, "--hold-off", raw.run_hold_off, "DURATION",
        "when it has ended, this host does not stand for so long (default: 10s)");
    add(*run, "--lost-status", raw.run.lost_status, "N",
        "exit so when leadership was lost under it (default: 4)")
        ->check(CLI::Range(0, 255));
    add(*run, "--name", raw.run.name, "NAME", "what it is called (default: the command)");
    run->add_flag("--unfenced", raw.run.unfenced,
                  "also where no voters make sure that only one runs");
    add(*run, "command", raw.run.command, "CMD", "the command and its arguments, after --")
        ->required();
}

RunOptions LeaderCommands::run() const {
    const Raw& raw = *raw_;
    RunOptions run = raw.run;
    run.wait = optional_duration("--wait", raw.wait);
    run.grace = optional_duration("--grace", raw.grace);
    if (!raw.lasts.empty())
        run.lasts = duration("--lasts", raw.lasts);
    if (!raw.run_hold_off.empty())
        run.hold_off = duration("--hold-off", raw.run_hold_off);
    if (run.name.empty())
        run.name = run.command.front().substr(run.command.front().rfind('/') + 1);
    return run;
}

CommandOptions LeaderCommands::chosen(const std::string& command) {
    Raw& raw = *raw_;
    if (command == "run")
        return run();
    if (command == "voters") {
        const std::string action = raw.voters->get_subcommands().front()->get_name();
        for (const auto& [name, its_action] :
             {std::pair("list", VotersOptions::Action::List),
              std::pair("add", VotersOptions::Action::Add),
              std::pair("remove", VotersOptions::Action::Remove),
              std::pair("replace", VotersOptions::Action::Replace),
              std::pair("target", VotersOptions::Action::Target),
              std::pair("recover", VotersOptions::Action::Recover)}) {
            if (action == name)
                raw.change.action = its_action;
        }
        return raw.change;
    }
    const auto actions = raw.leader->get_subcommands();
    const std::string action = actions.empty() ? "" : actions.front()->get_name();
    if (action == "resign") {
        raw.resign.hold_off = duration("--hold-off", raw.hold_off);
        return raw.resign;
    }
    if (action == "transfer")
        return raw.transfer;
    if (action == "check-token")
        return raw.check_token;
    if (action == "reset")
        return raw.reset;
    raw.look.timeout = optional_duration("--timeout", raw.timeout);
    return raw.look;
}

}  // namespace muster::cli
