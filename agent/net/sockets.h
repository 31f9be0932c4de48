// Between our endpoints and the kernel's, and the words for what a socket call refuses. For the
// sources of agent/net only: this header includes Asio.
#pragma once

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <string>
#include <system_error>

#include "swim/endpoint.h"

namespace muster::net {

// The address of `endpoint` as a socket of this family takes it: an IPv4 address becomes mapped for
// an IPv6 socket. `fits` is false for an IPv6 address on an IPv4 socket, and for no address at all.
struct SocketAddress {
    asio::ip::address address;
    bool fits = false;
};
SocketAddress to_socket(const Endpoint& endpoint, bool ipv6_socket);

// In the shortest form: what the kernel shows as mapped is an IPv4 peer of a dual-stack socket.
Endpoint from_socket(const asio::ip::address& address, std::uint16_t port);

// The same error as the standard library knows it. Asio's category of system errors is its own, and
// equals none of std::errc; its end of file is told as a connection that was reset.
std::error_code from_asio(const std::error_code& error);

template <class AsioEndpoint>
Endpoint from_socket(const AsioEndpoint& endpoint) {
    return from_socket(endpoint.address(), endpoint.port());
}

}  // namespace muster::net
