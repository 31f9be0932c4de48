#include "agent/api/event_filter.h"

#include <span>

namespace muster::api {

namespace {

using Kind = MemberEvent::Kind;

constexpr Kind kinds[] = {Kind::Join, Kind::Leave,   Kind::Failed, Kind::Update,
                          Kind::Reap, Kind::Suspect, Kind::Cleared};

// Serf's own, or all.
std::span<const Kind> known_kinds(bool extended) {
    return std::span(kinds).first(extended ? 7 : 5);
}

}  // namespace

std::optional<EventFilter> EventFilter::parse(std::string_view type, bool extended) {
    EventFilter filter;
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

bool EventFilter::add(std::string_view filter, bool extended) {
    if (filter == "user" || filter == "query" || filter.starts_with("user:") ||
        filter.starts_with("query:"))
        return true;
    bool known = filter == "*";
    for (const Kind kind : known_kinds(extended)) {
        if (filter == "*" || filter == to_string(kind)) {
            kinds_ = static_cast<std::uint8_t>(kinds_ | bit(kind));
            known = true;
        }
    }
    return known;
}

}  // namespace muster::api
