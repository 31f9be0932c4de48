#include "swim/sender.h"

#include "swim/assert.h"
#include "swim/formulas.h"
#include "swim/message.h"

namespace muster::swim {

namespace {

// Ours: far above what a healthy cluster queues, so that only a flood is cut.
constexpr std::size_t member_queue_capacity = 65536;
constexpr std::size_t user_queue_capacity = 4096;  // docs/protocol/serf.md section 8.6

// FNV-1a over address and port, never 0. Two members of one number only wait for each other.
std::uint32_t recipient_id(const Endpoint& to) {
    std::uint32_t hash = 2166136261U;
    const auto mix = [&](std::uint8_t byte) { hash = (hash ^ byte) * 16777619U; };
    for (const char byte : to.ip()) {
        mix(octet(byte));
    }
    mix(static_cast<std::uint8_t>(to.port()));
    mix(static_cast<std::uint8_t>(to.port() >> 8U));
    return hash != 0 ? hash : 1;
}

}  // namespace

Sender::Sender(const Config& config)
    : config_(config),
      members_(member_queue_capacity),
      users_{BroadcastQueue(user_queue_capacity), BroadcastQueue(user_queue_capacity),
             BroadcastQueue(user_queue_capacity)} {}

void Sender::set_member_population(std::size_t n) {
    member_limit_ = retransmit_limit(config_.retransmit_mult, n);
}

void Sender::set_user_population(std::size_t n) {
    user_limit_ = retransmit_limit(config_.retransmit_mult, n);
}

void Sender::broadcast(BytesView subject, BytesView message, std::uint64_t ticket, Output& out) {
    members_.push(subject, message, ticket, out.finished);
}

void Sender::broadcast_user(Tier tier, BytesView payload, std::uint64_t ticket, Output& out) {
    message_.assign(1, static_cast<char>(MessageType::User));
    message_ += payload;
    if (message_.size() + compound_part_overhead > gossip_budget()) {
        // It would stay in the queue for ever, and keep the rounds going.
        if (ticket != 0) {
            out.finished.push_back(ticket);
        }
        return;
    }
    users_[static_cast<std::size_t>(tier)].push({}, message_, ticket, out.finished);
}

void Sender::send(const Endpoint& to, std::span<const BytesView> messages, Fill fill, bool crc,
                  Output& out) {
    parts_.assign(messages.begin(), messages.end());
    if (fill == Fill::Piggyback) {
        std::size_t size = compound_header_size + config_.packet_overhead;
        for (const BytesView message : messages) {
            size += message.size();
        }
        if (size < config_.packet_budget) {
            collect(recipient(to), config_.packet_budget - size, BroadcastQueue::Round::Regular);
        }
    }
    emit(to, crc, out);
    commit(out);
}

void Sender::send_user(const Endpoint& to, BytesView payload, Output& out) {
    message_.assign(1, static_cast<char>(MessageType::User));
    message_ += payload;
    parts_.assign(1, message_);
    emit(to, /*crc=*/false, out);
}

// What a packet of gossip holds: messages, and compound_part_overhead for each.
std::size_t Sender::gossip_budget() const {
    return config_.packet_budget - compound_header_size - config_.packet_overhead;
}

bool Sender::gossip(const Endpoint& to, bool crc, BroadcastQueue::Round round, Output& out) {
    return gossip(to, crc, round, recipient(to), out);
}

bool Sender::gossip_again(const Endpoint& to, bool crc, Output& out) {
    return gossip(to, crc, BroadcastQueue::Round::Regular, {}, out);
}

bool Sender::gossip(const Endpoint& to, bool crc, BroadcastQueue::Round round,
                    BroadcastQueue::Recipient recipient, Output& out) {
    parts_.clear();
    collect(recipient, gossip_budget(), round);
    if (parts_.empty()) {
        return false;
    }
    emit(to, crc, out);
    commit(out);
    return true;
}

BroadcastQueue::Recipient Sender::recipient(const Endpoint& to) const {
    return {.id = recipient_id(to), .others = hearers_ > 0 ? hearers_ - 1 : 0};
}

void Sender::collect(BroadcastQueue::Recipient recipient, std::size_t budget,
                     BroadcastQueue::Round round) {
    std::size_t used = members_.take(budget, compound_part_overhead, member_limit_, round,
                                     recipient, max_compound_parts, parts_);
    for (BroadcastQueue& queue : users_) {
        if (used + compound_part_overhead < budget) {
            used += queue.take(budget - used, compound_part_overhead, user_limit_, round, recipient,
                               max_compound_parts, parts_);
        }
    }
}

void Sender::commit(Output& out) {
    members_.commit(member_limit_, out.finished);
    for (BroadcastQueue& queue : users_) {
        queue.commit(user_limit_, out.finished);
    }
}

void Sender::emit(const Endpoint& to, bool crc, Output& out) {
    MUSTER_ASSERT(!parts_.empty());
    const std::size_t offset = out.bytes.size();
    frame_packet(parts_, {.compress = config_.compression, .crc = crc}, out.bytes);
    out.datagrams.push_back({to, offset, out.bytes.size() - offset});
    ++packets_;
    bytes_ += out.bytes.size() - offset;
}

void Sender::end_extra_round() {
    members_.end_extra_round();
    for (BroadcastQueue& queue : users_) {
        queue.end_extra_round();
    }
}

bool Sender::idle() const {
    bool empty = members_.empty();
    for (const BroadcastQueue& queue : users_) {
        empty = empty && queue.empty();
    }
    return empty;
}

bool Sender::has_news() const {
    bool news = members_.has_news();
    for (const BroadcastQueue& queue : users_) {
        news = news || queue.has_news();
    }
    return news;
}

bool Sender::fits_one_packet() const {
    std::size_t size = compound_header_size + config_.packet_overhead + members_.bytes() +
                       members_.size() * compound_part_overhead;
    for (const BroadcastQueue& queue : users_) {
        size += queue.bytes() + queue.size() * compound_part_overhead;
    }
    return size <= config_.packet_budget;
}

void Sender::check() const {
    members_.check();
    for (const BroadcastQueue& queue : users_) {
        queue.check();
    }
}

}  // namespace muster::swim
