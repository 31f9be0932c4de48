#include "cli/run.h"

#include <utility>
#include <variant>

#include "agent/api/text.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/render.h"
#include "cli/run_parts.h"
#include "cli/wait.h"

namespace muster::cli {

using api::Command;

namespace {

// A serf agent's errors may have several lines, with white space around them.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n' || c == '\t';
        if (!blank)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

// Not everything that is waited for is told of: a ring on which all agree, a leader that goes.
constexpr auto looks_again = std::chrono::milliseconds(500);

// Waits for a record, then takes all others that have come meanwhile: one look at the members
// answers for all of them. False: the deadline has passed.
Result<bool> wait_for_change(Client& client, Deadline deadline) {
    Result<std::optional<api::Value>> record = client.next_record(deadline);
    while (record && *record && client.has_record())
        record = client.next_record(deadline);
    if (!record)
        return record.error();
    return record->has_value();
}

}  // namespace

ExitStatus Run::fail(std::string_view text) {
    terminal_->err("muster: " + api::printable(one_line(text)) + "\n");
    return ExitStatus::Error;
}

ExitStatus Run::print(const std::string& text, ExitStatus status) {
    return terminal_->out(text) ? status : ExitStatus::Error;
}

ExitStatus Run::operator()(const MembersOptions& asked) {
    if (!asked.at.empty())
        return show_past(asked);
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const api::FilterRequest filter{.name = asked.name, .status = asked.status, .tags = asked.tags};
    if (asked.watch) {
        if (const auto error = client->stream("*"))
            return fail(error->text);
    }
    for (;;) {
        const Result<api::ReadMembers> members = client->members(filter);
        if (!members)
            return fail(members.error().text);
        std::string text =
            options_->json ? members_json(*members) : members_text(*members, asked.detailed);
        if (asked.watch && !options_->json && terminal_->is_interactive())
            text.insert(0, "\x1b[H\x1b[2J");
        else if (asked.watch && !options_->json)
            text += '\n';
        if (const ExitStatus status = print(text); status != ExitStatus::Done || !asked.watch)
            return status;
        const Result<bool> changed = wait_for_change(*client, std::nullopt);
        if (!changed)
            return fail(changed.error().text);
    }
}

ExitStatus Run::operator()(const JoinOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    std::string body;
    encode_body(api::JoinRequest{.seeds = asked.seeds, .replay = asked.replay}, body);
    const Result<Client::Reply> reply = client->call(Command::Join, body);
    if (!reply)
        return fail(reply.error().text);
    const Result<api::ReadJoined> joined = api::read_joined(reply->body);
    if (!joined)
        return fail(joined.error().text);
    if (options_->json && terminal_->out(joined_json(*joined)) && reply->error.empty())
        return ExitStatus::Done;
    return reply->error.empty() ? print(joined_text(*joined)) : fail(reply->error);
}

ExitStatus Run::simple(Command command, const std::string& body, const std::string& done) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<Client::Reply> reply = client->call(command, body);
    if (!reply || !reply->error.empty())
        return fail(reply ? BytesView(reply->error) : BytesView(reply.error().text));
    return print(options_->json ? left_json() : done);
}

ExitStatus Run::operator()(const LeaveOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<Client::Reply> reply =
        client->call(Command::Leave, {}, /*min_index=*/0, asked.for_good);
    if (!reply || !reply->error.empty())
        return fail(reply ? BytesView(reply->error) : BytesView(reply.error().text));
    return print(options_->json ? left_json() : "left the cluster; the agent ends\n");
}

ExitStatus Run::operator()(const ForceLeaveOptions& asked) {
    std::string body;
    encode_body(api::ForceLeaveRequest{.node = asked.name, .prune = asked.prune}, body);
    const std::string name = api::printable(asked.name);
    return simple(Command::ForceLeave, body,
                  asked.prune ? name + " is forgotten\n" : name + " counts as left\n");
}

ExitStatus Run::operator()(const InfoOptions&) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<api::ReadStats> stats = client->stats();
    if (!stats)
        return fail(stats.error().text);
    return print(options_->json ? info_json(*stats) : info_text(*stats));
}

// Listens first and looks then, so that no change falls between the two.
ExitStatus Run::operator()(const WaitOptions& asked) {
    const Clock::time_point start = Clock::now();
    const Deadline deadline = start + std::chrono::ceil<Clock::duration>(std::min<Duration>(
                                          asked.timeout, std::chrono::hours(24 * 365)));
    Result<Client> client = asked.ring_agreed ? connect_to_musterd() : connect();
    if (!client)
        return fail(client.error().text);
    if (const auto error = client->stream("*"))
        return fail(error->text);
    for (;;) {
        const Result<api::ReadMembers> members = client->members({});
        if (!members)
            return fail(members.error().text);
        std::string missing = unmet(asked, *members);
        Deadline next = deadline;
        if (asked.leader) {
            const Result<api::ReadLeader> leader = ask_leader(*client);
            if (!leader)
                return fail(leader.error().text);
            if (!leader->leader)
                missing += (missing.empty() ? "" : "; ") + ("nobody leads: " + leader->reason);
            next = std::min(*deadline, Clock::now() + looks_again);
        }
        if (missing.empty() && asked.ring_agreed) {
            Result<std::string> disagreement = ring_disagreement(*client, *deadline);
            if (!disagreement)
                return fail(disagreement.error().text);
            missing = *std::move(disagreement);
            next = std::min(*deadline, Clock::now() + looks_again);
        }
        Result<bool> changed = true;
        if (!missing.empty())
            changed = wait_for_change(*client, next);
        if (!changed)
            return fail(changed.error().text);
        const bool reached = missing.empty();
        if (!reached && (*changed || Clock::now() < *deadline))
            continue;
        const Duration after = Clock::now() - start;
        const auto text = options_->json ? wait_json : wait_text;
        return print(text(reached, after, missing),
                     reached ? ExitStatus::Done : ExitStatus::NotReached);
    }
}

ExitStatus Run::operator()(const MonitorOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    if (const auto error = client->monitor(asked.log_level))
        return fail(error->text);
    for (;;) {
        const Result<std::optional<api::Value>> record = client->next_record(std::nullopt);
        if (!record)
            return fail(record.error().text);
        const Result<api::ReadLog> log = api::read_log(**record);
        if (!log)
            return fail(log.error().text);
        const ExitStatus status = print(options_->json ? log_json(*log) : log_text(*log));
        if (status != ExitStatus::Done)
            return status;
    }
}

ExitStatus Run::operator()(const VersionOptions&) {
    return print(options_->json ? version_json() : version_text());
}

ExitStatus run(const std::vector<std::string>& arguments, const api::SocketEnvironment& environment,
               Terminal& terminal) {
    const std::variant<Options, Usage> parsed = parse_options(arguments);
    if (const auto* usage = std::get_if<Usage>(&parsed)) {
        const bool asked_for = usage->status == ExitStatus::Done;
        if (!(asked_for ? terminal.out(usage->text) : terminal.err(usage->text)))
            return ExitStatus::Error;
        return usage->status;
    }
    const auto& options = std::get<Options>(parsed);
    Target target{.sockets = {}, .rpc_addr = options.rpc_addr, .rpc_auth = options.rpc_auth};
    if (options.api.empty())
        target.sockets = api::sockets_to_try(environment);
    else
        target.sockets = {options.api};
    return std::visit(Run(options, target, terminal), options.command);
}

}  // namespace muster::cli
