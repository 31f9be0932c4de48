#include "swim/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "swim/assert.h"

namespace muster {

namespace {

// ::ffff:0:0/96, where IPv4 addresses live in IPv6 (RFC 4291 section 2.5.5.2).
constexpr BytesView mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;

Error bad_address(std::string_view text) {
    return {"'" + std::string(text) +
            "' is not an address (an IP address with or without a port is expected, such as "
            "10.0.0.1, 10.0.0.1:7946, ::1 or [::1]:7946)"};
}

Error bad_port(std::string_view port, std::string_view text) {
    return {"'" + std::string(port) + "' in '" + std::string(text) +
            "' is not a port (a number from 0 to 65535 is expected)"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    if (text.empty() || error != std::errc() || stop != end) {
        return std::nullopt;
    }
    return port;
}

}  // namespace

std::optional<Endpoint> Endpoint::from_bytes(BytesView ip, std::uint16_t port) {
    if (ip.size() != ipv4_size && ip.size() != ipv6_size) {
        return std::nullopt;
    }
    Endpoint endpoint;
    std::copy(ip.begin(), ip.end(), endpoint.ip_.begin());
    endpoint.size_ = static_cast<std::uint8_t>(ip.size());
    endpoint.port_ = port;
    return endpoint;
}

Result<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::string_view port_text;
    bool has_port = false;
    bool bracketed = false;
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return bad_address(text);
        }
        bracketed = true;
        host = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') {
            return bad_address(text);
        }
        has_port = !rest.empty();
        port_text = has_port ? rest.substr(1) : rest;
    } else if (const std::size_t colon = text.find(':');
               colon != std::string_view::npos &&
               text.find(':', colon + 1) == std::string_view::npos) {
        // One colon is a port after an IPv4 address; two or more are an IPv6 address without one.
        has_port = true;
        host = text.substr(0, colon);
        port_text = text.substr(colon + 1);
    }

    // inet_pton stops at a NUL, which would hide what stands behind it.
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (host.size() >= terminated.size() || host.find('\0') != std::string_view::npos) {
        return bad_address(text);
    }
    std::copy(host.begin(), host.end(), terminated.begin());

    Endpoint endpoint;
    if (!bracketed && inet_pton(AF_INET, terminated.data(), endpoint.ip_.data()) == 1) {
        endpoint.size_ = ipv4_size;
    } else if ((bracketed || !has_port) &&
               inet_pton(AF_INET6, terminated.data(), endpoint.ip_.data()) == 1) {
        endpoint.size_ = ipv6_size;
    } else {
        return bad_address(text);
    }
    endpoint.port_ = default_port;
    if (has_port) {
        const auto port = parse_port(port_text);
        if (!port) {
            return bad_port(port_text, text);
        }
        endpoint.port_ = *port;
    }
    return endpoint;
}

bool Endpoint::is_ipv4() const {
    return size_ == ipv4_size || (size_ == ipv6_size && ip().starts_with(mapped_prefix));
}

bool Endpoint::is_loopback() const {
    const Endpoint shortest = plain();
    if (shortest.size_ == ipv4_size) {
        return shortest.ip_[0] == 127;
    }
    return shortest.ip() == BytesView("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", ipv6_size);
}

bool Endpoint::is_wildcard() const {
    const Endpoint shortest = plain();
    return size_ != 0 && shortest.ip().find_first_not_of('\0') == BytesView::npos;
}

bool Endpoint::same_host(const Endpoint& other) const {
    return plain().ip() == other.plain().ip();
}

Endpoint Endpoint::with_port(std::uint16_t port) const {
    Endpoint changed = *this;
    changed.port_ = port;
    return changed;
}

Endpoint Endpoint::plain() const {
    if (size_ == ipv6_size && is_ipv4()) {
        return *from_bytes(ip().substr(mapped_prefix.size()), port_);
    }
    return *this;
}

Endpoint Endpoint::mapped() const {
    if (size_ != ipv4_size) {
        return *this;
    }
    Endpoint wide;
    std::copy(mapped_prefix.begin(), mapped_prefix.end(), wide.ip_.begin());
    std::copy_n(ip_.begin(), ipv4_size, wide.ip_.begin() + mapped_prefix.size());
    wide.size_ = ipv6_size;
    wide.port_ = port_;
    return wide;
}

std::string Endpoint::ip_text() const {
    if (is_unspecified()) {
        return {};
    }
    const Endpoint shortest = plain();
    const int family = shortest.size_ == ipv4_size ? AF_INET : AF_INET6;
    std::array<char, INET6_ADDRSTRLEN> text{};
    MUSTER_ASSERT(inet_ntop(family, shortest.ip_.data(), text.data(), text.size()) != nullptr);
    return text.data();
}

std::string Endpoint::to_string() const {
    if (is_unspecified()) {
        return {};
    }
    const std::string host = is_ipv4() ? ip_text() : "[" + ip_text() + "]";
    return host + ":" + std::to_string(port_);
}

}  // namespace muster
