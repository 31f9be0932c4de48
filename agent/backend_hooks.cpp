// Hooks, as the API asks about them, and the configuration read again.
#include <utility>

#include "agent/agent_parts.h"

namespace muster {

Hooking::Surroundings Agent::Parts::hook_surroundings() {
    return {.caller = [this] { return caller(); },
            .conditions = [this] { return conditions(); },
            .members = [this] { return view_for_history(); },
            .respond = [this](cluster::QueryHandle handle,
                              const Bytes& payload) { return respond(handle, payload); },
            .say =
                [this](Notice::Level level, const std::string& text) {
                    tell(Notice{level, text});
                },
            .changed = [this] { arm(); }};
}

hooks::Caller Agent::Parts::caller() const {
    hooks::Caller caller;
    caller.name = config.node.swim.name;
    caller.api = config.api.path;
    if (!node)
        return caller;
    caller.tags = node->tags();
    const election::LeaderView leads = node->leader(clock.now());
    caller.term = leads.term;
    caller.leader = leads.leader.value_or("");
    if (leads.mode == election::Mode::Quorum)
        caller.quorum = leads.needed > 0 && leads.reachable >= leads.needed;
    return caller;
}

hooks::Conditions Agent::Parts::conditions() const {
    const election::LeaderView leads = node->leader(clock.now());
    hooks::Conditions conditions;
    conditions.leads = leads.self;
    conditions.leader_known = leads.leader.has_value();
    conditions.quorum =
        leads.mode == election::Mode::Quorum && leads.needed > 0 && leads.reachable >= leads.needed;
    conditions.majority = !turnout().fewer_than_half();
    return conditions;
}

const std::vector<hooks::Spec>& Agent::Parts::hook_specs() const {
    return hooking.specs();
}

std::vector<hooks::HookStatus> Agent::Parts::hook_status() const {
    return hooking.status();
}

void Agent::Parts::dead_letters(
    const std::string& hook,
    std::function<void(const Result<std::vector<journal::DeadLetter>>&)> done) {
    journaling.dead(hook, std::move(done));
}

void Agent::Parts::replay_delivery(const std::string& hook, std::uint64_t seq) {
    hooking.replay(hook, seq);
}

void Agent::Parts::drop_delivery(const std::string& hook, std::uint64_t seq) {
    hooking.drop(hook, seq);
}

void Agent::Parts::test_hook(const std::string& hook,
                             std::function<void(const Result<api::HookTest>&)> done) {
    hooking.test(hook, done);
}

Result<api::Reloaded> Agent::Parts::reload() {
    if (!config.read_again)
        return Error{"this agent has no configuration that could be read again"};
    Result<Reading> reading = config.read_again();
    if (!reading) {
        log.error(reading.error().text);
        return reading.error();
    }
    api::Reloaded reloaded;
    reloaded.changed = hooking.changes(reading->hooks);
    reloaded.needs_restart = std::move(reading->needs_restart);
    if (const std::optional<Error> error = hooking.configure(reading->hooks))
        return *error;
    std::string text = "the configuration was read again: ";
    if (reloaded.changed.empty())
        text += "nothing has changed that is in use";
    for (const std::string& each : reloaded.changed)
        text += (&each == reloaded.changed.data() ? "" : ", ") + each;
    log.info(text);
    for (const std::string& each : reloaded.needs_restart)
        log.warn(each + " has changed, and is in use after a restart only");
    arm();
    return reloaded;
}

}  // namespace muster
