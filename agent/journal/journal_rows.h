// The rows of journal.db: changes, views and checkpoints to and from it, and a batch as a whole.
// Each answers false after a failure, which the database's fault() tells. For
// agent/journal/journal_db.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/journal/journal_db.h"
#include "agent/journal/outbox_rows.h"
#include "agent/store/sqlite.h"

namespace muster::journal {

// What is known of an open journal without asking it. A transaction works on a copy.
struct Counters {
    std::uint64_t next = 1;              // the next change's number
    std::uint64_t since_checkpoint = 0;  // changes
    std::string id;
    Loads loads;
};
std::optional<store::DbFault> read_counters(store::Database& db, Counters& counters);

// Numbers what is news from counters.next on, which is raised. Outcomes come first, so that the
// room that they make is there for the changes.
bool write_batch(store::Database& db, const Batch& batch, Counters& counters, Put& put);
// Numbers from `next` on. REQUIRES: nothing was written to it yet.
bool begin_at(store::Database& db, std::uint64_t next);
std::uint64_t count_members(store::Database& db);
// The view as it is now, which is that after change `seq`.
bool write_checkpoint(store::Database& db, std::uint64_t seq);
// Takes away what is too old or too much at `now`, since 1970. What the outbox needs is held.
bool forget_the_old(store::Database& db, std::uint64_t next, std::int64_t now,
                    const history::Retention& retention);

bool read_extent(store::Database& db, std::uint64_t next, history::Extent& extent);
struct Wanted {
    std::uint64_t from = 1;
    std::uint64_t limit = 1;
    BytesView member;     // empty: all
    bool newest = false;  // the last of them, if there are more than `limit`
};
bool read_changes(store::Database& db, const Wanted& wanted, std::vector<history::Change>& out);
// Also those that are held. REQUIRES: `seqs` are in order.
bool read_these(store::Database& db, const std::vector<std::uint64_t>& seqs,
                std::vector<history::Change>& out);
// The last change that is not after `wall_ns`, as if their times only rose; oldest - 1: none.
std::uint64_t last_until(store::Database& db, const history::Extent& kept, std::int64_t wall_ns);
// REQUIRES: `seq` is kept, or the one before those that are.
bool read_view(store::Database& db, std::uint64_t seq, std::uint64_t newest, history::View& view);

}  // namespace muster::journal
