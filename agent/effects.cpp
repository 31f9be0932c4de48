#include "agent/effects.h"

namespace muster {

const char* to_string(MemberEvent::Kind kind) {
    switch (kind) {
        case MemberEvent::Kind::Join:
            return "member-join";
        case MemberEvent::Kind::Leave:
            return "member-leave";
        case MemberEvent::Kind::Failed:
            return "member-failed";
        case MemberEvent::Kind::Update:
            return "member-update";
        case MemberEvent::Kind::Reap:
            return "member-reap";
        case MemberEvent::Kind::Suspect:
            return "member-suspect";
        case MemberEvent::Kind::Cleared:
            return "member-cleared";
    }
    return "unknown";
}

void Effects::clear() {
    wire.clear();
    events.clear();
    conflicts.clear();
    user_events.clear();
    queries.clear();
    answers.clear();
    key_requests.clear();
    key_reports.clear();
    adoptions.clear();
    election_write.reset();
    leadership.clear();
    leadership_answers.clear();
    done.clear();
    notices.clear();
    resolve_seeds = false;
    remember = false;
    left = false;
    name_lost = false;
}

}  // namespace muster
