// Which events something is for: `on` of a hook, Serf's filters, `muster watch --on`. Pure.
//
//     *  start  gap  member-join  member-leave  member-failed  member-update  member-reap
//     member-suspect  member-cleared  conflict  user  user:NAME  query  query:NAME
//     leader-acquired  leader-lost  new-leader  quorum-lost  quorum-regained  ring-changed
//     members-missing  members-back
//
// `*` is what Serf's is: member-join to member-reap, user and query. `all` is every one. `user:` is
// `user`, as in Serf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/change.h"
#include "swim/result.h"

namespace muster::hooks {

class Interest {
public:
    static constexpr std::size_t max_filters = 64;

    // What stands between commas, without the spaces around it.
    static std::vector<std::string> split(std::string_view text);
    // The error names the filter and what it may be; of one that is near a known one, that one. In
    // a text they are split(); of a list each is one filter, commas and all.
    static Result<Interest> parse(std::string_view text);
    static Result<Interest> parse(const std::vector<std::string>& filters);

    bool wants(history::Kind kind, BytesView subject) const;
    bool wants_query(BytesView name) const;
    bool wants_any_query() const;
    bool wants_any_user_event() const;
    bool operator==(const Interest&) const = default;

private:
    struct Names {
        bool all = false;
        std::vector<Bytes> some;  // sorted; empty if it is all

        void add(std::string_view name);  // "": all
        bool match(BytesView name) const;
        bool operator==(const Names&) const = default;
    };
    bool add(std::string_view filter);  // false: it is none

    std::uint32_t kinds_ = 0;  // one bit each, but user events
    Names user_events_;
    Names queries_;
};

}  // namespace muster::hooks
