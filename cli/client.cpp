#include "cli/client.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace muster::cli {

namespace {

using api::Command;

constexpr auto connect_timeout = std::chrono::seconds(10);
constexpr auto read_timeout = std::chrono::seconds(10);
// A join tries one unreachable seed after the other, a leave waits until others have heard of it, a
// ring of thousands is built, or waits for the silent.
constexpr auto change_timeout = std::chrono::minutes(5);

bool has_reply_body(Command command, bool extended) {
    switch (command) {
        case Command::Members:
        case Command::MembersFiltered:
        case Command::Join:
        case Command::Statistics:
        case Command::InstallKey:
        case Command::UseKey:
        case Command::RemoveKey:
        case Command::ListKeys:
        case Command::GetCoordinate:
        case Command::Ring:
        case Command::RingOwners:
        case Command::RingDiff:
        case Command::RingExport:
        case Command::RingStatus:
        case Command::Drain:
        case Command::DrainStatus:
        case Command::Leader:
        case Command::LeaderHold:
        case Command::LeaderRelease:
        case Command::LeaderResign:
        case Command::LeaderTransfer:
        case Command::LeaderCheckToken:
        case Command::LeaderOnce:
        case Command::LeaderReset:
        case Command::VotersChange:
        case Command::VotersRecover:
        case Command::History:
        case Command::MembersAt:
        case Command::Explain:
        case Command::Doctor:
        case Command::Hooks:
        case Command::HooksDead:
        case Command::HooksReplay:
        case Command::HooksDrop:
        case Command::HooksTest:
        case Command::Reload:
            return true;
        case Command::Tags:
        case Command::Event:
        case Command::Query:
            return extended;
        default:
            return false;
    }
}

Result<Connection> open(const Target& target) {
    if (!target.rpc_addr.empty())
        return Connection::open_tcp(target.rpc_addr, Clock::now() + connect_timeout);
    const auto exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
    const auto found = std::find_if(target.sockets.begin(), target.sockets.end(), exists);
    return Connection::open_unix(found != target.sockets.end() ? *found : target.sockets.at(0));
}

// An expression that matches as a whole, for an agent that does not group what it anchors.
Bytes grouped(const Bytes& expression) {
    return expression.empty() ? expression : "(?:" + expression + ")";
}

}  // namespace

Result<Client> Client::connect(const Target& target) {
    Result<Connection> connection = open(target);
    if (!connection)
        return connection.error();
    Client client(*std::move(connection));
    if (auto error = client.greet(target.rpc_auth))
        return *error;
    return client;
}

std::optional<Error> Client::greet(const std::string& token) {
    std::string body;
    encode_body(api::HandshakeRequest{.version = 1, .extended = true}, body);
    Result<Reply> reply = call(Command::Handshake, body);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{"the agent refuses to talk with us: " + reply->error};
    if (token.empty())
        return std::nullopt;
    body.clear();
    encode_body(api::AuthRequest{.key = token}, body);
    reply = call(Command::Auth, body);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{"the agent refuses our token: " + reply->error + " (see --rpc-auth)"};
    return std::nullopt;
}

Result<Client::Reply> Client::call(Command command, const std::string& body,
                                   std::uint64_t min_index, bool for_good) {
    std::string request;
    const api::CommandTraits& traits = api::traits(command);
    api::encode_header({.command = Bytes(traits.name),
                        .seq = ++seq_,
                        .min_index = min_index,
                        .for_good = for_good},
                       request);
    request += body;
    const bool takes_long = traits.changes || traits.name.starts_with("ring");
    const Deadline deadline = Clock::now() + (takes_long ? change_timeout : read_timeout);
    return exchange(command, request, deadline);
}

Result<Client::Reply> Client::call_within(Command command, const std::string& body,
                                          Deadline deadline) {
    std::string request;
    api::encode_header({.command = Bytes(api::traits(command).name), .seq = ++seq_}, request);
    return exchange(command, request + body, deadline);
}

