#include "agent/words.h"

#include <algorithm>

namespace muster {

namespace {

using swim::Cause;
using swim::CauseKind;

bool is_plain(char c) {
    return octet(c) > ' ' && c != '\'' && c != ',' && octet(c) != 0x7f;
}

std::string in_list(const std::vector<Bytes>& names) {
    std::string text;
    for (const Bytes& name : names)
        text += (text.empty() ? "" : ", ") + in_words(name);
    return text;
}

std::string who(BytesView name, BytesView self) {
    return in_words(name.empty() ? self : name);
}

// Why somebody is held to be silent or gone; empty if there is nothing to say.
std::string reason(const Cause& cause, BytesView self) {
    switch (cause.kind) {
        case CauseKind::ProbeFailed:
        case CauseKind::TimedOut: {
            std::string text = "no answer to probes from " + who(cause.by, self);
            if (!cause.others.empty())
                text += ", confirmed by " + in_list(cause.others);
            return text;
        }
        case CauseKind::Accused:
            return "accused by " + who(cause.by, self);
        case CauseKind::DeclaredDead:
            return "declared dead by " + who(cause.by, self);
        case CauseKind::PushPull:
            return cause.by.empty() ? "learned in an exchange of everything known"
                                    : "learned from " + in_words(cause.by);
        case CauseKind::Refuted:
            return "it says itself that it is alive";
        case CauseKind::Left:
            return "it went by itself, before its leave was heard";
        case CauseKind::Alive:
        case CauseKind::Updated:
        case CauseKind::Reaped:
            break;
    }
    return {};
}

std::string with(std::string text, const std::string& why) {
    return why.empty() ? text : text + ": " + why;
}

}  // namespace

std::string in_words(BytesView name) {
    if (!name.empty() && std::all_of(name.begin(), name.end(), is_plain))
        return std::string(name);
    return "'" + std::string(name) + "'";
}

std::string describe(const MemberEvent& event, BytesView self) {
    const std::string member = "member " + in_words(event.name);
    const std::string why = reason(event.cause, self);
    const std::string incarnation = " (incarnation " + std::to_string(event.incarnation) + ")";
    switch (event.kind) {
        case MemberEvent::Kind::Join:
            if (event.from == cluster::Status::None)
                return member + " joined at " + event.endpoint.to_string();
            return member + " is back at " + event.endpoint.to_string() + ", it was " +
                   to_string(event.from);
        case MemberEvent::Kind::Leave:
            if (event.from == cluster::Status::Failed)
                return member + " left: it was failed, and a leave was heard for it";
            return member + " left";
        case MemberEvent::Kind::Failed:
            return with(member + " failed", why);
        case MemberEvent::Kind::Update:
            return member + " changed its tags or its address";
        case MemberEvent::Kind::Reap:
            return member + " is forgotten, it was " + to_string(event.from);
        case MemberEvent::Kind::Suspect:
            return with(member + " is suspected", why);
        case MemberEvent::Kind::Cleared:
            return with(member + " is no longer suspected", why) + incarnation;
    }
    return member;
}

std::string describe(const NameConflict& conflict, BytesView self) {
    const std::string name = in_words(conflict.name);
    if (conflict.name == self) {
        return "another host calls itself " + name + " too: it is at " +
               conflict.other.to_string() + ", we are at " + conflict.ours.to_string() +
               " (give one of the two another name, see --node)";
    }
    return "two hosts call themselves " + name + ": " + conflict.ours.to_string() + " and " +
           conflict.other.to_string() +
           "; the first is believed (rename the other, see --node, or " +
           "force-leave the first if it has moved)";
}

}  // namespace muster
