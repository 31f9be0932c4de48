#include "agent/sim/streams.h"

#include <algorithm>

#include "agent/sim/nonces.h"

namespace muster::sim {

namespace {

constexpr Duration redial_first = std::chrono::seconds(1);
constexpr Duration segment_retransmission_first = std::chrono::milliseconds(200);
constexpr std::uint64_t piece_max = 1460;

}  // namespace

Streams::Streams(EventQueue& queue, Network& network, Random random, SealOf seal_of,
                 Duration timeout)
    : queue_(queue),
      network_(network),
      random_(random),
      seal_of_(std::move(seal_of)),
      timeout_(timeout) {}

bool Streams::is_kernels(const Event& event) {
    return static_cast<Step>(event.step) == Step::Dialed;
}

bool Streams::is_deadline(const Event& event) {
    const auto step = static_cast<Step>(event.step);
    return step == Step::OpenerDeadline || step == Step::ListenerDeadline;
}

void Streams::open(TimePoint now, const Party& opener, swim::StreamOpen&& request,
                   std::optional<Party> target, TimePoint deadline) {
    const std::uint64_t number = ++last_number_;
    Connection& connection = connections_[number];
    connection.opener = opener;
    connection.id = request.id;
    connection.expects_reply = request.expects_reply;
    connection.deadline = deadline;
    swim::write_label(seal_of_(opener.host).label(), connection.bytes);
    write(opener.host, request.bytes, connection.bytes);
    schedule(std::max(now, deadline), opener.host, number, Step::OpenerDeadline);
    if (target) {
        connection.target = *target;
        connection.backoff = redial_first;
        schedule(now + network_.stream_delay(opener.host, target->host), target->host, number,
                 Step::Dialed);
    } else {
        connection.target.endpoint = request.to;
    }
}

void Streams::reply(TimePoint now, HostId host, swim::StreamReply&& reply) {
    const auto found = connections_.find(reply.id.number);
    if (!reply.id.inbound || found == connections_.end() || found->second.target.host != host ||
        found->second.answered) {
        return;
    }
    Connection& connection = found->second;
    connection.answered = true;
    connection.bytes.clear();
    if (!reply.bytes.empty()) {
        write(host, reply.bytes, connection.bytes);
    }
    connection.sent = 0;
    connection.backoff = segment_retransmission_first;
    connection.reader = swim::StreamReader(swim::StreamReader::From::Listener);
    schedule(now + network_.stream_delay(host, connection.opener.host), connection.opener.host,
             found->first, connection.bytes.empty() ? Step::Closed : Step::Answer);
}

StreamInput Streams::advance(TimePoint now, const Event& event, const std::vector<Life>& lives) {
    const auto found = connections_.find(event.item);
    if (found == connections_.end()) {
        return {};
    }
    Connection& connection = found->second;
    const auto alive = [&](const Party& party) {
        return party.host < lives.size() && party.life == lives[party.host];
    };
    StreamInput input;
    switch (static_cast<Step>(event.step)) {
        case Step::Dialed:
            dialed(now, event, connection, event.host < lives.size() ? lives[event.host] : 0);
            return input;
        case Step::Request:
            return alive(connection.target) ? request_piece(now, event, connection) : input;
        case Step::Answer:
            return alive(connection.opener) ? answer_piece(now, event, connection) : input;
        case Step::Refused:
            input = failed(connection,
                           connection.accepted ? "connection reset by peer" : "connection refused");
            break;
        case Step::Closed:
            if (stalled(now, event, connection)) {
                return input;
            }
            input = failed(connection, "the peer closed the stream without an answer");
            break;
        case Step::OpenerDeadline:
            input = failed(connection, "timed out");
            break;
        case Step::ListenerDeadline:
            if (!connection.answered) {
                swim::StreamReply close{{event.item, /*inbound=*/true}, {}};
                reply(now, event.host, std::move(close));
            }
            return input;
    }
    if (!alive(connection.opener)) {
        input = {};
    }
    retire(event.item, input);
    return input;
}

void Streams::process_died(TimePoint now, HostId host) {
    std::vector<std::uint64_t> gone;
    for (auto& [number, connection] : connections_) {
        if (connection.opener.host == host) {
            gone.push_back(number);
        } else if (connection.target.host == host && connection.accepted && !connection.answered) {
            connection.answered = true;
            schedule(now + network_.stream_delay(host, connection.opener.host),
                     connection.opener.host, number, Step::Refused);
        }
    }
    for (const std::uint64_t number : gone) {
        connections_.erase(number);
    }
}

void Streams::schedule(TimePoint at, HostId host, std::uint64_t number, Step step) {
    queue_.push({.at = at,
                 .item = number,
                 .host = host,
                 .kind = Event::Kind::Stream,
                 .step = static_cast<std::uint8_t>(step)});
}

// A block delays a step for as long as it holds, by ever longer retransmissions, as TCP does.
bool Streams::stalled(TimePoint now, const Event& event, Connection& connection) {
    const HostId from = connection.opener.host;
    const HostId to = connection.target.host;
    if (network_.stream_open(from, to) && network_.stream_open(to, from)) {
        return false;
    }
    if (now + connection.backoff < connection.deadline + timeout_) {
        schedule(now + connection.backoff, event.host, event.item, static_cast<Step>(event.step));
        connection.backoff *= 2;
    }
    return true;
}

// The kernel accepts for a stopped process, too; only a process that is gone refuses.
void Streams::dialed(TimePoint now, const Event& event, Connection& connection, Life listener) {
    if (stalled(now, event, connection)) {
        return;
    }
    const HostId opener = connection.opener.host;
    const HostId target = connection.target.host;
    if (listener == 0) {
        schedule(now + network_.stream_delay(target, opener), opener, event.item, Step::Refused);
        return;
    }
    connection.accepted = true;
    connection.target.life = listener;
    connection.backoff = segment_retransmission_first;
    schedule(now + timeout_, target, event.item, Step::ListenerDeadline);
    schedule(now + network_.stream_delay(target, opener) + network_.stream_delay(opener, target),
             target, event.item, Step::Request);
}

StreamInput Streams::request_piece(TimePoint now, const Event& event, Connection& connection) {
    if (stalled(now, event, connection) || connection.answered) {
        return {};
    }
    const HostId opener = connection.opener.host;
    const HostId target = connection.target.host;
    if (network_.stream_breaks(opener, target)) {
        connection.answered = true;
        schedule(now + network_.stream_delay(target, opener), opener, event.item, Step::Refused);
        return {};
    }
    if (network_.stream_stalls(opener, target)) {
        return {};
    }
    StreamInput input;
    input.host = target;
    input.id = {event.item, /*inbound=*/true};
    input.peer = connection.opener.endpoint;
    const auto progress = connection.reader.feed(seal_of_(target), next_piece(connection));
    if (progress == swim::StreamReader::Progress::Done) {
        input.kind = StreamInput::Kind::Message;
        input.message = &connection.reader.message();
    } else if (progress == swim::StreamReader::Progress::Failed) {
        input.kind = StreamInput::Kind::Refused;
        input.fault = &connection.reader.fault();
    } else if (connection.sent < connection.bytes.size()) {
        schedule(now + network_.stream_delay(opener, target), target, event.item, Step::Request);
    }
    if (input.kind != StreamInput::Kind::Nothing && !connection.expects_reply) {
        retire(event.item, input);
    }
    return input;
}

StreamInput Streams::answer_piece(TimePoint now, const Event& event, Connection& connection) {
    if (stalled(now, event, connection)) {
        return {};
    }
    const HostId opener = connection.opener.host;
    const HostId target = connection.target.host;
    StreamInput input;
    if (network_.stream_breaks(target, opener)) {
        input = failed(connection, "connection reset by peer");
        retire(event.item, input);
        return input;
    }
    if (network_.stream_stalls(target, opener)) {
        return {};
    }
    const auto progress = connection.reader.feed(seal_of_(opener), next_piece(connection));
    if (progress == swim::StreamReader::Progress::Done) {
        input.kind = StreamInput::Kind::Message;
        input.host = opener;
        input.id = connection.id;
        input.peer = connection.target.endpoint;
        input.message = &connection.reader.message();
    } else if (progress == swim::StreamReader::Progress::Failed) {
        input = failed(connection, connection.reader.fault().detail);
    } else if (connection.sent == connection.bytes.size()) {
        input = failed(connection, "the peer closed the stream in the middle of its answer");
    } else {
        schedule(now + network_.stream_delay(target, opener), opener, event.item, Step::Answer);
        return input;
    }
    retire(event.item, input);
    return input;
}

void Streams::write(HostId host, BytesView message, Bytes& out) {
    swim::Seal& seal = seal_of_(host);
    seal.seal_stream(message, nonce_for(seal, random_), out);
}

// The rest at once now and then, so that most streams take one step, and the others prove that a
// piece may end anywhere.
BytesView Streams::next_piece(Connection& connection) {
    const std::size_t left = connection.bytes.size() - connection.sent;
    std::size_t size = left;
    if (random_.chance(0.5)) {
        size = std::min<std::size_t>(left, 1 + random_.below(piece_max));
    }
    const BytesView piece = BytesView(connection.bytes).substr(connection.sent, size);
    connection.sent += size;
    return piece;
}

StreamInput Streams::failed(const Connection& connection, std::string error) const {
    return {.kind = StreamInput::Kind::Failed,
            .host = connection.opener.host,
            .id = connection.id,
            .peer = connection.target.endpoint,
            .error = std::move(error)};
}

void Streams::retire(std::uint64_t number, StreamInput& input) {
    const auto found = connections_.find(number);
    retired_.emplace(std::move(found->second));
    connections_.erase(found);
    if (input.message != nullptr) {
        input.message = &retired_->reader.message();
    }
    if (input.fault != nullptr) {
        input.fault = &retired_->reader.fault();
    }
}

}  // namespace muster::sim
