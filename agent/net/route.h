// Which address the others are told: the first thing that goes wrong on day one.
//
// The rule is pure: choose_advertise() decides from what the host's routes and the configuration
// say. Beside it, the questions to the kernel, which send nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "swim/endpoint.h"
#include "swim/result.h"

namespace muster::net {

// What is known when an address must be chosen. Sources are addresses of this host (their ports
// mean nothing), in the order of preference.
struct AdvertiseFacts {
    Endpoint bind;                               // as bound, with its port
    std::optional<Endpoint> configured;          // --advertise; port 0: the bind port
    std::vector<Endpoint> toward_seeds;          // source addresses of the routes to the seeds, the
                                                 // first seed that answered first
    std::optional<Endpoint> default_route_ipv4;  // source addresses of the default routes
    std::optional<Endpoint> default_route_ipv6;
    std::vector<Endpoint> own;     // all addresses of this host
    bool seeds_elsewhere = false;  // a seed is known that is not loopback
};

// The better reasons first.
enum class AdvertiseReason : std::uint8_t {
    Configured,
    Bound,
    SeedRoute,
    DefaultRoute,
    Interface,
    OnlyLoopback,
};

struct AdvertiseChoice {
    // In the form to be announced: 16 bytes for an IPv4 address that was chosen because of a
    // wildcard bind, as a reference node announces it; 4 bytes for one that was given.
    Endpoint endpoint;
    AdvertiseReason reason = AdvertiseReason::Bound;
    std::string warning;  // empty: none
};

// The error: --advertise is a wildcard. REQUIRES: facts.bind has a port.
Result<AdvertiseChoice> choose_advertise(const AdvertiseFacts& facts);

// Whether a running agent should follow from one address to another. Each move is a new address
// under an old name, which costs the others' trust: so an address that this host still has is kept,
// unless the reason for the next is better; and none is given up for loopback, since an agent
// without a network has nobody to tell.
bool worth_moving(const AdvertiseChoice& now, const AdvertiseChoice& next,
                  const std::vector<Endpoint>& own);

// "configured", "the bind address", "the source address of the route to a seed", ...
const char* to_string(AdvertiseReason reason);

// The source address that this host would use towards `target`, without a port; none without a
// route. Asks the kernel by connecting a UDP socket, which sends nothing.
std::optional<Endpoint> source_toward(const Endpoint& target);
// The source addresses of the default routes.
std::optional<Endpoint> default_source_ipv4();
std::optional<Endpoint> default_source_ipv6();
// All addresses of the interfaces that are up, without ports; IPv6 link-local ones left out.
std::vector<Endpoint> own_addresses();

}  // namespace muster::net
