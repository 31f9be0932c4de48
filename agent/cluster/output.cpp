#include "agent/cluster/output.h"

namespace muster::cluster {

void Output::clear() {
    broadcasts.clear();
    events.clear();
    conflicts.clear();
    done.clear();
    notices.clear();
    faults.clear();
    pruned.clear();
    attempt.reset();
    resolve_seeds = false;
    leave_wire = false;
    left = false;
}

}  // namespace muster::cluster
