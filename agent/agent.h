// One running agent: performs what its node decides. The only place where the two kinds of code
// meet: it reads the clock, moves bytes between sockets and node, looks names up, logs, and answers
// the local API; it decides nothing about membership.
//
// Everything happens on the thread that calls run(). Asio stays in the sources.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/backend.h"
#include "agent/api/server.h"
#include "agent/history/retention.h"
#include "agent/hooks/spec.h"
#include "agent/log.h"
#include "agent/node.h"
#include "agent/token_bucket.h"
#include "swim/endpoint.h"
#include "swim/keyring.h"
#include "swim/result.h"
#include "swim/seal.h"

namespace muster {

// What a configuration that was read again says, of what a running agent can take over.
struct Reading {
    std::vector<hooks::Spec> hooks;
    std::vector<std::string> needs_restart;  // a phrase each: what else has changed
};

struct AgentConfig {
    // The agent itself fills in advertise, bind_port, packet_overhead, has_seeds and the seed of
    // chance.
    NodeConfig node;
    Endpoint bind;                      // port 0: a free one, the same for UDP and TCP
    std::optional<Endpoint> advertise;  // port 0: the bind port
    std::vector<std::string> seeds;     // as people write them (agent/net/seed.h)
    Bytes label;                        // empty: none
    swim::Keyring keyring;              // empty: nothing is encrypted
    std::string keyring_file;           // where its changes go; empty: they end with the process
    swim::Verify verify;
    api::ServerConfig api;
    history::Retention retention;  // of the history
    std::string data_dir;  // where state is kept over restarts; it exists. Empty: nothing is kept
    std::string version;
    TokenBucket::Limits event_limits;  // of user events that programs fire here
    std::vector<hooks::Spec> hooks;
    // Reads the configuration again; null: there is nothing to be read.
    std::function<Result<Reading>()> read_again;
};

class Agent {
public:
    // REQUIRES: log outlives the agent.
    Agent(AgentConfig config, Log& log);
    ~Agent();

    // Takes the addresses, opens the API, and becomes a member. Once. The error is for a person.
    std::optional<Error> start();
    // Calls `readable` whenever fd is; for signals. REQUIRES: fd stays open until the agent goes.
    void watch(int fd, std::function<void()> readable);
    // Works until it has left or was stopped, and answers the exit status.
    int run();

    // Leaves gracefully, then run() returns 0: within a bounded time, even if nobody hears it.
    void leave();
    // Lets run() return at once; the others find out for themselves.
    void stop(int status);

    // Reads the configuration again, and says what came of it; a configuration that is wrong
    // changes nothing.
    void reload();

    // Where this agent listens, with the real port. REQUIRES: started.
    Endpoint bound() const;
    // Questions and requests, as the API has them. REQUIRES: started.
    api::Backend& backend();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace muster
