// A join that somebody asked for, between the seeds as they were written and the addresses that the
// node was given: who is asked, and what is said of each seed afterwards. Pure.
#pragma once

#include <functional>
#include <vector>

#include "agent/api/backend.h"
#include "agent/effects.h"
#include "agent/net/resolver.h"

namespace muster {

class Joining {
public:
    // `is_self` tells the addresses at which we would meet ourselves: they are skipped.
    Joining(std::vector<net::Resolved> seeds, const std::function<bool(const Endpoint&)>& is_self);

    // Whom to exchange with, each once.
    const std::vector<Endpoint>& peers() const { return peers_; }
    // What became of it, a word for each seed that came to nothing. A seed that is ourselves is no
    // failure, unless there was no other: a host may be on its own list.
    api::JoinOutcome outcome(const RequestDone& done) const;

private:
    std::vector<net::Resolved> seeds_;
    std::vector<Endpoint> peers_;
    std::vector<bool> ourselves_;  // of seeds_: every address of it is our own
};

}  // namespace muster
