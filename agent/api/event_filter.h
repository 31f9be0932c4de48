// Which events a stream carries: Serf's comma-separated filters (docs/protocol/rpc.md section 4.6),
// and for our own clients the suspicions that Serf does not tell. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/effects.h"

namespace muster::api {

class EventFilter {
public:
    // None if a filter is not one. "" is "*". User events and queries may be named; there are none
    // to stream yet.
    static std::optional<EventFilter> parse(std::string_view type, bool extended);

    bool matches(MemberEvent::Kind kind) const { return (kinds_ & bit(kind)) != 0; }

private:
    static std::uint8_t bit(MemberEvent::Kind kind) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
    }
    bool add(std::string_view filter, bool extended);

    std::uint8_t kinds_ = 0;
};

}  // namespace muster::api
