// The address that the others are told, over time: chosen at start, followed when it changes.
//
// Gathers the facts of net/route.h (routes, interfaces, which seed answered first) and lets its
// rule decide. Asks the kernel, sends nothing. One thread.
#pragma once

#include <optional>
#include <vector>

#include "agent/net/route.h"

namespace muster {

class Advertised {
public:
    // `bind` as bound, with its port.
    Advertised(const Endpoint& bind, std::optional<Endpoint> configured);

    // Decides for the first time. The error: --advertise cannot be had.
    Result<net::AdvertiseChoice> choose();
    // Decides again; a choice if it is worth moving to. REQUIRES: chosen.
    std::optional<net::AdvertiseChoice> look_again();
    // Whether looking again can change anything.
    bool follows() const { return !configured_ && bind_.is_wildcard(); }

    // The seeds' addresses, as far as known.
    void set_seeds(std::vector<Endpoint> seeds);
    // A peer has answered. True if it is the first seed to do so: worth looking again.
    bool answered(const Endpoint& peer);

    // REQUIRES: chosen.
    const net::AdvertiseChoice& choice() const { return choice_; }
    const Endpoint& bind() const { return bind_; }
    // An address at which we would meet ourselves.
    bool is_self(const Endpoint& endpoint) const;

private:
    net::AdvertiseFacts facts() const;
    // Our socket is reached at `endpoint` on this host, whose addresses are `own`.
    bool is_bound(const Endpoint& endpoint, const std::vector<Endpoint>& own) const;

    Endpoint bind_;
    std::optional<Endpoint> configured_;
    std::vector<Endpoint> seeds_;
    std::optional<Endpoint> first_answer_;
    net::AdvertiseChoice choice_;
    bool settled_ = true;  // false: the first seed has just answered, and its route decides
};

}  // namespace muster
