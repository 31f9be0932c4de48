// Where the daemon's socket is, when nobody says: one rule for `musterd` and `muster`.
#pragma once

#include <string>
#include <vector>

namespace muster::api {

inline constexpr char system_socket[] = "/run/muster/muster.sock";

// The environment that decides. Null or empty: not set.
struct SocketEnvironment {
    const char* muster_api = nullptr;       // $MUSTER_API
    const char* xdg_runtime_dir = nullptr;  // $XDG_RUNTIME_DIR
    bool is_root = false;
};

// Where a daemon listens: $MUSTER_API, else $XDG_RUNTIME_DIR/muster.sock for an ordinary user, else
// system_socket.
std::string default_socket(const SocketEnvironment& environment);

// Where a client looks, in order. As above; and an ordinary user who runs no daemon finds the
// system's.
std::vector<std::string> sockets_to_try(const SocketEnvironment& environment);

}  // namespace muster::api
