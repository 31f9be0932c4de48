// What a client of the API may do, by who it is. A value and a rule; pure.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace muster::api {

// Who is on the other side, and what that allows.
struct Access {
    bool may_change = false;
    std::string denial;  // why it may not, and who may: after "permission denied: "
    bool needs_auth = false;
    bool json = false;  // JSON lines are spoken here
};

// Of a peer on the Unix socket: root, the daemon's own user and `writers` may change things.
Access unix_access(uid_t peer, uid_t owner, const std::vector<uid_t>& writers);

}  // namespace muster::api
