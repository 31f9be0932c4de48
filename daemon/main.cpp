// musterd: reads its configuration, runs one agent, and ends when it is told to.
//
// Exit status: 0 left, valid, or rehearsed with a good end; 1 an error, or ended by a second
// signal; 2 usage.
#include <cstdio>
#include <exception>

#include "agent/agent.h"
#include "daemon/directories.h"
#include "daemon/load.h"
#include "daemon/memory.h"
#include "daemon/rehearse.h"
#include "daemon/signals.h"

namespace {

using namespace muster;

AgentConfig agent_config(const Settings& settings) {
    AgentConfig config;
    config.node.swim = settings.swim;
    config.node.swim.name = settings.node;
    config.node.cluster = settings.cluster;
    config.node.tags = settings.tags;
    config.node.rings = settings.rings;
    config.node.election.emplace().config = settings.election;
    config.bind = settings.bind;
    config.advertise = settings.advertise;
    config.seeds = settings.join;
    config.data_dir = settings.ephemeral ? "" : settings.data_dir;
    config.label = settings.label;
    config.keyring = settings.keyring;
    config.keyring_file = settings.keyring_file;
    config.verify = settings.verify;
    config.api.path = settings.api;
    config.api.rpc = settings.rpc_addr;
    config.api.auth_key = settings.rpc_auth;
    config.retention = settings.retention;
    config.version = MUSTER_VERSION;
    config.hooks = settings.hooks;
    config.event_limits = settings.event_limits;
    return config;
}

std::optional<Error> make_directories(const Settings& settings) {
    constexpr unsigned for_all = 0755;
    constexpr unsigned for_us = 0700;
    if (auto error = make_directory(parent_of(settings.api), for_all, "see --api"))
        return error;
    return make_directory(settings.data_dir, for_us, "see --data-dir and --ephemeral");
}

// Of a configuration that was read again. What is not a hook is compared by what it says, and waits
// for a restart.
Result<Reading> read_again(const std::vector<std::string>& arguments, const Loaded& running) {
    const Loaded loaded = load(arguments, real_surroundings());
    if (!loaded.errors.empty()) {
        std::string all;
        for (const std::string& error : loaded.errors)
            all += (all.empty() ? "" : "; ") + error;
        return Error{"the configuration is wrong, and nothing of it was taken over: " + all};
    }
    return Reading{loaded.settings.hooks, differences(running, loaded)};
}

int run(const Loaded& loaded, const std::vector<std::string>& arguments) {
    const Settings& settings = loaded.settings;
    Signals signals;
    ForgettingTimer forgetting;
    Log log({.level = settings.log_level, .format = settings.log_format});
    std::optional<Error> error = make_directories(settings);
    AgentConfig config = agent_config(settings);
    config.read_again = [&] { return read_again(arguments, loaded); };
    Agent agent(std::move(config), log);
    if (!error)
        error = agent.start();
    if (error) {
        log.error(error->text);
        return 1;
    }
    bool leaving = false;
    agent.watch(signals.fd(), [&] {
        const Signals::Taken taken = signals.take();
        if (taken.reload)
            agent.reload();
        for (int count = taken.ends; count > 0; --count) {
            if (leaving) {
                log.warn("a second signal: ending without the rest of the leave");
                return agent.stop(1);
            }
            leaving = true;
            agent.leave();
        }
    });
    agent.watch(forgetting.fd(), [&] {
        forgetting.take();
        forget_what_is_over();
    });
    forget_what_is_over();
    return agent.run();
}

int answer(const Loaded& loaded, const std::vector<std::string>& arguments) {
    for (const std::string& error : loaded.errors)
        std::fprintf(stderr, "musterd: %s\n", error.c_str());
    if (!loaded.errors.empty())
        return loaded.usage ? 2 : 1;
    switch (loaded.wish) {
        case Loaded::Wish::Help:
            std::fputs(loaded.help.c_str(), stdout);
            return 0;
        case Loaded::Wish::Version:
            std::puts("musterd " MUSTER_VERSION);
            return 0;
        case Loaded::Wish::Validate:
            std::puts("configuration is valid");
            return 0;
        case Loaded::Wish::Rehearse:
            return rehearse(loaded.settings, loaded.rehearsal);
        case Loaded::Wish::Run:
            break;
    }
    return run(loaded, arguments);
}

}  // namespace

int main(int argc, char** argv) {
    be_small();
    try {
        const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
        return answer(load(arguments, real_surroundings()), arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "musterd: %s\n", error.what());
        return 1;
    }
}
