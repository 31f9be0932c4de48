// The local API: Serf's RPC and JSON lines, on a Unix socket and, for Serf's own tools, on loopback
// TCP (docs/protocol/rpc.md; the commands' meanings are the Backend's).
//
// Not an access to the node: it asks its Backend and changes nothing itself. Whatever a client
// sends, or does not read, costs a bounded amount of memory and delays nothing but its own
// connection. Runs on the loop of the io_context that it is given; not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/backend.h"
#include "agent/effects.h"
#include "swim/endpoint.h"
#include "swim/result.h"
#include "swim/time.h"

namespace asio {
class io_context;
}

namespace muster::api {

// What one client, or all of them, may cost.
struct Limits {
    std::size_t connections = 256;
    std::size_t request_bytes = std::size_t{1} << 20;
    // Records of streams and monitors beyond this much unread output are dropped and counted;
    // further requests wait until the client has read.
    std::size_t queued_bytes = std::size_t{1} << 20;
    Duration half_request = std::chrono::seconds(10);   // from its first byte to its last
    Duration stalled_write = std::chrono::seconds(30);  // without one byte read by the client
    Duration index_wait = std::chrono::seconds(60);     // the most that a MinIndex may wait
};

struct ServerConfig {
    // The Unix socket; empty: none. Its directory exists. At most 107 bytes.
    std::string path;
    unsigned mode = 0660;
    // Who may change things through the Unix socket, beside root and the user that runs the daemon.
    std::vector<uid_t> writers;
    // Serf's RPC on TCP. An address other than loopback needs an auth_key.
    std::optional<Endpoint> rpc;
    std::string auth_key;  // of TCP clients; empty: none is asked
    Limits limits;
    // Hears of what a person should know: rate-limited by whoever writes it. May be empty.
    std::function<void(const Notice&)> notice;
};

struct ServerStats {
    std::size_t connections = 0;  // open now
    std::uint64_t accepted = 0;
    std::uint64_t requests = 0;
    std::uint64_t holders = 0;          // of leadership, ever
    std::uint64_t records_dropped = 0;  // of streams and monitors whose client did not read
    // What was refused or cut off, by reason: "undecodable", "permission", ...
    std::map<std::string, std::uint64_t> refused;
};

class Server {
public:
    // REQUIRES: both outlive the server.
    Server(asio::io_context& loop, Backend& backend, ServerConfig config);
    ~Server();

    // Listens. Replaces the socket file of a daemon that is gone; refuses that of one that answers.
    // The error says what to do. Once.
    std::optional<Error> start();
    // Closes everything, after a last attempt to write what is queued. The socket file is removed.
    void stop();

    ServerStats stats() const;
    // Where TCP is served: with the real port, if 0 was asked for. Unspecified: nowhere.
    Endpoint rpc_endpoint() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace muster::api
