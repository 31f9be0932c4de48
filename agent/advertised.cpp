#include "agent/advertised.h"

#include <algorithm>
#include <utility>

namespace muster {

namespace {

// Every one of them costs a few system calls, each time that the address is looked at again.
constexpr std::size_t max_seed_routes = 8;

bool same_address(const Endpoint& a, const Endpoint& b) {
    return a.plain().ip() == b.plain().ip();
}

}  // namespace

Advertised::Advertised(const Endpoint& bind, std::optional<Endpoint> configured)
    : bind_(bind), configured_(configured) {}

net::AdvertiseFacts Advertised::facts() const {
    net::AdvertiseFacts facts;
    facts.bind = bind_;
    facts.configured = configured_;
    facts.seeds_elsewhere = std::any_of(seeds_.begin(), seeds_.end(),
                                        [](const Endpoint& seed) { return !seed.is_loopback(); });
    if (!follows())
        return facts;
    facts.own = net::own_addresses();
    std::vector<Endpoint> targets = seeds_;
    if (first_answer_)
        targets.insert(targets.begin(), *first_answer_);
    // The way to ourselves says nothing about the way of others to us.
    std::erase_if(targets, [&](const Endpoint& target) { return is_bound(target, facts.own); });
    if (targets.size() > max_seed_routes)
        targets.resize(max_seed_routes);
    for (const Endpoint& target : targets) {
        if (const std::optional<Endpoint> source = net::source_toward(target))
            facts.toward_seeds.push_back(*source);
    }
    facts.default_route_ipv4 = net::default_source_ipv4();
    facts.default_route_ipv6 = net::default_source_ipv6();
    return facts;
}

Result<net::AdvertiseChoice> Advertised::choose() {
    Result<net::AdvertiseChoice> choice = net::choose_advertise(facts());
    if (choice)
        choice_ = *choice;
    return choice;
}

std::optional<net::AdvertiseChoice> Advertised::look_again() {
    const net::AdvertiseFacts now = facts();
    const Result<net::AdvertiseChoice> next = net::choose_advertise(now);
    const bool settled = std::exchange(settled_, true);
    if (!next || next->endpoint == choice_.endpoint ||
        (settled && !net::worth_moving(choice_, *next, now.own)))
        return std::nullopt;
    choice_ = *next;
    return choice_;
}

void Advertised::set_seeds(std::vector<Endpoint> seeds) {
    seeds_ = std::move(seeds);
}

bool Advertised::answered(const Endpoint& peer) {
    if (first_answer_ || !follows() ||
        std::find(seeds_.begin(), seeds_.end(), peer.plain()) == seeds_.end())
        return false;
    first_answer_ = peer.plain();
    settled_ = false;
    return true;
}

bool Advertised::is_self(const Endpoint& endpoint) const {
    return endpoint.plain() == choice_.endpoint.plain() || is_bound(endpoint, net::own_addresses());
}

bool Advertised::is_bound(const Endpoint& endpoint, const std::vector<Endpoint>& own) const {
    const Endpoint plain = endpoint.plain();
    if (!bind_.is_wildcard() || plain.port() != bind_.port())
        return plain == bind_.plain();
    return plain.is_loopback() || std::any_of(own.begin(), own.end(), [&](const Endpoint& address) {
               return same_address(address, plain);
           });
}

}  // namespace muster
