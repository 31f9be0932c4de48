#include "cli/options_hooks.h"

#include <CLI/CLI.hpp>

#include "cli/options_parts.h"

namespace muster::cli {

struct HookCommands::Raw {
    CLI::App* hooks = nullptr;
    std::string name;
    bool dead = false;
    HookLettersOptions letters;
};

HookCommands::HookCommands() : raw_(std::make_unique<Raw>()) {}
HookCommands::~HookCommands() = default;

void HookCommands::add_to(CLI::App& app) {
    Raw& raw = *raw_;
    raw.hooks = app.add_subcommand("hooks", "what is run when something changes");
    CLI::App* list = raw.hooks->add_subcommand("list", "the hooks, and what each is for");
    list->add_flag("--dead", raw.dead, "what was given up, with the end of its output");
    CLI::App* status = raw.hooks->add_subcommand("status", "how the hooks fare");
    CLI::App* replay = raw.hooks->add_subcommand("replay", "run what was given up again");
    CLI::App* drop =
        raw.hooks->add_subcommand("drop", "forget what was given up, or waits to be run");
    CLI::App* test =
        raw.hooks->add_subcommand("test", "run it once, now, with an event that is made up");
    for (CLI::App* each : {list, status})
        add(*each, "hook", raw.name, "HOOK", "only this one");
    for (CLI::App* each : {replay, drop, test})
        add(*each, "hook", raw.name, "HOOK", "the hook's name")->required();
    for (CLI::App* each : {replay, drop}) {
        auto* seqs = add(*each, "seqs", raw.letters.seqs, "SEQ",
                         "numbers of its events, as `hooks list --dead` shows them")
                         ->check(CLI::NonNegativeNumber);
        each->add_flag("--all", raw.letters.all, "all that the hook was given up on")
            ->excludes(seqs);
    }
    raw.hooks->require_subcommand(1);
    app.add_subcommand("reload", "have the agent read its configuration again");
}

bool HookCommands::knows(const std::string& command) {
    return command == "hooks" || command == "reload";
}

CommandOptions HookCommands::chosen(const std::string& command) {
    Raw& raw = *raw_;
    if (command == "reload")
        return ReloadOptions{};
    const std::string action = raw.hooks->get_subcommands().front()->get_name();
    if (action == "list")
        return HooksOptions{.show = raw.dead ? HooksOptions::Show::Dead : HooksOptions::Show::List,
                            .hook = raw.name};
    if (action == "status")
        return HooksOptions{.show = HooksOptions::Show::Status, .hook = raw.name};
    if (action == "test")
        return HookTestOptions{.hook = raw.name};
    if (!raw.letters.all && raw.letters.seqs.empty())
        throw CLI::ValidationError("hooks " + action,
                                   "say which: numbers of events, as `muster hooks list --dead` "
                                   "shows them, or --all");
    raw.letters.drop = action == "drop";
    raw.letters.hook = raw.name;
    return raw.letters;
}

}  // namespace muster::cli
