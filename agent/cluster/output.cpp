#include "agent/cluster/output.h"

namespace muster::cluster {

void Output::clear() {
    broadcasts.clear();
    directs.clear();
    events.clear();
    conflicts.clear();
    user_events.clear();
    queries.clear();
    answers.clear();
    key_requests.clear();
    key_reports.clear();
    done.clear();
    notices.clear();
    faults.clear();
    pruned.clear();
    attempt.reset();
    resolve_seeds = false;
    leave_wire = false;
    left = false;
    name_lost = false;
}

}  // namespace muster::cluster
