#include "agent/joining.h"

#include <algorithm>

namespace muster {

namespace {

// The first failure at an address, or null.
const RequestDone::Failure* find_failure(const RequestDone& done, const Endpoint& endpoint) {
    const auto found =
        std::find_if(done.failures.begin(), done.failures.end(),
                     [&](const auto& failure) { return failure.peer.plain() == endpoint; });
    return found == done.failures.end() ? nullptr : &*found;
}

// Why a seed came to nothing; empty if one of its addresses answered.
std::string why(const net::Resolved& seed, const RequestDone& done) {
    std::string text;
    for (const Endpoint& endpoint : seed.endpoints) {
        const RequestDone::Failure* const failure = find_failure(done, endpoint);
        if (failure == nullptr)
            return {};
        if (!text.empty())
            text += "; ";
        if (seed.seed != endpoint.to_string())
            text += endpoint.to_string() + ": ";
        text += failure->error;
    }
    return text;
}

}  // namespace

Joining::Joining(std::vector<net::Resolved> seeds,
                 const std::function<bool(const Endpoint&)>& is_self)
    : seeds_(std::move(seeds)) {
    for (net::Resolved& seed : seeds_) {
        const bool found = !seed.endpoints.empty();
        std::erase_if(seed.endpoints, is_self);
        ourselves_.push_back(found && seed.endpoints.empty());
        for (const Endpoint& endpoint : seed.endpoints) {
            if (std::find(peers_.begin(), peers_.end(), endpoint) == peers_.end())
                peers_.push_back(endpoint);
        }
    }
}

api::JoinOutcome Joining::outcome(const RequestDone& done) const {
    api::JoinOutcome outcome;
    outcome.joined = done.succeeded;
    for (std::size_t i = 0; i < seeds_.size(); ++i) {
        const net::Resolved& seed = seeds_[i];
        std::string error = seed.error;
        if (ourselves_[i]) {
            if (peers_.empty())
                error = "that is this agent itself";
        } else if (error.empty() && !done.error.empty() && done.failures.empty()) {
            error = done.error;
        } else if (error.empty()) {
            error = why(seed, done);
        }
        if (!error.empty())
            outcome.failed.push_back({seed.seed, std::move(error)});
    }
    return outcome;
}

}  // namespace muster
