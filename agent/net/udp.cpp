#include "agent/net/udp.h"

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/ip/v6_only.hpp>
#include <vector>

#include "agent/net/explain.h"
#include "agent/net/sockets.h"

namespace muster::net {

using asio::ip::udp;

namespace {

// A datagram is at most 65,507 bytes; the reference's buffer has this size.
constexpr std::size_t buffer_size = 65536;
// Handed over before the loop may do something else.
constexpr std::size_t batch = 64;
// What memberlist asks for. The kernel grants as much of it as net.core.rmem_max allows.
constexpr int socket_buffer = 2 * 1024 * 1024;

}  // namespace

struct Udp::State : std::enable_shared_from_this<State> {
    State(asio::io_context& loop, Clock& a_clock, Receive on_receive, BatchEnd on_batch_end)
        : socket(loop),
          clock(a_clock),
          receive(std::move(on_receive)),
          batch_end(std::move(on_batch_end)),
          buffer(std::make_unique_for_overwrite<char[]>(buffer_size)) {}

    void wait() {
        socket.async_wait(udp::socket::wait_read,
                          [self = shared_from_this()](const asio::error_code& error) {
                              if (error)
                                  return;
                              self->take(batch);
                              self->wait();
                          });
    }

    void take(std::size_t most) {
        std::size_t taken = 0;
        for (; taken < most && socket.is_open(); ++taken) {
            udp::endpoint from;
            asio::error_code error;
            const std::size_t size =
                socket.receive_from(asio::buffer(buffer.get(), buffer_size), from, 0, error);
            if (error == asio::error::would_block)
                break;
            // Every other error is of an earlier send (an ICMP message came back for it): the next
            // call tells of the next datagram.
            if (error)
                continue;
            const TimePoint now = clock.now();
            ++counters.received;
            counters.received_bytes += size;
            receive(now, from_socket(from), BytesView(buffer.get(), size));
        }
        if (taken > 0)
            batch_end();
    }

    udp::socket socket;
    Clock& clock;
    Receive receive;
    BatchEnd batch_end;
    // Not zeroed: its pages cost nothing until a datagram needs them.
    std::unique_ptr<char[]> buffer;
    UdpCounters counters;
    bool ipv6 = false;
};

Udp::Udp(asio::io_context& loop, Clock& clock, Receive receive, BatchEnd batch_end)
    : state_(std::make_shared<State>(loop, clock, std::move(receive), std::move(batch_end))) {}

Udp::~Udp() {
    close();
}

Result<Endpoint> Udp::bind(const Endpoint& address) {
    udp::socket& socket = state_->socket;
    state_->ipv6 = !address.is_ipv4();
    const SocketAddress local = to_socket(address, state_->ipv6);
    asio::error_code error;
    asio::error_code ignored;
    socket.open(state_->ipv6 ? udp::v6() : udp::v4(), error);
    if (state_->ipv6)
        socket.set_option(asio::ip::v6_only(!address.is_wildcard()), ignored);
    socket.set_option(udp::socket::receive_buffer_size(socket_buffer), ignored);
    socket.set_option(udp::socket::send_buffer_size(socket_buffer), ignored);
    if (!error)
        socket.non_blocking(true, error);
    if (!error)
        socket.bind(udp::endpoint(local.address, address.port()), error);
    const udp::endpoint bound = error ? udp::endpoint() : socket.local_endpoint(error);
    if (!error)
        return from_socket(bound);
    socket.close(ignored);
    return Error{explain_bind(address, from_asio(error))};
}

void Udp::start() {
    state_->wait();
}

void Udp::drain(std::size_t most) {
    state_->take(most);
}

void Udp::send(const Endpoint& to, BytesView datagram) {
    UdpCounters& counters = state_->counters;
    const SocketAddress target = to_socket(to, state_->ipv6);
    if (!target.fits) {
        ++counters.send_failed;
        return;
    }
    asio::error_code error;
    const udp::endpoint endpoint(target.address, to.port());
    state_->socket.send_to(asio::buffer(datagram.data(), datagram.size()), endpoint, 0, error);
    if (error == asio::error::connection_refused) {
        // An earlier datagram met no listener, and this call only carried the news.
        error.clear();
        state_->socket.send_to(asio::buffer(datagram.data(), datagram.size()), endpoint, 0, error);
    }
    if (!error) {
        ++counters.sent;
        counters.sent_bytes += datagram.size();
    } else if (error == asio::error::would_block || error == asio::error::no_buffer_space) {
        ++counters.send_full;
    } else {
        ++counters.send_failed;
    }
}

void Udp::close() {
    asio::error_code ignored;
    state_->socket.close(ignored);
}

const UdpCounters& Udp::counters() const {
    return state_->counters;
}

}  // namespace muster::net
