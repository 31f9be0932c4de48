#include "daemon/flags.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "agent/api/suggest.h"

namespace muster {

namespace {

// Why an argument is not understood, and what to write instead.
std::string unknown(const std::string& argument, const std::vector<Option>& options) {
    if (argument.substr(0, 2) != "--")
        return "unexpected argument '" + argument + "' (see --help)";
    const std::string flag = argument.substr(0, argument.find('='));
    std::vector<std::string> flags{"--config",   "--validate", "--version", "--help",
                                   "--scenario", "--nodes",    "--seed",    "--format"};
    for (const Option& option : options) {
        if (option.has_flag) {
            flags.push_back(option.flag());
        } else if (option.flag() == flag) {
            return "there is no flag " + flag + " (set " + option.full_key() + " in the file, or " +
                   option.variable() + ")";
        }
    }
    const std::string meant = api::nearest(flag, flags);
    return "unknown flag " + flag +
           (meant.empty() ? " (see --help)" : " (did you mean " + meant + "?)");
}

// The command `rehearse` takes all other flags as well: they are the configuration that it runs.
CLI::App* add_rehearsal(CLI::App& app, RehearsalWishes& wishes, std::string& format) {
    CLI::App* const command = app.add_subcommand(
        "rehearse", "run this configuration as a cluster in a simulator, and say how it does");
    command->fallthrough();
    command->set_help_flag();
    command->get_formatter()->column_width(32);
    command->add_option("--scenario", wishes.scenario, "what goes wrong; a wrong one lists them")
        ->option_text("NAME");
    command->add_option("--nodes", wishes.nodes, "how many members, 3 to 2000 (500)")
        ->option_text("N")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--seed", wishes.seed, "of all chance: the same gives the same run (1)")
        ->option_text("S")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--format", format, "how the report is written (text)")
        ->option_text("text|json")
        ->check(CLI::IsMember({"text", "json"}));
    return command;
}

}  // namespace

FlagValues read_flags(const std::vector<std::string>& arguments,
                      const std::vector<Option>& options) {
    FlagValues out;
    CLI::App app{"The muster agent: joins a cluster, and knows who is in it.", "musterd"};
    app.allow_extras();
    app.get_formatter()->column_width(32);
    std::vector<std::vector<std::string>> values(options.size());
    bool help = false;
    app.set_help_flag();
    app.add_option("--config", out.config, "the TOML file; its keys are the flags' words")
        ->option_text("FILE");
    std::vector<CLI::Option*> flags(options.size(), nullptr);
    for (std::size_t i = 0; i < options.size(); ++i) {
        const Option& option = options[i];
        if (!option.has_flag)
            continue;
        const std::string text(option.help);
        if (option.kind == ValueKind::Switch) {
            flags[i] = app.add_flag(option.flag(), text);
            continue;
        }
        const bool many = option.kind == ValueKind::List || option.kind == ValueKind::Pairs;
        flags[i] = app.add_option(option.flag(), values[i], text)
                       ->option_text(std::string(option.argument))
                       ->expected(1)
                       ->allow_extra_args(false)
                       ->multi_option_policy(many ? CLI::MultiOptionPolicy::TakeAll
                                                  : CLI::MultiOptionPolicy::TakeLast);
    }
    app.add_flag("--validate", out.validate, "check the configuration, and stop");
    app.add_flag("--version", out.version, "print the version, and stop");
    app.add_flag("--help,-h", help, "print this, and stop");
    RehearsalWishes wishes;
    std::string format;
    const CLI::App* const rehearse = add_rehearsal(app, wishes, format);
    app.footer(
        "Every flag has a key of the same words in the file (--rpc-addr: rpc_addr) and a\n"
        "variable (MUSTER_RPC_ADDR). The flag wins over the variable, and that over the "
        "file.");
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        out.errors.push_back(std::string(error.what()) + " (see --help)");
        return out;
    }
    if (rehearse->parsed()) {
        wishes.json = format == "json";
        out.rehearsal = wishes;
    }
    if (help)
        out.help = rehearse->parsed() ? rehearse->help() : app.help();
    for (const std::string& argument : app.remaining(/*recurse=*/true))
        out.errors.push_back(unknown(argument, options));
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (flags[i] == nullptr || flags[i]->count() == 0)
            continue;
        if (options[i].kind == ValueKind::Switch)
            values[i] = {"true"};
        out.values.push_back({&options[i], std::move(values[i]), {Source::Flag, {}, 0}});
    }
    return out;
}

}  // namespace muster
