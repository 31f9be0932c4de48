// The sockets that clients connect to: made, checked and opened, with errors that a person can act
// on. Plain system calls, before anything is asynchronous.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "swim/endpoint.h"
#include "swim/result.h"

namespace muster::api {

// A listening Unix socket, and the identity of its file: only our own is removed at the end.
struct UnixListener {
    int descriptor = -1;
    dev_t device = 0;
    ino_t inode = 0;
};

// Replaces the socket file of a daemon that is gone, refuses one that answers. The file has `mode`
// before anybody can connect.
Result<UnixListener> listen_unix(const std::string& path, unsigned mode);
void remove_socket_file(const std::string& path, const UnixListener& listener);

// An open TCP socket's descriptor. Another address than loopback is refused unless clients must
// authenticate.
Result<int> listen_tcp(const Endpoint& endpoint, bool clients_authenticate);
Endpoint local_endpoint(int descriptor);

// The uid of the process that connected. None: the kernel does not say.
std::optional<uid_t> peer_uid(int descriptor);

}  // namespace muster::api
