#include "agent/journal/journal_db.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/journal/journal_rows.h"

namespace muster::journal {

using store::Database;
using store::DbFault;

struct JournalDb::Connection {
    Database db;
    std::uint64_t next = 1;                 // the next change's number
    std::uint64_t since_checkpoint = 0;     // changes
    std::uint64_t since_look = look_every;  // changes since the last look at what is too old

    static constexpr std::uint64_t look_every = 512;
};

namespace {

// As for state.db: the directory is locked, so nobody else opens the file.
constexpr char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 100;"
    "PRAGMA cache_size = -128;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA trusted_schema = OFF;";

std::optional<DbFault> open_database(Database& db, const std::string& path) {
    if (auto fault = db.open(path.empty() ? ":memory:" : path, Database::Mode::Write))
        return fault;
    sqlite3_db_config(db.get(), SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
    std::int64_t version = 0;
    if (auto fault = store::read_version(db, journal_version, version))
        return fault;
    if (!db.run(settings))
        return db.fault();
    return migrate(db, version);
}

Error cannot(const char* what, const std::string& path, const DbFault& fault) {
    return Error{std::string("cannot ") + what + " " +
                 (path.empty() ? "the journal in memory" : path) + ": " + fault.text};
}

constexpr char before_all[] = " is before what is kept: the oldest view is that after change ";

}  // namespace

JournalDb::JournalDb(std::string path, const history::Retention& retention)
    : path_(std::move(path)), retention_(retention) {}
JournalDb::~JournalDb() = default;

Result<JournalDb::Opened> JournalDb::open(const std::string& path,
                                          const history::Retention& retention) {
    Opened out;
    out.db.reset(new JournalDb(path, retention));
    std::optional<DbFault> fault;
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto connection = std::make_unique<Connection>();
        fault = open_database(connection->db, path);
        if (!fault)
            fault = read_counters(connection->db, connection->next, connection->since_checkpoint);
        if (!fault) {
            out.db->connection_ = std::move(connection);
            return out;
        }
        if (fault->kind == DbFault::Kind::Newer) {
            return Error{"cannot use " + path + ": " + fault->text +
                         " (run the musterd that wrote it, or give this one another --data-dir)"};
        }
        if (fault->kind == DbFault::Kind::Disk)
            break;
        connection.reset();
        out.notes.push_back(path + " is damaged (" + fault->text + "): set aside as " +
                            store::set_aside(path) + "; the history begins anew");
    }
    out.failure = cannot("write", path, *fault);
    return out;
}

std::optional<Error> JournalDb::append(const Batch& batch) {
    if (!connection_) {
        auto connection = std::make_unique<Connection>();
        auto fault = open_database(connection->db, path_);
        if (!fault)
            fault = read_counters(connection->db, connection->next, connection->since_checkpoint);
        if (fault)
            return cannot("write", path_, *fault);
        connection_ = std::move(connection);
    }
    Connection& c = *connection_;
    const std::uint64_t first = c.next;
    std::optional<DbFault> fault;
    {
        store::Transaction transaction(c.db);
        std::uint64_t since = c.since_checkpoint;
        bool ok = transaction && write_batch(c.db, batch, c.next);
        since += c.next - first;
        c.since_look += c.next - first;
        if (ok && since > 0 && history::is_checkpoint_due(since, count_members(c.db))) {
            ok = write_checkpoint(c.db, c.next - 1);
            since = 0;
        }
        if (ok && c.since_look >= Connection::look_every && c.next > 1) {
            c.since_look = 0;
            const std::int64_t now =
                batch.whole ? batch.whole->wall_ns
                            : (batch.changes.empty() ? 0 : batch.changes.back().wall_ns);
            ok = forget_the_old(c.db, c.next, now, retention_);
        }
        if (ok && transaction.commit()) {
            c.since_checkpoint = since;
        } else {
            fault = c.db.fault();
        }
    }
    if (!fault) {
        // What a burst has taken is given back.
        if (batch.changes.size() > 64 || batch.whole)
            sqlite3_db_release_memory(c.db.get());
        return std::nullopt;
    }
    const bool in_memory = path_.empty();
    c.next = first;
    if (in_memory)
        return cannot("write", path_, *fault);
    connection_.reset();
    if (fault->kind == DbFault::Kind::Damaged) {
        return Error{path_ + " is damaged (" + fault->text + "): set aside as " +
                     store::set_aside(path_) + "; a new one follows"};
    }
    return cannot("write", path_, *fault);
}

Result<history::Extent> JournalDb::extent() {
    if (!connection_)
        return Error{"the journal cannot be opened now (see the warnings of `muster info`)"};
    history::Extent extent;
    if (!read_extent(connection_->db, connection_->next, extent))
        return cannot("read", path_, connection_->db.fault());
    return extent;
}

Result<Page> JournalDb::read(const Question& question) {
    const Result<history::Extent> kept = extent();
    if (!kept)
        return kept.error();
    Page page;
    page.oldest = kept->oldest;
    page.newest = kept->newest;
    std::uint64_t from = std::max<std::uint64_t>(question.from, kept->oldest);
    if (question.since_ns && *question.since_ns != std::numeric_limits<std::int64_t>::min())
        from = std::max(from, last_until(connection_->db, *kept, *question.since_ns - 1) + 1);
    const std::uint64_t limit = std::clamp<std::uint64_t>(question.limit, 1, max_page);
    const std::uint64_t first = std::min(from, kept->newest + 1);
    if (!read_changes(connection_->db, {first, limit, question.member}, page.changes))
        return cannot("read", path_, connection_->db.fault());
    page.more = page.changes.size() == limit && page.changes.back().seq < kept->newest;
    page.next = page.more ? page.changes.back().seq + 1 : std::max(from, kept->newest + 1);
    sqlite3_db_release_memory(connection_->db.get());
    return page;
}

Result<PastView> JournalDb::view_at(const Moment& moment) {
    const Result<history::Extent> kept = extent();
    if (!kept)
        return kept.error();
    PastView past;
    past.seq = moment.seq ? *moment.seq : last_until(connection_->db, *kept, moment.wall_ns);
    if (past.seq > kept->newest)
        return Error{"there is no change " + std::to_string(past.seq) + " yet: the newest one is " +
                     std::to_string(kept->newest)};
    if (past.seq + 1 < kept->oldest) {
        return Error{(moment.seq ? "change " + std::to_string(*moment.seq) : "that moment") +
                     before_all + std::to_string(kept->oldest - 1)};
    }
    if (!read_view(connection_->db, past.seq, kept->newest, past.members))
        return cannot("read", path_, connection_->db.fault());
    sqlite3_db_release_memory(connection_->db.get());
    return past;
}

}  // namespace muster::journal
