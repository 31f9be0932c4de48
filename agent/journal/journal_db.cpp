#include "agent/journal/journal_db.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/journal/journal_rows.h"
#include "agent/journal/journal_schema.h"
#include "agent/journal/outbox_rows.h"

namespace muster::journal {

using store::Database;
using store::DbFault;

struct JournalDb::Connection {
    Database db;
    Counters counters;
    bool syncs = false;
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

Error not_open() {
    return Error{"the journal cannot be opened now (see the warnings of `muster info`)"};
}

// Then the commit is synced: a hook was never called for a number that, after the power has failed,
// is another change's. Its idempotency key would be the same.
bool has_news_for_hooks(const Batch& batch) {
    return batch.routes && !batch.routes->empty() &&
           (!batch.changes.empty() || batch.whole || !batch.resync.empty());
}

// Of what was written last; 0: not known.
std::int64_t moment_of(const Batch& batch) {
    if (batch.whole)
        return batch.whole->wall_ns;
    return batch.changes.empty() ? batch.wall_ns : batch.changes.back().wall_ns;
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
        fault = out.db->connect();
        if (!fault)
            return out;
        if (fault->kind == DbFault::Kind::Newer) {
            return Error{"cannot use " + path + ": " + fault->text +
                         " (run the musterd that wrote it, or give this one another --data-dir)"};
        }
        if (fault->kind == DbFault::Kind::Disk)
            break;
        out.notes.push_back(path + " is damaged (" + fault->text + "): set aside as " +
                            store::set_aside(path) + "; the history begins anew");
    }
    out.failure = cannot("write", path, *fault);
    return out;
}

std::optional<DbFault> JournalDb::connect() {
    if (connection_)
        return std::nullopt;
    auto connection = std::make_unique<Connection>();
    Counters& counters = connection->counters;
    if (auto fault = open_database(connection->db, path_))
        return fault;
    if (auto fault = read_counters(connection->db, counters))
        return fault;
    if (counters.next == 1 && next_ > 1) {
        if (!begin_at(connection->db, next_))
            return connection->db.fault();
        counters.next = next_;
    }
    next_ = counters.next;
    connection_ = std::move(connection);
    return std::nullopt;
}

std::optional<DbFault> JournalDb::write(const Batch& batch, Put& put) {
    Connection& c = *connection_;
    if (const bool syncs = has_news_for_hooks(batch); syncs != c.syncs) {
        if (!c.db.run(syncs ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"))
            return c.db.fault();
        c.syncs = syncs;
    }
    Counters counters = c.counters;
    store::Transaction transaction(c.db);
    if (!transaction || !write_batch(c.db, batch, counters, put))
        return c.db.fault();
    const std::uint64_t written = counters.next - c.counters.next;
    counters.since_checkpoint += written;
    c.since_look += written;
    if (written > 0 && history::is_checkpoint_due(counters.since_checkpoint, count_members(c.db))) {
        if (!write_checkpoint(c.db, counters.next - 1))
            return c.db.fault();
        counters.since_checkpoint = 0;
    }
    if (c.since_look >= Connection::look_every && counters.next > 1) {
        c.since_look = 0;
        if (!forget_the_old(c.db, counters.next, moment_of(batch), retention_))
            return c.db.fault();
    }
    if (!transaction.commit())
        return c.db.fault();
    c.counters = std::move(counters);
    next_ = c.counters.next;
    return std::nullopt;
}

Result<Put> JournalDb::append(const Batch& batch) {
    Put put;
    std::optional<DbFault> fault = connect();
    if (!fault)
        fault = write(batch, put);
    if (!fault) {
        // What a burst has taken is given back.
        if (batch.changes.size() > 64 || batch.whole)
            sqlite3_db_release_memory(connection_->db.get());
        return put;
    }
    if (path_.empty())
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
        return not_open();
    history::Extent extent;
    if (!read_extent(connection_->db, connection_->counters.next, extent))
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
    if (!read_changes(connection_->db, {first, limit, question.member, question.newest},
                      page.changes))
        return cannot("read", path_, connection_->db.fault());
    page.more =
        !question.newest && page.changes.size() == limit && page.changes.back().seq < kept->newest;
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

template <class Row>
Result<std::vector<Row>> JournalDb::all(const std::function<bool(std::vector<Row>&)>& read) {
    if (!connection_)
        return not_open();
    std::vector<Row> rows;
    if (!read(rows))
        return cannot("read", path_, connection_->db.fault());
    sqlite3_db_release_memory(connection_->db.get());
    return rows;
}

Result<std::vector<Delivery>> JournalDb::waiting() {
    return all<Delivery>([&](auto& rows) { return read_waiting(connection_->db, rows); });
}

Result<std::vector<DeadLetter>> JournalDb::dead(const std::string& hook) {
    return all<DeadLetter>([&](auto& rows) { return read_dead(connection_->db, hook, rows); });
}

Result<std::vector<Overflow>> JournalDb::overflows() {
    return all<Overflow>([&](auto& rows) {
        for (const auto& [hook, load] : connection_->counters.loads) {
            if (load.lost > 0)
                rows.push_back({hook, load.lost});
        }
        return true;
    });
}

Result<std::vector<history::Change>> JournalDb::changes(const std::vector<std::uint64_t>& seqs) {
    std::vector<std::uint64_t> wanted = seqs;
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    return all<history::Change>(
        [&](auto& rows) { return read_these(connection_->db, wanted, rows); });
}

std::string JournalDb::id() const {
    return connection_ ? connection_->counters.id : std::string();
}

}  // namespace muster::journal
