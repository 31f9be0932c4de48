// Which events a stream carries: Serf's comma-separated filters (docs/protocol/rpc.md section 4.6),
// and for our own clients the suspicions, the leaders and the missing that Serf does not tell.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/api/turnout.h"
#include "agent/effects.h"

namespace muster::api {

class EventFilter {
public:
    // What a client may have us remember for one stream.
    static constexpr std::size_t max_size = 4096;

    // None if a filter is not one, or if all together have more than max_size bytes. "" is "*";
    // "user:" is "user", as in Serf.
    static std::optional<EventFilter> parse(std::string_view type, bool extended);

    bool matches(election::Event::Kind kind) const {
        return (leadership_ & (1U << static_cast<unsigned>(kind))) != 0;
    }
    bool matches(MemberEvent::Kind kind) const { return (kinds_ & bit(kind)) != 0; }
    bool matches_user_event(BytesView name) const { return user_events_.match(name); }
    // Only if it was asked for by its name: it costs the agent the points of its rings.
    bool matches_ring_change() const { return ring_changes_; }
    bool matches(const Turnout& turnout) const {
        return turnout.fewer_than_half() ? members_missing_ : members_back_;
    }
    bool matches_query(BytesView name) const { return queries_.match(name); }

private:
    struct Names {
        bool all = false;
        std::vector<Bytes> some;

        void add(std::string_view name);
        bool match(BytesView name) const;
    };
    static std::uint8_t bit(MemberEvent::Kind kind) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
    }
    bool add(std::string_view filter, bool extended);
    bool add_leadership(std::string_view filter, bool extended);
    bool add_turnout(std::string_view filter);

    std::uint8_t kinds_ = 0;
    bool ring_changes_ = false;
    bool members_missing_ = false;
    bool members_back_ = false;
    std::uint8_t leadership_ = 0;
    Names user_events_;
    Names queries_;
};

}  // namespace muster::api