Result<Client::Reply> Client::exchange(Command command, const std::string& request,
                                       Deadline deadline) {
    if (auto error = connection_.send(request, deadline))
        return *error;
    for (;;) {
        const Result<api::Value> record = receive(deadline);
        if (!record)
            return record.error();
        const Result<api::ReadHeader> header = api::read_header(*record);
        if (!header)
            return header.error();
        const bool is_reply = header->seq == seq_;
        if (is_reply && header->error == api::errors::auth_required)
            return Error{
                "the agent asks for a token (see --rpc-auth)"};  // no body follows this one
        const bool has_body =
            is_reply ? has_reply_body(command, extended_) : subscriptions_.contains(header->seq);
        Result<api::Value> reply_body = has_body ? receive(deadline) : Result(api::Value());
        if (!reply_body)
            return reply_body.error();
        if (is_reply) {
            extended_ = extended_ || header->extended;
            return Reply{header->error, *std::move(reply_body)};
        }
        if (has_body)
            records_.push_back(*std::move(reply_body));
    }
}

Result<api::Value> Client::receive(Deadline deadline) {
    Result<std::optional<api::Value>> value = connection_.receive(deadline);
    if (!value)
        return value.error();
    if (!*value)
        return Error{"the agent does not answer (is it stopped, or very busy?)"};
    return **std::move(value);
}

Result<api::ReadMembers> Client::members(const api::FilterRequest& filter) {
    const bool filters = !filter.name.empty() || !filter.status.empty() || !filter.tags.empty();
    api::FilterRequest sent = filter;
    if (!extended_) {
        sent.name = grouped(sent.name);
        sent.status = grouped(sent.status);
        for (auto& [key, expression] : sent.tags)
            expression = grouped(expression);
    }
    std::string body;
    if (filters)
        encode_body(sent, body);
    const Result<Reply> reply = call(filters ? Command::MembersFiltered : Command::Members, body);
    if (!reply)
        return filters && !extended_
                   ? Error{reply.error().text + " (a serf agent does so if an expression is wrong)"}
                   : reply.error();
    if (!reply->error.empty())
        return Error{reply->error};
    return api::read_members(reply->body);
}

std::optional<Error> Client::subscribe(Command command, const std::string& body) {
    const Result<Reply> reply = call(command, body);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{reply->error};
    subscriptions_.insert(seq_);
    return std::nullopt;
}

Result<api::ReadStats> Client::stats() {
    const Result<Reply> reply = call(Command::Statistics);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{reply->error};
    return api::read_stats(reply->body);
}

Result<Client::KeysReply> Client::keys(Command command, const Bytes& key) {
    std::string body;
    if (command != Command::ListKeys)
        encode_body(api::KeyRequest{.key = key}, body);
    const Result<Reply> reply = call(command, body);
    if (!reply)
        return reply.error();
    Result<api::ReadKeys> keys = api::read_keys(reply->body);
    if (!keys)
        return keys.error();
    return KeysReply{.error = reply->error, .keys = *std::move(keys)};
}

Result<api::ReadLtime> Client::query(const cluster::QueryRequest& wanted) {
    std::string body;
    api::encode_body(wanted, body);
    const Result<Reply> reply = call(Command::Query, body);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{reply->error};
    subscriptions_.insert(seq_);
    return api::read_ltime(reply->body);
}

Result<std::optional<cluster::Coordinate>> Client::coordinate(const Bytes& name) {
    std::string body;
    encode_body(api::CoordinateRequest{.node = name}, body);
    const Result<Reply> reply = call(Command::GetCoordinate, body);
    if (!reply)
        return reply.error();
    if (!reply->error.empty())
        return Error{reply->error};
    return api::read_coordinate(reply->body);
}

std::optional<Error> Client::stream(const std::string& type) {
    std::string body;
    encode_body(api::StreamRequest{.type = type}, body);
    return subscribe(Command::Stream, body);
}

std::optional<Error> Client::monitor(const std::string& level) {
    std::string body;
    encode_body(api::MonitorRequest{.level = level}, body);
    return subscribe(Command::Monitor, body);
}

Result<std::optional<api::Value>> Client::next_record(Deadline deadline) {
    if (!records_.empty()) {
        std::optional<api::Value> record = std::move(records_.front());
        records_.pop_front();
        return record;
    }
    Result<std::optional<api::Value>> header = connection_.receive(deadline);
    if (!header || !*header)
        return header;
    // The body follows at once: the agent never separates the two.
    Result<api::Value> body = receive(Clock::now() + read_timeout);
    if (!body)
        return body.error();
    return std::optional(*std::move(body));
}

}  // namespace muster::cli
