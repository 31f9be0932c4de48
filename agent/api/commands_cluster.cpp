// The commands by which programs talk through the cluster: docs/protocol/rpc.md sections 4.1, 4.10
// to 4.12 and 4.14.
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/duration.h"
#include "agent/api/key_text.h"
#include "agent/api/member_filter.h"

namespace muster::api {

namespace {

constexpr std::string_view reserved_prefix = "_serf_";
constexpr std::string_view ping = "_serf_ping";

// What is wrong with a query before anybody is asked. `explains`: the client wants to be told also
// of what the reference lets pass, and nobody would answer.
std::optional<std::string> refusal(const cluster::QueryRequest& wanted, bool explains) {
    if (wanted.name.starts_with(reserved_prefix) &&
        (wanted.name != ping || !wanted.payload.empty()))
        return std::string(errors::internal_query);
    if (wanted.timeout < Duration::zero() || wanted.timeout > max_query_timeout)
        return "the timeout of a query is at most " + to_string(max_query_timeout);
    if (!explains)
        return std::nullopt;
    FilterRequest expressions;
    expressions.tags = {wanted.filter_tags.begin(), wanted.filter_tags.end()};
    const Result<MemberFilter> compiled =
        MemberFilter::compile(expressions, MemberFilter::Matching::Whole);
    if (!compiled)
        return compiled.error().text;
    return std::nullopt;
}

cluster::KeyAction action_of(Command command) {
    switch (command) {
        case Command::InstallKey:
            return cluster::KeyAction::Install;
        case Command::UseKey:
            return cluster::KeyAction::Use;
        case Command::RemoveKey:
            return cluster::KeyAction::Remove;
        default:
            return cluster::KeyAction::List;
    }
}

}  // namespace

void Conversation::user_event(const Request& request) {
    const Result<EventRequest> wanted = decode_event(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    reply_ltime(request,
                premises_.backend.user_event(wanted->name, wanted->payload, wanted->coalesce));
}

// The answers come later: a slow client or one that is gone concerns nobody else.
void Conversation::query(const Request& request) {
    const Result<cluster::QueryRequest> wanted = decode_query(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    if (const auto error = refusal(*wanted, extended()))
        return refuse(request, *error);
    if (queries_.size() >= max_queries)
        return refuse(request, "Too many queries on this connection");
    const std::uint64_t query = ++last_query_;
    queries_[query].seq = request.header.seq;
    const auto answered = [weak = weak_from_this(), query](const cluster::QueryAnswer& answer) {
        if (const std::shared_ptr<Conversation> self = weak.lock())
            self->on_answer(query, answer);
    };
    const Result<cluster::LamportTime> ltime = premises_.backend.query(*wanted, answered);
    if (!ltime)
        queries_.erase(query);
    reply_ltime(request, ltime);
}

// Acks and responses may be lost to a client that does not read; the end of its query never is.
void Conversation::on_answer(std::uint64_t query, const cluster::QueryAnswer& answer) {
    const auto found = queries_.find(query);
    if (ended_ || found == queries_.end())
        return;
    auto& [seq, counts] = found->second;
    const bool is_end = answer.kind == cluster::QueryAnswer::Kind::Done;
    if (!is_end && link_->congested()) {
        ++counts.lost;
        ++premises_.stats.records_dropped;
        return;
    }
    if (!is_end)
        ++(answer.kind == cluster::QueryAnswer::Kind::Ack ? counts.acks : counts.responses);
    std::string record;
    const auto encoder = make_encoder(encoding_, record);
    encoder->header({.seq = seq}, /*body_follows=*/true);
    write_answer(*encoder, answer, counts);
    if (is_end)
        queries_.erase(found);
    link_->send(record);
}

void Conversation::respond(const Request& request) {
    const Result<RespondRequest> wanted = decode_respond(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    PendingQueries& pending = subscriptions_.pending();
    const std::optional<cluster::QueryHandle> handle = pending.find(wanted->id);
    if (!handle)
        return acknowledge(request, errors::no_pending_query);
    const std::optional<Error> error = premises_.backend.respond(*handle, wanted->payload);
    if (!error)
        return acknowledge(request);
    const bool is_late = error->text == errors::past_deadline;
    if (is_late)
        pending.forget(wanted->id);
    // Serf forgets the number with the deadline, and says so.
    acknowledge(request, is_late && !extended() ? errors::no_pending_query : error->text);
}

void Conversation::keys(const Request& request) {
    Bytes raw;
    if (request.command != Command::ListKeys) {
        const Result<KeyRequest> wanted = decode_key(request.body);
        if (!wanted)
            return malformed(request, wanted.error());
        Result<Bytes> decoded = decode_key_text(wanted->key);
        if (!decoded)
            return refuse(request, decoded.error().text);
        raw = *std::move(decoded);
    }
    const auto done = [this, request](const cluster::KeyReport& report) {
        reply_keys(request, report);
    };
    premises_.backend.keys(action_of(request.command), raw,
                           completion<const cluster::KeyReport&>(done));
}

void Conversation::get_coordinate(const Request& request) {
    const Result<CoordinateRequest> wanted = decode_coordinate(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq}, /*body_follows=*/true);
    write_coordinate(*encoder, premises_.backend.coordinate(wanted->node));
    link_->send(reply);
}

void Conversation::reply_ltime(const Request& request, const Result<cluster::LamportTime>& ltime) {
    const std::string error = ltime ? std::string() : ltime.error().text;
    if (!extended())
        return acknowledge(request, error);
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
    write_ltime(*encoder, ltime ? *ltime : 0);
    link_->send(reply);
}

void Conversation::reply_keys(const Request& request, const cluster::KeyReport& report) {
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = report.error}, /*body_follows=*/true);
    write_key_report(*encoder, report, request.command == Command::ListKeys);
    link_->send(reply);
}

}  // namespace muster::api
