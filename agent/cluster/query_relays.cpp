#include "agent/cluster/query_relays.h"

namespace muster::cluster {

namespace {

// With its headers, the largest datagram that there is.
constexpr std::size_t max_carried = 65000;

}  // namespace

// Each of the members met so far is among the chosen with equal probability (Vitter 1985,
// "Random sampling with a reservoir", algorithm R).
std::vector<Endpoint> choose_relays(const Members& members, BytesView self, std::size_t count,
                                    Random& random) {
    std::vector<Endpoint> chosen;
    if (count == 0 || members.table().size() < count + 1) {
        return chosen;
    }
    std::size_t met = 0;
    for (const auto& [name, member] : members.table()) {
        if (member.status != Status::Alive || name == self ||
            member.versions.protocol_max < version_with_relay) {
            continue;
        }
        ++met;
        if (chosen.size() < count) {
            chosen.push_back(member.endpoint);
        } else if (const auto place = static_cast<std::size_t>(random.below(met)); place < count) {
            chosen[place] = member.endpoint;
        }
    }
    return chosen;
}

std::optional<Direct> carry(const Relay& relay) {
    const auto endpoint = Endpoint::from_bytes(relay.ip, relay.port);
    if (!endpoint || endpoint->port() == 0 || relay.inner.empty() ||
        relay.inner.size() > max_carried) {
        return std::nullopt;
    }
    return Direct{*endpoint, Bytes(relay.inner)};
}

}  // namespace muster::cluster
