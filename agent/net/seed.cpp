#include "agent/net/seed.h"

#include <algorithm>
#include <charconv>

namespace muster::net {

namespace {

constexpr std::size_t max_host_name = 253;  // RFC 1035 section 2.3.4, as text

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= max_host_name &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
           });
}

Error not_a_seed(std::string_view text) {
    return {"'" + std::string(text) +
            "' is not a seed (write HOST, HOST:PORT, an address, or [IPV6]:PORT)"};
}

}  // namespace

Result<Seed> parse_seed(std::string_view text, std::uint16_t default_port) {
    std::string_view rest = text;
    if (const auto slash = rest.find('/'); slash != std::string_view::npos)
        rest.remove_prefix(slash + 1);
    Seed seed{std::string(text), {}, default_port, {}};
    if (Result<Endpoint> literal = Endpoint::parse(rest, default_port)) {
        if (literal->port() == 0 || literal->is_wildcard())
            return not_a_seed(text);
        seed.port = literal->port();
        seed.literal = *literal;
        return seed;
    }
    std::string_view host = rest;
    if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
        host = rest.substr(0, colon);
        const std::string_view port = rest.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(port.data(), port.data() + port.size(), seed.port);
        if (error != std::errc{} || end != port.data() + port.size() || seed.port == 0) {
            return Error{"'" + std::string(text) + "' is not a seed: '" + std::string(port) +
                         "' is not a port (1 to 65535)"};
        }
    }
    if (!is_host_name(host))
        return not_a_seed(text);
    seed.host = std::string(host);
    return seed;
}

}  // namespace muster::net
