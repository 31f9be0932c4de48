// journal.db: every change as this agent saw it (agent/history/change.h), in SQLite. One
// connection, one thread at a time; readers and the writer take turns on it.
//
//     changes      one row each, numbered from 1 on; a number is never used twice
//     members      the view after the last of them
//     checkpoints  earlier views, encoded: is_checkpoint_due() says when
//     journal      one row: the number that comes next, and the journal's id
//     deliveries, dead, overflows  the outbox (agent/journal/outbox.h)
//     held         changes that are too old for the history, and that the outbox still needs
//
// Appending is one transaction: a change, its deliveries, and what became of earlier ones. The
// schema's version is PRAGMA user_version: an older one is brought up to it, a newer one is
// refused, a damaged file is set aside under another name. A killed process loses nothing. Commits
// of changes that hooks might be called for are synced, others not one by one: of them a host
// without power loses the last ones. SQLite stays in the source.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/history/change.h"
#include "agent/history/retention.h"
#include "agent/history/view.h"
#include "agent/journal/outbox.h"
#include "agent/journal/question.h"
#include "swim/result.h"

namespace muster::store {
struct DbFault;
}

namespace muster::journal {

inline constexpr int journal_version = 2;

// What is to be written: outcomes; changes; after them, if there is one, this agent's whole view,
// of which the differences become changes with this cause; then what hooks are told that they lost.
struct Batch {
    std::vector<history::Change> changes;
    struct Whole {
        history::View view;
        Bytes cause;
        std::int64_t wall_ns = 0;
        std::int64_t clock_ns = 0;
    };
    std::optional<Whole> whole = std::nullopt;

    // Each change that is written becomes a delivery of every hook that wants it; null: of none.
    std::shared_ptr<const Routes> routes = nullptr;
    // The routes are all the hooks that there are: what waits, is dead or was lost of others goes.
    // After a start and a reload.
    bool forgets_others = false;
    std::vector<Outcome> outcomes = {};
    // Hooks that are to be told what their full queues cost them: each gets a change of Kind::Gap,
    // its name the subject, as one more delivery, and the count begins anew. None lost: nothing.
    std::vector<std::string> resync = {};
    std::int64_t wall_ns = 0;  // when that is
    std::int64_t clock_ns = 0;
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

    // All of it or nothing; what is no news is left out. The error is for a person. After one of a
    // damaged file, which is set aside, a new journal with another id follows; its numbers go on
    // from the old one's, so that an outcome of then means nothing in it.
    Result<Put> append(const Batch& batch);
    Result<Page> read(const Question& question);
    Result<history::Extent> extent();
    // The members as they stood after change `seq`, or at the last moment that is not after
    // `wall_ns`. An error if that is before what is kept.
    Result<PastView> view_at(const Moment& moment);

    // The outbox, in order of the changes' numbers. A delivery that is to be tried later is there.
    Result<std::vector<Delivery>> waiting();
    Result<std::vector<DeadLetter>> dead(const std::string& hook);  // empty: of all
    Result<std::vector<Overflow>> overflows();
    // Kept or held, in their order; those that are neither are left out.
    Result<std::vector<history::Change>> changes(const std::vector<std::uint64_t>& seqs);
    // 32 hex digits, chosen when the file was made; empty: it is not open.
    std::string id() const;

private:
    struct Connection;
    JournalDb(std::string path, const history::Retention& retention);
    std::optional<store::DbFault> connect();
    std::optional<store::DbFault> write(const Batch& batch, Put& put);
    template <class Row>
    Result<std::vector<Row>> all(const std::function<bool(std::vector<Row>&)>& read);

    const std::string path_;
    const history::Retention retention_;
    std::unique_ptr<Connection> connection_;  // null: not open, append() tries again
    std::uint64_t next_ = 1;                  // the number that came next when it was open last
};

struct JournalDb::Opened {
    std::unique_ptr<JournalDb> db;
    std::vector<std::string> notes;  // for a person: what was set aside, and why
    std::optional<Error> failure;    // it cannot be written now
};

}  // namespace muster::journal
