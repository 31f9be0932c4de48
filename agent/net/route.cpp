#include "agent/net/route.h"

#include <algorithm>

namespace muster::net {

namespace {

// A dual-stack wildcard serves IPv4 too; a socket of IPv4 serves nothing else.
bool serves(const Endpoint& bind, const Endpoint& address) {
    return !bind.is_ipv4() || address.is_ipv4();
}

const Endpoint* first_elsewhere(const Endpoint& bind, const std::vector<Endpoint>& addresses) {
    const auto found = std::find_if(addresses.begin(), addresses.end(), [&](const Endpoint& one) {
        return serves(bind, one) && !one.is_loopback() && !one.is_wildcard() &&
               !one.is_unspecified();
    });
    return found == addresses.end() ? nullptr : &*found;
}

AdvertiseChoice for_wildcard(const AdvertiseFacts& facts) {
    const std::uint16_t port = facts.bind.port();
    const auto choice = [port](const Endpoint& address, AdvertiseReason reason) {
        return AdvertiseChoice{address.with_port(port).mapped(), reason, {}};
    };
    if (const Endpoint* source = first_elsewhere(facts.bind, facts.toward_seeds))
        return choice(*source, AdvertiseReason::SeedRoute);
    // Every seed on this very host: the others are there too, and loopback is where they look.
    if (!facts.toward_seeds.empty() && !facts.seeds_elsewhere &&
        serves(facts.bind, facts.toward_seeds.front()))
        return choice(facts.toward_seeds.front(), AdvertiseReason::SeedRoute);
    std::vector<Endpoint> defaults;
    if (!facts.bind.is_ipv4() && facts.default_route_ipv6)
        defaults.push_back(*facts.default_route_ipv6);
    if (facts.default_route_ipv4)
        defaults.push_back(*facts.default_route_ipv4);
    if (const Endpoint* source = first_elsewhere(facts.bind, defaults))
        return choice(*source, AdvertiseReason::DefaultRoute);
    if (const Endpoint* address = first_elsewhere(facts.bind, facts.own))
        return choice(*address, AdvertiseReason::Interface);
    return choice(*Endpoint::from_bytes(BytesView("\x7f\0\0\1", 4), port),
                  AdvertiseReason::OnlyLoopback);
}

}  // namespace

Result<AdvertiseChoice> choose_advertise(const AdvertiseFacts& facts) {
    AdvertiseChoice choice;
    if (facts.configured) {
        if (facts.configured->is_wildcard()) {
            return Error{"cannot advertise " + facts.configured->ip_text() +
                         ": it is no address that others could send to (give one of this host, or "
                         "leave --advertise out)"};
        }
        const std::uint16_t port = facts.configured->port();
        choice.endpoint = facts.configured->plain().with_port(port != 0 ? port : facts.bind.port());
        choice.reason = AdvertiseReason::Configured;
    } else if (!facts.bind.is_wildcard()) {
        choice.endpoint = facts.bind.plain();
        choice.reason = AdvertiseReason::Bound;
    } else {
        choice = for_wildcard(facts);
    }
    if (choice.reason == AdvertiseReason::OnlyLoopback) {
        choice.warning = "no address but loopback was found: advertising " +
                         choice.endpoint.to_string() +
                         ", which other hosts cannot reach (give --advertise)";
    } else if (choice.endpoint.is_loopback() && facts.seeds_elsewhere) {
        choice.warning = "advertising the loopback address " + choice.endpoint.to_string() +
                         " to other hosts, which cannot reach it (see --bind and --advertise)";
    }
    return choice;
}

bool worth_moving(const AdvertiseChoice& now, const AdvertiseChoice& next,
                  const std::vector<Endpoint>& own) {
    if (next.endpoint == now.endpoint || next.reason == AdvertiseReason::OnlyLoopback)
        return false;
    const bool still_here = std::any_of(own.begin(), own.end(), [&](const Endpoint& address) {
        return address.plain().ip() == now.endpoint.plain().ip();
    });
    return !still_here || next.reason < now.reason;
}

const char* to_string(AdvertiseReason reason) {
    switch (reason) {
        case AdvertiseReason::Configured:
            return "configured";
        case AdvertiseReason::Bound:
            return "the bind address";
        case AdvertiseReason::SeedRoute:
            return "the source address of the route to a seed";
        case AdvertiseReason::DefaultRoute:
            return "the source address of the default route";
        case AdvertiseReason::Interface:
            return "an interface's address: there is no default route";
        case AdvertiseReason::OnlyLoopback:
            return "loopback: this host has no other address";
    }
    return "?";
}

}  // namespace muster::net
