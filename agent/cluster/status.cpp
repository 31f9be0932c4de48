#include "agent/cluster/status.h"

#include "swim/assert.h"

namespace muster::cluster {

const char* to_string(Status status) {
    switch (status) {
        case Status::None:
            return "none";
        case Status::Alive:
            return "alive";
        case Status::Leaving:
            return "leaving";
        case Status::Left:
            return "left";
        case Status::Failed:
            return "failed";
    }
    constexpr bool is_a_status = false;
    MUSTER_ASSERT(is_a_status);
}

}  // namespace muster::cluster
