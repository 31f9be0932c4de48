// SWIM with Lifeguard, as memberlist speaks it: one member's whole gossip layer, composed of its
// parts.
//
//     membership   what statements do to the table         prober     who is silent
//     sender       packets and their broadcasts            relays     pings for others
//     gossip       when broadcasts leave                   exchanges  push/pull
//
// Pure: time, packets and stream messages in; effects are appended to an Output. This class routes
// and keeps the deadline; every rule is in a part. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "swim/awareness.h"
#include "swim/config.h"
#include "swim/exchanges.h"
#include "swim/gossip.h"
#include "swim/local_state.h"
#include "swim/member_table.h"
#include "swim/membership.h"
#include "swim/output.h"
#include "swim/packet.h"
#include "swim/prober.h"
#include "swim/random.h"
#include "swim/relays.h"
#include "swim/relocation.h"
#include "swim/result.h"
#include "swim/sender.h"
#include "swim/stragglers.h"
#include "swim/stream.h"

namespace muster::swim {

class Swim {
public:
    // REQUIRES: config's name is not empty, its advertise is specified; local outlives this.
    Swim(const Config& config, const LocalState& local, Random random);
    Swim(const Swim&) = delete;
    Swim& operator=(const Swim&) = delete;

    // Becomes alive with this metadata and starts the timers. Once, before anything else.
    void start(TimePoint now, BytesView meta, Output& out);

    // One datagram, label and encryption undone. Faults are counted.
    void receive(TimePoint now, const Endpoint& from, BytesView packet, Output& out);
    void receive_stream(TimePoint now, StreamId id, const Endpoint& from,
                        const StreamMessage& message, Output& out);
    void stream_failed(TimePoint now, StreamId id, const std::string& error, Output& out);
    // An inbound stream that does not decode: answered with an error where the reference does, and
    // closed.
    void stream_refused(StreamId id, const StreamFault& fault, Output& out);
    void refused(Fault fault) { ++faults_[static_cast<std::size_t>(fault)]; }

    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

    // Joins the cluster at `peer`, or exchanges state with it. Its end is an ExchangeResult.
    StreamId exchange(TimePoint now, const Endpoint& peer, bool join, Output& out);
    void ping_by_name(TimePoint now, BytesView name, const Endpoint& endpoint, Output& out);
    void leave(TimePoint now, std::uint64_t ticket, Output& out);
    // Says in the name of another member that it has left: of the one that we were.
    void say_left(TimePoint now, BytesView name, std::uint32_t incarnation, Output& out);
    // Announces new metadata. REQUIRES: meta.size() <= 512
    void update(TimePoint now, BytesView meta, std::uint64_t ticket, Output& out);
    // Announces a new address of ours (swim/relocation.h).
    void move(TimePoint now, const Endpoint& endpoint, Output& out);
    void broadcast(TimePoint now, Tier tier, BytesView payload, std::uint64_t ticket, Output& out);
    // One message of the layer above for one member, as one packet.
    void send(const Endpoint& to, BytesView payload, Output& out) {
        sender_.send_user(to, payload, out);
    }
    void set_user_population(std::size_t n) { sender_.set_user_population(n); }

    const MemberTable& table() const { return table_; }
    const Member& self() const { return membership_.self(); }
    // Where we are: while we move, not where we are announced.
    const Endpoint& here() const { return membership_.here(); }
    unsigned health() const { return awareness_.score(); }
    const Sender& sender() const { return sender_; }
    const Prober& prober() const { return prober_; }
    std::uint64_t refutations() const { return membership_.refutations(); }
    std::uint64_t stalls() const { return stalls_; }
    std::uint64_t faults(Fault fault) const { return faults_[static_cast<std::size_t>(fault)]; }
    std::uint64_t packets_in() const { return packets_in_; }
    std::uint64_t bytes_in() const { return bytes_in_; }
    void check() const;

private:
    void dispatch(TimePoint now, const Endpoint& from, const Message& message, Output& out);
    void answer(const Endpoint& from, const Ping& ping, Output& out);
    void answer_stream(StreamId id, const Ping& ping, Output& out);
    void notice_stall(TimePoint now);
    void settle(TimePoint now, Output& out);
    void relocate(TimePoint now, Output& out);
    void hear_of_relocation(TimePoint now, Output& out);

    const Config config_;
    const LocalState& local_;
    Random random_;
    Counters counters_;
    Awareness awareness_;
    MemberTable table_;
    Sender sender_;
    Membership membership_;
    Prober prober_;
    Relays relays_;
    Gossip gossip_;
    Exchanges exchanges_;
    PacketReader reader_;

    Relocation relocation_;
    Stragglers stragglers_;
    bool heard_ourselves_ = false;  // our own ping to the former address came back here
    TimePoint promised_ = never;    // when the next tick was due, as of the last input
    TimePoint quiet_until_{};       // of the last stall that was noticed

    std::uint64_t faults_[fault_count] = {};
    std::uint64_t stalls_ = 0;
    std::uint64_t packets_in_ = 0;
    std::uint64_t bytes_in_ = 0;
    Bytes message_;
    Bytes payload_;
};

}  // namespace muster::swim
