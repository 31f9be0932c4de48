// The commands about the leader and its voters.
#include <algorithm>

#include "agent/api/messages_leader.h"
#include "agent/api/text.h"
#include "cli/render_leader.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;

namespace {

constexpr char unfenced_remedy[] =
    "this host leads by its own view alone, and another one may think the same: configure voters "
    "(musterd --voter --expect N), or accept that with --unfenced";

constexpr char leader_events[] =
    "leader-acquired,leader-lost,new-leader,quorum-lost,quorum-regained,member-join,member-leave,"
    "member-failed,member-update";
// Beside its events: a lease ends without one where nobody notices.
constexpr auto look_again = std::chrono::milliseconds(500);

}  // namespace

Result<api::ReadLeader> Run::ask_leader(Client& client) {
    const Result<Client::Reply> reply = client.call(Command::Leader);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{reply->error};
    return api::read_leader(reply->body);
}

Result<Led> Run::ask_led(Client& client, Command command, const std::string& body) {
    const Result<Client::Reply> reply = client.call(command, body);
    if (!reply)
        return reply.error();
    const Result<api::ReadLed> led = api::read_led(reply->body);
    if (!led)
        return led.error();
    return Led{reply->error, *led};
}

ExitStatus Run::refused(const Led& led) {
    fail(led.error);
    return led.reply.not_leader ? ExitStatus::No : ExitStatus::Error;
}

ExitStatus Run::show_leader(const LeaderOptions& asked, const api::ReadLeader& leader) {
    if (asked.am_i && leader.self && !leader.fenced && !asked.unfenced)
        return fail(unfenced_remedy);
    const bool yes = asked.am_i ? leader.self : leader.leader.has_value();
    return print(options_->json ? leader_json(leader) : leader_text(leader),
                 yes ? ExitStatus::Done : ExitStatus::No);
}

// Listens first and asks then, so that no change falls between the two.
ExitStatus Run::operator()(const LeaderOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    Deadline deadline;
    if (asked.timeout)
        deadline = Clock::now() + std::chrono::ceil<Clock::duration>(*asked.timeout);
    if (asked.wait) {
        if (const auto error = client->stream(leader_events))
            return fail(error->text);
    }
    for (;;) {
        const Result<api::ReadLeader> leader = ask_leader(*client);
        if (!leader)
            return fail(leader.error().text);
        const bool there = asked.am_i ? leader->self : leader->leader.has_value();
        if (there || !asked.wait)
            return show_leader(asked, *leader);
        if (deadline && Clock::now() >= *deadline) {
            show_leader(asked, *leader);
            return ExitStatus::NotReached;
        }
        Deadline next = Clock::now() + look_again;
        if (deadline)
            next = std::min(*next, *deadline);
        const auto record = client->next_record(next);
        if (!record)
            return fail(record.error().text);
    }
}

ExitStatus Run::give_up(Command command, const std::string& body, const std::string& done) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<Led> led = ask_led(*client, command, body);
    if (!led)
        return fail(led.error().text);
    if (!led->error.empty())
        return refused(*led);
    return print(options_->json
                     ? given_up_json(led->reply)
                     : done + ", term " + std::to_string(led->reply.term) + " is over\n");
}

ExitStatus Run::operator()(const ResignOptions& asked) {
    std::string body;
    encode_body(api::ResignRequest{.hold_off = asked.hold_off}, body);
    return give_up(Command::LeaderResign, body, "this host leads no longer");
}

ExitStatus Run::operator()(const TransferOptions& asked) {
    std::string body;
    encode_body(api::TransferRequest{.node = asked.name}, body);
    return give_up(Command::LeaderTransfer, body, "handed over to " + api::printable(asked.name));
}

ExitStatus Run::operator()(const CheckTokenOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    std::string body;
    encode_body(api::CheckTokenRequest{.term = asked.term}, body);
    const Result<Led> led = ask_led(*client, Command::LeaderCheckToken, body);
    if (!led)
        return fail(led.error().text);
    if (!led->error.empty())
        return fail(led->error);
    const ExitStatus status = led->reply.verdict == "newest" ? ExitStatus::Done
                              : led->reply.verdict == "old"  ? ExitStatus::No
                                                             : ExitStatus::NotReached;
    return print(options_->json ? token_json(led->reply) : token_text(asked.term, led->reply),
                 status);
}

ExitStatus Run::operator()(const ResetOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    std::string body;
    encode_body(api::ResetRequest{.force = asked.force}, body);
    const Result<Led> led = ask_led(*client, Command::LeaderReset, body);
    if (!led)
        return fail(led.error().text);
    if (!led->error.empty())
        return refused(*led);
    return print(options_->json ? reset_json(led->reply) : reset_text(led->reply));
}

ExitStatus Run::operator()(const VotersOptions& asked) {
    using Action = VotersOptions::Action;
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    std::string body;
    if (asked.action == Action::Recover) {
        encode_body(api::RecoverRequest{.nodes = asked.names}, body);
    } else {
        static constexpr const char* words[] = {"list", "add", "remove", "replace", "target"};
        encode_body(
            api::ChangeVotersRequest{.action = words[static_cast<std::size_t>(asked.action)],
                                     .node = asked.name,
                                     .old = asked.old,
                                     .target = asked.target},
            body);
    }
    if (asked.action != Action::List) {
        const Result<Led> led = ask_led(
            *client,
            asked.action == Action::Recover ? Command::VotersRecover : Command::VotersChange, body);
        if (!led)
            return fail(led.error().text);
        if (!led->error.empty())
            return refused(*led);
    }
    const Result<api::ReadLeader> leader = ask_leader(*client);
    if (!leader)
        return fail(leader.error().text);
    if (asked.action == Action::Recover && !options_->json) {
        terminal_->err(
            "muster: if the voters that were not named are alive after all, their leader may act "
            "until each resource has seen a token of the new one\n");
    }
    return print(options_->json ? voters_json(*leader) : voters_text(*leader));
}

}  // namespace muster::cli
