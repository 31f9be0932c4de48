// What is asked of the journal, and its answers, as values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/history/change.h"
#include "agent/history/view.h"
#include "swim/bytes.h"

namespace muster::journal {

inline constexpr std::uint64_t max_page = 1000;

struct Question {
    std::uint64_t from = 0;                // the first change wanted; 0: the oldest that is kept
    std::optional<std::int64_t> since_ns;  // none before this moment, since 1970
    Bytes member;                          // only of this one; empty: of all
    std::uint64_t limit = max_page;        // changes in one answer, at most max_page
    bool newest = false;                   // if there are more: the last of them, not the first
};

struct Page {
    std::vector<history::Change> changes;  // in their order
    std::uint64_t oldest = 1;              // that is kept; oldest > newest: none
    std::uint64_t newest = 0;
    std::uint64_t next = 1;  // where to go on
    bool more = false;       // there are more by now
};

// By number or by time.
struct Moment {
    std::optional<std::uint64_t> seq;
    std::int64_t wall_ns = 0;
};

struct PastView {
    std::uint64_t seq = 0;  // of the last change before it
    history::View members;
};

}  // namespace muster::journal
