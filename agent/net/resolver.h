// Looks seeds up, A and AAAA, off the loop: a name server that does not answer delays nothing.
//
// Each request that has names in it gets a thread of its own for as long as it takes, so that an
// idle agent pays for none; requests of addresses alone need no thread and no name server. What is
// still running when the Resolver goes is left behind, and its answer thrown away: no shutdown
// waits for a name server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/asio_fwd.h"
#include "agent/net/seed.h"
#include "swim/endpoint.h"

namespace muster::net {

struct Resolved {
    std::string seed;                 // as it was written
    std::vector<Endpoint> endpoints;  // empty exactly if there is an error
    std::string error;                // for a person, without the seed's text
};

// Which addresses the agent's sockets can reach.
struct Reach {
    bool ipv4 = true;
    bool ipv6 = true;
};

class Resolver {
public:
    Resolver(asio::io_context& loop, Reach reach, std::uint16_t default_port);
    ~Resolver();

    // `done` is called once, on the loop, after this call has returned; one entry for each seed, in
    // order. Not called when the Resolver has gone.
    void resolve(const std::vector<std::string>& seeds,
                 std::function<void(std::vector<Resolved>)> done);

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    Reach reach_;
    std::uint16_t default_port_;
};

}  // namespace muster::net
