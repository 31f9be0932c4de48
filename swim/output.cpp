#include "swim/output.h"

namespace muster::swim {

const char* to_string(CauseKind kind) {
    switch (kind) {
        case CauseKind::Alive:
            return "alive";
        case CauseKind::Refuted:
            return "refuted";
        case CauseKind::ProbeFailed:
            return "probe-failed";
        case CauseKind::Accused:
            return "accused";
        case CauseKind::TimedOut:
            return "timed-out";
        case CauseKind::DeclaredDead:
            return "declared-dead";
        case CauseKind::Left:
            return "left";
        case CauseKind::PushPull:
            return "push-pull";
        case CauseKind::Updated:
            return "updated";
        case CauseKind::Reaped:
            return "reaped";
    }
    return "unknown";
}

void Output::clear() {
    bytes.clear();
    datagrams.clear();
    opens.clear();
    replies.clear();
    events.clear();
    user_messages.clear();
    user_states.clear();
    exchanges.clear();
    round_trips.clear();
    pings.clear();
    refusals.clear();
    lives_elsewhere.reset();
    arrived = false;
    finished.clear();
}

}  // namespace muster::swim
