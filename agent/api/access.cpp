#include "agent/api/access.h"

#include <algorithm>

namespace muster::api {

Access unix_access(uid_t peer, uid_t owner, const std::vector<uid_t>& writers) {
    Access access;
    access.json = true;
    access.may_change = peer == 0 || peer == owner ||
                        std::find(writers.begin(), writers.end(), peer) != writers.end();
    if (!access.may_change) {
        std::string who =
            owner == 0 ? "only root, which runs musterd,"
                       : "only root and uid " + std::to_string(owner) + ", which runs musterd,";
        access.denial = std::move(who) + " may change the cluster, not uid " +
                        std::to_string(peer) + " (use sudo, or be made a writer)";
    }
    return access;
}

}  // namespace muster::api
