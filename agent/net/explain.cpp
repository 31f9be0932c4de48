#include "agent/net/explain.h"

namespace muster::net {

namespace {

// The kernel's own words, in lower case so that they can stand within a sentence.
std::string words(const std::error_code& error) {
    std::string text = error.message();
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

}  // namespace

std::string explain_bind(const Endpoint& address, const std::error_code& error) {
    std::string text = "cannot bind " + address.to_string() + ": " + words(error);
    if (error == std::errc::address_in_use)
        return text + " (is another musterd or serf running? see --bind)";
    if (error == std::errc::address_not_available) {
        return text + " (" + address.ip_text() + " is not an address of this host; see --bind)";
    }
    if (error == std::errc::permission_denied) {
        return text + " (ports below 1024 need root or CAP_NET_BIND_SERVICE; see --bind)";
    }
    if (error == std::errc::address_family_not_supported) {
        return text + " (this host has no " + (address.is_ipv4() ? "IPv4" : "IPv6") +
               "; see --bind)";
    }
    return text + " (see --bind)";
}

std::string explain_dial(const std::error_code& error) {
    if (error == std::errc::connection_refused)
        return "connection refused (is musterd or serf running there?)";
    if (error == std::errc::host_unreachable || error == std::errc::network_unreachable)
        return words(error) + " (is the address right, and is there a route to it?)";
    if (error == std::errc::connection_reset || error == std::errc::broken_pipe)
        return "the connection was closed without an answer (is its label or its key another?)";
    if (error == std::errc::address_not_available)
        return words(error) + " (the address that this agent is bound to has gone; see --bind)";
    return words(error);
}

}  // namespace muster::net
