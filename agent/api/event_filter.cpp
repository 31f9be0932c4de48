#include "agent/api/event_filter.h"

#include <algorithm>
#include <span>

namespace muster::api {

namespace {

using Kind = MemberEvent::Kind;

constexpr Kind kinds[] = {Kind::Join, Kind::Leave,   Kind::Failed, Kind::Update,
                          Kind::Reap, Kind::Suspect, Kind::Cleared};

using Leadership = election::Event::Kind;

constexpr Leadership leadership[] = {Leadership::LeaderAcquired, Leadership::LeaderLost,
                                     Leadership::NewLeader, Leadership::QuorumLost,
                                     Leadership::QuorumRegained};

// Serf's own, or all.
std::span<const Kind> known_kinds(bool extended) {
    return std::span(kinds).first(extended ? 7 : 5);
}

}  // namespace

std::optional<EventFilter> EventFilter::parse(std::string_view type, bool extended) {
    EventFilter filter;
    if (type.size() > max_size)
        return std::nullopt;
    if (type.empty())
        type = "*";
    for (;;) {
        const std::size_t comma = type.find(',');
        if (!filter.add(type.substr(0, comma), extended))
            return std::nullopt;
        if (comma == std::string_view::npos)
            return filter;
        type.remove_prefix(comma + 1);
    }
}

void EventFilter::Names::add(std::string_view name) {
    if (name.empty())
        all = true;
    else
        some.emplace_back(name);
}

bool EventFilter::Names::match(BytesView name) const {
    return all || std::find(some.begin(), some.end(), name) != some.end();
}

bool EventFilter::add(std::string_view filter, bool extended) {
    const bool everything = filter == "*";
    bool known = everything;
    for (auto& [word, names] : {std::pair(std::string_view("user"), &user_events_),
                                std::pair(std::string_view("query"), &queries_)}) {
        if (everything || filter == word) {
            names->add({});
            known = true;
        } else if (filter.starts_with(word) && filter.substr(word.size()).starts_with(':')) {
            names->add(filter.substr(word.size() + 1));
            known = true;
        }
    }
    if (extended && filter == "ring-changed")
        ring_changes_ = known = true;
    if (extended && add_turnout(filter))
        known = true;
    for (const Kind kind : known_kinds(extended)) {
        if (everything || filter == to_string(kind)) {
            kinds_ = static_cast<std::uint8_t>(kinds_ | bit(kind));
            known = true;
        }
    }
    return add_leadership(filter, extended) || known;
}

bool EventFilter::add_turnout(std::string_view filter) {
    const bool everything = filter == "*";
    const bool missing = everything || filter == event_name({.alive = 0, .known = 1});
    const bool back = everything || filter == event_name({.alive = 1, .known = 1});
    members_missing_ = members_missing_ || missing;
    members_back_ = members_back_ || back;
    return missing || back;
}

bool EventFilter::add_leadership(std::string_view filter, bool extended) {
    bool known = false;
    for (const Leadership kind : leadership) {
        if (extended && (filter == "*" || filter == election::to_string(kind))) {
            leadership_ =
                static_cast<std::uint8_t>(leadership_ | 1U << static_cast<unsigned>(kind));
            known = true;
        }
    }
    return known;
}

}  // namespace muster::api
