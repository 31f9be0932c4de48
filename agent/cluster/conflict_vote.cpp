#include "agent/cluster/conflict_vote.h"

#include "agent/cluster/internal_messages.h"

namespace muster::cluster {

void ConflictVote::take(BytesView payload) {
    const auto record = decode_conflict_response(payload);
    if (!record) {
        return;
    }
    if (!*record) {
        ++responses;
        return;
    }
    const MemberRecord& held = **record;
    if (held.status == Status::Failed || held.status == Status::Left) {
        return;
    }
    ++responses;
    const auto endpoint = Endpoint::from_bytes(held.ip, held.port);
    if (endpoint && endpoint->plain() == ours.plain()) {
        ++matching;
    }
}

bool ConflictVote::lost() const {
    return responses > 0 && matching < responses / 2 + 1;
}

}  // namespace muster::cluster
