// Packing: what a member wants to say becomes packets, filled up with the broadcasts that wait
// (docs/protocol/memberlist.md sections 1.3, 1.7, 9.1, 9.2).
//
// Owns the broadcast queues: memberlist's own statements first, then Serf's intents, queries and
// user events.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "swim/broadcast_queue.h"
#include "swim/bytes.h"
#include "swim/config.h"
#include "swim/endpoint.h"
#include "swim/output.h"
#include "swim/packet.h"

namespace muster::swim {

// The queues of the layer above, in the order in which they get what space is left
// (docs/protocol/serf.md section 8.6).
enum class Tier : std::uint8_t { Intent = 0, Query = 1, Event = 2 };
inline constexpr std::size_t tier_count = 3;

class Sender {
public:
    explicit Sender(const Config& config);

    // What the retransmit limits count: entries of the wire table, and members that the layer above
    // knows.
    void set_member_population(std::size_t n);
    void set_user_population(std::size_t n);
    // How many members could be told, ourselves not counted.
    void set_hearers(std::size_t n) { hearers_ = n; }

    // Queues a statement about `subject`, replacing what is queued about it.
    void broadcast(BytesView subject, BytesView message, std::uint64_t ticket, Output& out);
    // Queues a message of the layer above, without its type byte. It replaces nothing. What is too
    // large for any packet of gossip is never sent: it is finished at once.
    void broadcast_user(Tier tier, BytesView payload, std::uint64_t ticket, Output& out);

    enum class Fill : std::uint8_t { Piggyback, Bare };
    // Sends messages to one member: as they are, or filled up with broadcasts.
    // REQUIRES: one or two messages, each complete.
    void send(const Endpoint& to, std::span<const BytesView> messages, Fill fill, bool crc,
              Output& out);

    // Sends one message of the layer above, given without its type byte, by itself.
    void send_user(const Endpoint& to, BytesView payload, Output& out);

    // Sends one packet of broadcasts. False if there was nothing to send, or nothing that would not
    // better go to somebody else.
    bool gossip(const Endpoint& to, bool crc, BroadcastQueue::Round round, Output& out);
    // The same in a regular round, also with what has gone there already.
    bool gossip_again(const Endpoint& to, bool crc, Output& out);
    void end_extra_round();

    bool idle() const;
    bool has_news() const;
    // All that waits would fit into one packet.
    bool fits_one_packet() const;
    std::size_t queued(Tier tier) const { return users_[static_cast<std::size_t>(tier)].size(); }
    std::size_t queued() const { return members_.size(); }
    std::uint64_t packets() const { return packets_; }
    std::uint64_t bytes() const { return bytes_; }
    void check() const;

private:
    std::size_t gossip_budget() const;
    bool gossip(const Endpoint& to, bool crc, BroadcastQueue::Round round,
                BroadcastQueue::Recipient recipient, Output& out);
    void collect(BroadcastQueue::Recipient recipient, std::size_t budget,
                 BroadcastQueue::Round round);
    BroadcastQueue::Recipient recipient(const Endpoint& to) const;
    void commit(Output& out);
    void emit(const Endpoint& to, bool crc, Output& out);

    const Config& config_;
    BroadcastQueue members_;
    std::array<BroadcastQueue, tier_count> users_;
    unsigned member_limit_ = 0;
    unsigned user_limit_ = 0;
    std::size_t hearers_ = 0;
    std::vector<BytesView> parts_;  // of the packet being packed
    Bytes message_;                 // one user message with its type byte
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace muster::swim
