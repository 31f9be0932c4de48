#include "agent/history/change.h"

#include "agent/ring/member_set.h"

namespace muster::history {

const char* to_string(Kind kind) {
    switch (kind) {
        case Kind::Start:
            return "start";
        case Kind::MemberJoin:
            return "member-join";
        case Kind::MemberLeave:
            return "member-leave";
        case Kind::MemberFailed:
            return "member-failed";
        case Kind::MemberUpdate:
            return "member-update";
        case Kind::MemberReap:
            return "member-reap";
        case Kind::MemberSuspect:
            return "member-suspect";
        case Kind::MemberCleared:
            return "member-cleared";
        case Kind::Conflict:
            return "conflict";
        case Kind::UserEvent:
            return "user";
        case Kind::LeaderAcquired:
            return "leader-acquired";
        case Kind::LeaderLost:
            return "leader-lost";
        case Kind::NewLeader:
            return "new-leader";
        case Kind::QuorumLost:
            return "quorum-lost";
        case Kind::QuorumRegained:
            return "quorum-regained";
        case Kind::Ring:
            return "ring-changed";
        case Kind::MembersMissing:
            return "members-missing";
        case Kind::MembersBack:
            return "members-back";
        case Kind::Gap:
            break;
    }
    return "gap";
}

const char* to_string(Standing standing) {
    switch (standing) {
        case Standing::None:
            return "none";
        case Standing::Alive:
            return "alive";
        case Standing::Suspect:
            return "suspect";
        case Standing::Left:
            return "left";
        case Standing::Failed:
            break;
    }
    return "failed";
}

Standing standing_of(cluster::Status status, bool suspect) {
    switch (status) {
        case cluster::Status::None:
            return Standing::None;
        case cluster::Status::Alive:
        case cluster::Status::Leaving:
            return suspect ? Standing::Suspect : Standing::Alive;
        case cluster::Status::Left:
            return Standing::Left;
        case cluster::Status::Failed:
            break;
    }
    return Standing::Failed;
}

bool is_of_member(Kind kind) {
    return kind >= Kind::MemberJoin && kind <= Kind::MemberCleared;
}

Change change_of(const MemberEvent& event) {
    static constexpr Kind kinds[] = {Kind::MemberJoin,   Kind::MemberLeave, Kind::MemberFailed,
                                     Kind::MemberUpdate, Kind::MemberReap,  Kind::MemberSuspect,
                                     Kind::MemberCleared};
    Change change;
    change.kind = kinds[static_cast<std::size_t>(event.kind)];
    change.subject = event.name;
    change.from = standing_of(event.from, /*suspect=*/false);
    change.to = standing_of(event.to, event.kind == MemberEvent::Kind::Suspect);
    change.incarnation = event.incarnation;
    change.endpoint = event.endpoint;
    change.versions = event.versions;
    change.tags = event.tags;
    change.cause = swim::to_string(event.cause.kind);
    change.by = event.cause.by;
    change.others = event.cause.others;
    return change;
}

Change change_of(const NameConflict& conflict) {
    Change change;
    change.kind = Kind::Conflict;
    change.subject = conflict.name;
    change.endpoint = conflict.other;
    change.cause = cause_conflict;
    return change;
}

Change change_of(const cluster::HeardEvent& event) {
    Change change;
    change.kind = Kind::UserEvent;
    change.subject = event.name;
    change.number = event.ltime;
    change.payload = event.payload;
    return change;
}

Change change_of(const election::Event& event) {
    static constexpr Kind kinds[] = {Kind::LeaderAcquired, Kind::LeaderLost, Kind::NewLeader,
                                     Kind::QuorumLost, Kind::QuorumRegained};
    Change change;
    change.kind = kinds[static_cast<std::size_t>(event.kind)];
    change.subject = event.leader;
    change.number = event.term;
    return change;
}

Change change_of(const ring::Adoption& adoption) {
    Change change;
    change.kind = Kind::Ring;
    change.subject = adoption.ring;
    change.number_before = adoption.before->fingerprint();
    change.number = adoption.after->fingerprint();
    return change;
}

}  // namespace muster::history
