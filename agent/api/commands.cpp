// The commands of a conversation: docs/protocol/rpc.md section 4, one function each.
#include <algorithm>
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/text.h"

namespace muster::api {

namespace {

// Takes as long for every wrong token of one length, so that nothing of it can be measured.
bool is_token(BytesView given, BytesView token) {
    std::size_t difference = given.size() ^ token.size();
    for (std::size_t i = 0; i < given.size() && !token.empty(); ++i)
        difference |= static_cast<std::size_t>(octet(given[i]) ^ octet(token[i % token.size()]));
    return difference == 0;
}

std::string upper_case(BytesView text) {
    std::string upper(text);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

std::string reply_header(Encoding encoding, const ReplyHeader& header, bool body_follows) {
    std::string bytes;
    make_encoder(encoding, bytes)->header(header, body_follows);
    return bytes;
}

cluster::KeyReport refused_keys(std::string_view error) {
    cluster::KeyReport report;
    report.error = error;
    return report;
}

election::Answer refused_leader(std::string_view error) {
    election::Answer answer;
    answer.error = error;
    return answer;
}

// Hands the backend's old log records to one conversation.
class LogReplay final : public Subscriber {
public:
    explicit LogReplay(Conversation& to) : to_(&to) {}
    void on_member_event(const MemberEvent&) override {}
    void on_user_event(const cluster::HeardEvent&) override {}
    void on_query(const cluster::HeardQuery&) override {}
    void on_leadership(const election::Event&) override {}
    void on_view(std::uint64_t) override {}
    void on_log(LogLevel level, std::int64_t wall_ns, std::string_view text) override {
        MonitorRecord record({.level = level, .wall_ns = wall_ns, .text = text});
        to_->on_log(record);
    }

private:
    Conversation* to_;
};

}  // namespace

bool Conversation::admit(const Request& request) {
    const CommandTraits& command = traits(request.command);
    if (access_.needs_auth && !authenticated_ && request.command != Command::Handshake &&
        request.command != Command::Auth) {
        count("authentication-required");
        acknowledge(request, errors::auth_required);
        return false;
    }
    if (command.changes && !access_.may_change) {
        count("permission");
        refuse(request, "permission denied: " + access_.denial);
        return false;
    }
    return true;
}

void Conversation::perform(Request request) {
    switch (request.command) {
        case Command::Handshake:
            return shake_hands(request);
        case Command::Auth:
            return authenticate(request);
        case Command::Members:
        case Command::MembersFiltered:
        case Command::Statistics:
            return read(std::move(request));
        case Command::Join:
            return join(request);
        case Command::Leave:
            return leave(request);
        case Command::ForceLeave:
            return force_leave(request);
        case Command::Tags:
            return set_tags(request);
        case Command::Stream:
            return stream(request);
        case Command::Monitor:
            return monitor(request);
        case Command::Stop:
            return stop(request);
        case Command::Event:
            return user_event(request);
        case Command::Query:
            return query(request);
        case Command::Respond:
            return respond(request);
        case Command::InstallKey:
        case Command::UseKey:
        case Command::RemoveKey:
        case Command::ListKeys:
            return keys(request);
        case Command::GetCoordinate:
            return get_coordinate(request);
        case Command::Ring:
            return ring(request);
        case Command::RingOwners:
            return ring_owners(request);
        case Command::RingDiff:
            return ring_diff(request);
        case Command::RingExport:
            return ring_export(request);
        case Command::RingStatus:
            return ring_status(request);
        case Command::Drain:
            return drain(request);
        case Command::DrainStatus:
            return reply_drain(request, {});
        case Command::Leader:
            return leader(request);
        case Command::LeaderHold:
            return hold(request);
        case Command::LeaderRelease:
            return release(request);
        case Command::LeaderResign:
        case Command::LeaderTransfer:
        case Command::LeaderReset:
            return change_leader(request);
        case Command::LeaderCheckToken:
            return check_token(request);
        case Command::LeaderOnce:
            return use_once(request);
        case Command::VotersChange:
        case Command::VotersRecover:
            return change_voters(request);
        case Command::History:
            return history(request);
        case Command::MembersAt:
            return members_at(request);
        case Command::Explain:
            return explain(request);
        case Command::Doctor:
            return doctor(request);
        case Command::Hooks:
            return hooks(request);
        case Command::HooksDead:
            return dead_letters(request);
        case Command::HooksReplay:
        case Command::HooksDrop:
            return change_letters(request);
        case Command::HooksTest:
            return test_hook(request);
        case Command::Reload:
            return reload(request);
    }
}

void Conversation::shake_hands(const Request& request) {
    const Result<HandshakeRequest> handshake = decode_handshake(request.body);
    if (!handshake)
        return malformed(request, handshake.error());
    if (shook_hands_)
        return acknowledge(request, errors::duplicate_handshake);
    if (handshake->version != 1)
        return acknowledge(request, errors::unsupported_version);
    shook_hands_ = true;
    if (encoding_ == Encoding::Json)
        return acknowledge(request);
    if (handshake->extended)
        encoding_ = Encoding::Extended;
    std::string reply;
    write_handshake(*make_encoder(encoding_, reply), request.header.seq, handshake->extended);
    link_->send(reply);
}

void Conversation::authenticate(const Request& request) {
    const Result<AuthRequest> auth = decode_auth(request.body);
    if (!auth)
        return malformed(request, auth.error());
    if (!is_token(auth->key, premises_.config.auth_key)) {
        count("invalid-token");
        return acknowledge(request, errors::invalid_auth);
    }
    authenticated_ = true;
    acknowledge(request);
}

// Waits for the index that the client has seen elsewhere, if need be.
void Conversation::read(Request request) {
    if (request.header.min_index <= premises_.backend.index())
        return read_now(request);
    const Duration most = premises_.config.limits.index_wait;
    const Duration asked = request.header.max_wait;
    waiting_ = std::move(request);
    link_->wake_after(asked > Duration::zero() ? std::min(asked, most) : most);
}

void Conversation::read_now(const Request& request) {
    switch (request.command) {
        case Command::MembersFiltered:
            return list_matching(request);
        case Command::Statistics: {
            const Backend& backend = premises_.backend;
            std::string body;
            write_stats(*make_encoder(encoding_, body), backend.stats(), backend.warnings(),
                        backend.index());
            return reply_shared(request, std::make_shared<std::string>(std::move(body)));
        }
        default:
            return reply_shared(request, premises_.members.all(encoding_));
    }
}

void Conversation::list_matching(const Request& request) {
    const Result<FilterRequest> wanted = decode_filter(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    if (wanted->name.empty() && wanted->status.empty() && wanted->tags.empty())
        return reply_shared(request, premises_.members.all(encoding_));
    const auto matching = extended() ? MemberFilter::Matching::Whole : MemberFilter::Matching::Serf;
    Result<MemberFilter> filter = MemberFilter::compile(*wanted, matching);
    turn_ends_at_ = requests_;
    if (filter) {
        searching_.emplace(
            Search{request, MemberSearch(premises_.backend, *std::move(filter), encoding_)});
        return search_on();
    }
    count("invalid-expression");
    if (!extended())
        return end();  // what the reference does, without a word
    refuse(request, filter.error().text);
}

void Conversation::search_on() {
    const SharedBytes body = searching_->members.advance();
    if (!body)
        return link_->call_again();
    const Search done = *std::exchange(searching_, std::nullopt);
    reply_shared(done.request, body);
}

void Conversation::join(const Request& request) {
    Result<JoinRequest> wanted = decode_join(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    if (wanted->seeds.empty())
        return reply_joined(request, {}, {});
    const auto done = [this, request](const JoinOutcome& outcome) {
        reply_joined(request, outcome, join_error(outcome, extended()));
    };
    premises_.backend.join(std::move(wanted->seeds), wanted->replay, completion<JoinOutcome>(done));
}

void Conversation::leave(const Request& request) {
    const auto done = [this, request](const std::string& error) {
        acknowledge(request, error);
        end();
    };
    premises_.backend.leave(request.header.for_good, completion<std::string>(done));
}

void Conversation::force_leave(const Request& request) {
    const Result<ForceLeaveRequest> wanted = decode_force_leave(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const auto done = [this, request](const std::string& error) { acknowledge(request, error); };
    premises_.backend.force_leave(wanted->node, wanted->prune, completion<std::string>(done));
}

// A tag that is both deleted and set is set.
void Conversation::set_tags(const Request& request) {
    Result<TagsRequest> wanted = decode_tags_request(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    cluster::Tags tags = premises_.backend.tags();
    for (const Bytes& key : wanted->remove)
        tags.erase(key);
    wanted->set.merge(tags);
    if (const Result<Bytes> encoded = cluster::encode_tags(wanted->set); !encoded)
        return reply_tags(request,
                          extended() ? encoded.error().text : std::string(errors::tags_too_large));
    const auto done = [this, request](const std::string& error) { reply_tags(request, error); };
    premises_.backend.set_tags(wanted->set, completion<std::string>(done));
}

void Conversation::stream(const Request& request) {
    const Result<StreamRequest> wanted = decode_stream(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const std::optional<EventFilter> filter = EventFilter::parse(wanted->type, extended());
    if (!filter)
        return acknowledge(request, errors::invalid_filter);
    acknowledge(request, subscriptions_.add_stream(request.header.seq, *filter).value_or(""));
}

void Conversation::monitor(const Request& request) {
    const Result<MonitorRequest> wanted = decode_monitor(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    const bool by_default = extended() && wanted->level.empty();
    const std::optional<LogLevel> level =
        by_default ? LogLevel::Info : parse_log_level(wanted->level);
    if (!level)
        return acknowledge(request, "Unknown log level: " + upper_case(wanted->level));
    const auto error = subscriptions_.add_monitor(request.header.seq, *level);
    acknowledge(request, error.value_or(""));
    if (error)
        return;
    LogReplay replay(*this);
    premises_.backend.replay_log(replay);
}

void Conversation::stop(const Request& request) {
    const Result<StopRequest> wanted = decode_stop(request.body);
    if (!wanted)
        return malformed(request, wanted.error());
    subscriptions_.stop(wanted->stop);
    acknowledge(request);
}

void Conversation::malformed(const Request& request, const Error& error) {
    if (!extended())
        return refuse_bytes("undecodable", error.text);
    count("undecodable");
    refuse(request, error.text);
}

void Conversation::acknowledge(const Request& request, std::string_view error) {
    link_->send(reply_header(encoding_, {.seq = request.header.seq, .error = error}, false));
}

void Conversation::refuse(const Request& request, std::string_view error) {
    const std::uint64_t index = premises_.backend.index();
    switch (request.command) {
        case Command::Join:
            return reply_joined(request, {}, error);
        case Command::Tags:
            return reply_tags(request, error);
        case Command::Event:
        case Command::Query:
            return reply_ltime(request, Error{std::string(error)});
        case Command::InstallKey:
        case Command::UseKey:
        case Command::RemoveKey:
        case Command::ListKeys:
            return reply_keys(request, refused_keys(error));
        case Command::Ring:
        case Command::RingOwners:
        case Command::RingDiff:
        case Command::RingExport:
        case Command::RingStatus:
        case Command::Drain:
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
            return reply_nothing(request, error);
        case Command::Leader:
            return reply_leader(request, error);
        case Command::LeaderHold:
        case Command::LeaderRelease:
        case Command::LeaderResign:
        case Command::LeaderTransfer:
        case Command::LeaderCheckToken:
        case Command::LeaderOnce:
        case Command::LeaderReset:
        case Command::VotersChange:
        case Command::VotersRecover:
            return reply_led(request, refused_leader(error));
        case Command::Members:
        case Command::MembersFiltered:
        case Command::Statistics: {
            std::string reply;
            const auto encoder = make_encoder(encoding_, reply);
            encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
            if (request.command == Command::Statistics)
                write_stats(*encoder, {}, {}, index);
            else
                write_members(*encoder, {}, index);
            return link_->send(reply);
        }
        default:
            return acknowledge(request, error);
    }
}

void Conversation::reply_joined(const Request& request, const JoinOutcome& outcome,
                                std::string_view error) {
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
    write_joined(*encoder, outcome);
    link_->send(reply);
}

void Conversation::reply_tags(const Request& request, std::string_view error) {
    if (!extended())
        return acknowledge(request, error);
    std::string reply;
    const auto encoder = make_encoder(encoding_, reply);
    encoder->header({.seq = request.header.seq, .error = error}, /*body_follows=*/true);
    write_tags(*encoder, premises_.backend.tags(), premises_.backend.index());
    link_->send(reply);
}

void Conversation::reply_shared(const Request& request, const SharedBytes& body) {
    link_->send(reply_header(encoding_, {.seq = request.header.seq}, true), body);
}

}  // namespace muster::api
