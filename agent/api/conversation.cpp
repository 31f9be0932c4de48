#include "agent/api/conversation.h"

#include <utility>

namespace muster::api {

namespace {

// What may be read ahead while a request waits: enough for the next one, usually.
constexpr std::size_t read_ahead = 16 * 1024;

// Requests that one client may have carried out in one turn of the loop; a filtered list, whose
// expressions are the client's, takes the whole turn.
constexpr std::uint64_t requests_a_turn = 32;

}  // namespace

Conversation::Conversation(Premises premises, Link& link, Access access)
    : premises_(premises), link_(&link), access_(std::move(access)) {}

bool Conversation::wants_input() const {
    return !ended_ && ((!works() && !link_->congested()) || received_.size() - taken_ < read_ahead);
}

bool Conversation::owes_input() const {
    if (ended_ || works() || link_->congested())
        return false;
    return requests_ == 0 || awaits_body_ || received_.size() > taken_;
}

void Conversation::receive(BytesView bytes) {
    if (ended_)
        return;
    received_ += bytes;
    work();
}

void Conversation::resume() {
    if (!ended_)
        subscriptions_.report_losses(encoding_, *link_);
    if (!ended_ && searching_)
        search_on();
    work();
}

// Takes one request after the other, as long as each is done at once.
void Conversation::work() {
    if (working_)
        return;  // a completion within the call that asked for it: the loop below goes on
    working_ = true;
    turn_ends_at_ = requests_ + requests_a_turn;
    held_ = false;
    while (!ended_ && !busy_ && !waiting_ && !searching_ && taken_ < received_.size()) {
        held_ = link_->congested() || requests_ >= turn_ends_at_;
        if (held_)
            break;
        const BytesView rest = BytesView(received_).substr(taken_);
        if (!splitter_ && !choose_framing(rest.front()))
            break;
        const Splitter::Outcome outcome = splitter_->look(rest);
        if (outcome == Splitter::Outcome::More)
            break;
        if (outcome == Splitter::Outcome::TooLarge)
            refuse_bytes("too-large", "the request is too large");
        else if (outcome == Splitter::Outcome::Malformed)
            refuse_bytes("undecodable", "the request is not msgpack");
        else {
            taken_ += splitter_->size();
            take_object(rest.substr(0, splitter_->size()));
        }
    }
    working_ = false;
    if (held_ && !link_->congested())
        link_->call_again();
    received_.erase(0, std::exchange(taken_, 0));
    if (received_.empty() && received_.capacity() > read_ahead)
        received_.shrink_to_fit();
}

bool Conversation::choose_framing(char first) {
    const std::optional<Framing> framing = framing_of(first);
    if (!framing || (framing == Framing::JsonLines && !access_.json)) {
        refuse_bytes("not-a-request", "neither a msgpack map nor a JSON object");
        return false;
    }
    encoding_ = framing == Framing::JsonLines ? Encoding::Json : Encoding::Serf;
    splitter_.emplace(*framing, premises_.config.limits.request_bytes, ValueLimits{});
    return true;
}

// Bytes that are no request: in msgpack nothing can be said any more, in JSON one line can.
void Conversation::refuse_bytes(const char* reason, std::string_view error) {
    count(reason);
    if (encoding_ == Encoding::Json) {
        std::string reply;
        JsonEncoder(reply).header({.error = error}, /*body_follows=*/false);
        link_->send(reply);
    }
    end();
}

void Conversation::end() {
    ended_ = true;
    link_->cancel_wake();
    link_->finish();
}

void Conversation::take_object(BytesView object) {
    const bool json = encoding_ == Encoding::Json;
    if (json && object.find_first_not_of(" \t\r\n") == BytesView::npos)
        return;
    Result<Value> value = json ? parse_json(object, {}) : parse_msgpack(object, {});
    if (!value && json) {
        // The line was wrong, its end was not.
        count("undecodable");
        return acknowledge({}, value.error().text);
    }
    if (!value)
        return refuse_bytes("undecodable", value.error().text);
    if (!awaits_body_)
        return take_header(*std::move(value));
    Request request = *std::exchange(awaits_body_, std::nullopt);
    request.body = *std::move(value);
    take_request(std::move(request));
}

void Conversation::take_header(Value record) {
    const bool json = encoding_ == Encoding::Json;
    Result<RequestHeader> header = decode_header(record, /*seq_required=*/!json);
    if (!header && !json)
        return refuse_bytes("undecodable", header.error().text);
    if (!header) {
        count("undecodable");
        return acknowledge({}, header.error().text);
    }
    Request request{.header = *std::move(header), .command = Command::Handshake, .body = {}};
    const CommandTraits* command = find_command(request.header.command);
    const bool is_handshake = command != nullptr && command->command == Command::Handshake;
    if (!json && !shook_hands_ && !is_handshake) {
        count("handshake-required");
        acknowledge(request, errors::handshake_required);
        return end();
    }
    if (command == nullptr) {
        count("unsupported-command");
        acknowledge(request, errors::unsupported_command);
        if (!json)
            end();  // nobody knows whether a body follows
        return;
    }
    request.command = command->command;
    if (json) {
        request.body = std::move(record);
    } else if (command->has_body) {
        awaits_body_ = std::move(request);
        return;
    }
    take_request(std::move(request));
}

void Conversation::take_request(Request request) {
    ++requests_;
    ++premises_.stats.requests;
    if (admit(request))
        perform(std::move(request));
}

void Conversation::woken() {
    if (!waiting_)
        return;
    const Request request = *std::exchange(waiting_, std::nullopt);
    count("index-not-reached");
    refuse(request, "the view has index " + std::to_string(premises_.backend.index()) +
                        ", it did not reach " + std::to_string(request.header.min_index) +
                        " in time");
    work();
}

void Conversation::on_event(EventRecord& record) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(record, encoding_, *link_);
}

void Conversation::on_user_event(UserEventRecord& record) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(record, encoding_, *link_);
}

void Conversation::on_query(const QueryNews& news) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(news, encoding_, *link_);
}

void Conversation::on_leadership(LeadershipRecord& record) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(record, encoding_, *link_);
}

void Conversation::on_turnout(TurnoutRecord& record) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(record, encoding_, *link_);
}

void Conversation::on_log(MonitorRecord& record) {
    if (!ended_)
        premises_.stats.records_dropped += subscriptions_.deliver(record, encoding_, *link_);
}

void Conversation::on_view(std::uint64_t index) {
    if (!waiting_ || waiting_->header.min_index > index)
        return;
    link_->cancel_wake();
    const Request request = *std::exchange(waiting_, std::nullopt);
    read_now(request);
    work();
}

}  // namespace muster::api
