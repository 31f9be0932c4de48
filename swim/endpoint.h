// An IP address as the wire carries it, and a port.
//
// The 4-byte form of an IPv4 address and its 16-byte mapped form are different on this wire:
// members compare raw bytes, and a change of form is a name conflict (docs/protocol/memberlist.md
// section 7.2). So an Endpoint keeps the bytes exactly as received, and == compares them exactly.
// same_host() and plain() are for the places where a socket is meant.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster {

class Endpoint {
public:
    // The unspecified endpoint: no address, port 0.
    Endpoint() = default;

    // None unless ip has 4 or 16 bytes. Takes any port; 0 means "unknown" on this wire.
    static std::optional<Endpoint> from_bytes(BytesView ip, std::uint16_t port);

    // "10.0.0.1:7946", "[::1]:7946", "10.0.0.1", "[::1]" or "::1" (the last three with
    // default_port). Port 0 is taken as said. No names, no zones. The error names the text, what is
    // wrong with it, and what is expected.
    static Result<Endpoint> parse(std::string_view text, std::uint16_t default_port);

    BytesView ip() const { return {ip_.data(), size_}; }
    std::uint16_t port() const { return port_; }
    bool is_unspecified() const { return size_ == 0; }
    bool is_ipv4() const;  // in either form
    bool is_loopback() const;
    bool is_wildcard() const;  // 0.0.0.0 or ::, in either form; not the unspecified endpoint
    // The same address in either form; ports may differ.
    bool same_host(const Endpoint& other) const;

    Endpoint with_port(std::uint16_t port) const;
    // The same address in its shortest form: 4 bytes for a mapped IPv4 address.
    Endpoint plain() const;
    // The same address in the 16-byte form that a reference node announces when bound to a
    // wildcard.
    Endpoint mapped() const;

    // For people; a mapped IPv4 address reads as the IPv4 address that it is. "" when unspecified.
    std::string ip_text() const;    // "10.0.0.1", "::1"
    std::string to_string() const;  // "10.0.0.1:7946", "[::1]:7946"

    // NOLINTNEXTLINE(modernize-use-nullptr): of its zero
    auto operator<=>(const Endpoint&) const = default;

private:
    std::array<char, 16> ip_{};
    std::uint8_t size_ = 0;
    std::uint16_t port_ = 0;
};

}  // namespace muster
