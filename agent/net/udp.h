// The agent's one UDP socket. Moves datagrams and decides nothing: what a packet means, and what is
// sent when, is the node's.
//
// Sending never waits: what the kernel does not take at once is counted and dropped, as the network
// might have dropped it. Receiving takes everything that is readable, up to a bound, before the
// loop goes on; one buffer serves all. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/net/asio_fwd.h"
#include "agent/net/clock.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/result.h"

namespace muster::net {

struct UdpCounters {
    std::uint64_t received = 0, received_bytes = 0;
    std::uint64_t sent = 0, sent_bytes = 0;
    std::uint64_t send_full = 0;    // the kernel's buffer was full
    std::uint64_t send_failed = 0;  // refused for another reason: no route, too large, ...
};

class Udp {
public:
    // `now` was read after the receive call returned; `from` is in its shortest form; the bytes are
    // valid during the call. May send, must not destroy the Udp.
    using Receive = std::function<void(TimePoint now, const Endpoint& from, BytesView datagram)>;
    // Called once after each batch of Receive calls.
    using BatchEnd = std::function<void()>;

    Udp(asio::io_context& loop, Clock& clock, Receive receive, BatchEnd batch_end);
    ~Udp();

    // Takes the address; port 0 takes a free one. Answers the address as bound. A wildcard IPv6
    // address serves IPv4 too where the host allows it. The error is for a person.
    Result<Endpoint> bind(const Endpoint& address);
    // Begins to receive. REQUIRES: bound.
    void start();
    // Hands over what is readable now, up to `most` datagrams, without waiting for the loop.
    void drain(std::size_t most);
    void send(const Endpoint& to, BytesView datagram);
    void close();

    const UdpCounters& counters() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace muster::net
