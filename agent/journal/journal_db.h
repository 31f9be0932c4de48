// journal.db: every change as this agent saw it (agent/history/change.h), in SQLite. One
// connection, one thread at a time; readers and the writer take turns on it.
//
//     changes      one row each, numbered from 1 on; a number is never used twice
//     members      the view after the last of them
//     checkpoints  earlier views, encoded: is_checkpoint_due() says when
//     journal      one row: the number that comes next
//
// Appending is one transaction. The schema's version is PRAGMA user_version: a newer one is
// refused, a damaged file is set aside under another name. Commits are not synced one by one: a
// killed process loses none, a host without power the last ones. SQLite stays in the source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/history/change.h"
#include "agent/history/retention.h"
#include "agent/history/view.h"
#include "agent/journal/question.h"
#include "swim/result.h"

namespace muster::journal {

inline constexpr int journal_version = 1;

// What is to be written: changes, and after them, if there is one, this agent's whole view, of
// which the differences become changes with this cause.
struct Batch {
    std::vector<history::Change> changes;
    struct Whole {
        history::View view;
        Bytes cause;
        std::int64_t wall_ns = 0;
        std::int64_t clock_ns = 0;
    };
    std::optional<Whole> whole;
};

class JournalDb {
public:
    struct Opened;

    // Opens `path`, or makes it; empty: in memory, gone with this. The error is of a file that a
    // newer musterd has written.
    static Result<Opened> open(const std::string& path, const history::Retention& retention);
    ~JournalDb();
    JournalDb(const JournalDb&) = delete;
    JournalDb& operator=(const JournalDb&) = delete;

    // All of it or nothing; what is no news is left out. The error is for a person.
    std::optional<Error> append(const Batch& batch);
    Result<Page> read(const Question& question);
    Result<history::Extent> extent();
    // The members as they stood after change `seq`, or at the last moment that is not after
    // `wall_ns`. An error if that is before what is kept.
    Result<PastView> view_at(const Moment& moment);

private:
    struct Connection;
    JournalDb(std::string path, const history::Retention& retention);

    const std::string path_;
    const history::Retention retention_;
    std::unique_ptr<Connection> connection_;  // null: not open, append() tries again
};

struct JournalDb::Opened {
    std::unique_ptr<JournalDb> db;
    std::vector<std::string> notes;  // for a person: what was set aside, and why
    std::optional<Error> failure;    // it cannot be written now
};

}  // namespace muster::journal
