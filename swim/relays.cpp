#include "swim/relays.h"

#include <algorithm>

#include "swim/codec.h"

namespace muster::swim {

namespace {

// Relayed pings in flight: beyond it, requests are not served, as if lost.
constexpr std::size_t max_relays = 1024;

}  // namespace

Endpoint answer_to(const Source& source, const Endpoint& from) {
    if (source.port == 0) {
        return from;
    }
    return Endpoint::from_bytes(source.ip, source.port).value_or(from);
}

Relays::Relays(const Config& config, Membership& membership, Sender& sender, Counters& counters)
    : config_(config), membership_(membership), sender_(sender), counters_(counters) {}

void Relays::request(TimePoint now, const Endpoint& from, const IndirectPing& request,
                     Output& out) {
    const std::uint16_t port = request.target_port != 0 ? request.target_port : config_.bind_port;
    const auto target = Endpoint::from_bytes(request.target_ip, port);
    if (!target || relays_.size() >= max_relays) {
        return;
    }
    // A nack at the full probe_timeout would reach a healthy requester after it has given up
    // (section 8.6).
    relays_.push_back({counters_.next_sequence(), request.sequence, answer_to(request.source, from),
                       request.nack, now + config_.probe_timeout * 4 / 5,
                       now + config_.probe_timeout});
    const Endpoint& self = membership_.here();
    message_.clear();
    encode(Ping{relays_.back().sequence, request.node, {self.ip(), self.port(), config_.name}},
           message_);
    const BytesView parts[] = {message_};
    sender_.send(*target, parts, Sender::Fill::Piggyback, /*crc=*/false, out);
}

bool Relays::ack(TimePoint now, const Ack& ack, Output& out) {
    const auto relay = std::find_if(relays_.begin(), relays_.end(), [&](const Relay& candidate) {
        return candidate.sequence == ack.sequence;
    });
    if (relay == relays_.end()) {
        return false;
    }
    if (now <= relay->expires) {
        message_.clear();
        encode(Ack{relay->requested, {}}, message_);
        const BytesView parts[] = {message_};
        sender_.send(relay->requester, parts, Sender::Fill::Piggyback, /*crc=*/false, out);
    }
    relays_.erase(relay);
    return true;
}

void Relays::tick(TimePoint now, Output& out) {
    for (Relay& relay : relays_) {
        if (relay.nack && now >= relay.nack_at) {
            relay.nack = false;
            message_.clear();
            encode(Nack{relay.requested}, message_);
            const BytesView parts[] = {message_};
            sender_.send(relay.requester, parts, Sender::Fill::Piggyback, /*crc=*/false, out);
        }
    }
    std::erase_if(relays_, [&](const Relay& relay) { return now >= relay.expires; });
}

TimePoint Relays::next_deadline() const {
    TimePoint next = never;
    for (const Relay& relay : relays_) {
        next = std::min(next, relay.nack ? relay.nack_at : relay.expires);
    }
    return next;
}

}  // namespace muster::swim
