#include "agent/net/sockets.h"

#include <asio/error.hpp>
#include <cstring>

namespace muster::net {

SocketAddress to_socket(const Endpoint& endpoint, bool ipv6_socket) {
    const Endpoint plain = endpoint.plain();
    const BytesView ip = plain.ip();
    if (ip.size() == 4) {
        asio::ip::address_v4::bytes_type bytes;
        std::memcpy(bytes.data(), ip.data(), bytes.size());
        const asio::ip::address_v4 v4(bytes);
        if (ipv6_socket)
            return {asio::ip::make_address_v6(asio::ip::v4_mapped, v4), true};
        return {v4, true};
    }
    if (ip.size() != 16 || !ipv6_socket)
        return {};
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), ip.data(), bytes.size());
    return {asio::ip::address_v6(bytes), true};
}

Endpoint from_socket(const asio::ip::address& address, std::uint16_t port) {
    const auto endpoint = [port](const auto& bytes) {
        const BytesView ip(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return Endpoint::from_bytes(ip, port).value_or(Endpoint{}).plain();
    };
    return address.is_v4() ? endpoint(address.to_v4().to_bytes())
                           : endpoint(address.to_v6().to_bytes());
}

std::error_code from_asio(const std::error_code& error) {
    if (error == asio::error::eof)
        return std::make_error_code(std::errc::connection_reset);
    if (error.category() == asio::error::get_system_category())
        return {error.value(), std::generic_category()};
    return error;
}

}  // namespace muster::net
