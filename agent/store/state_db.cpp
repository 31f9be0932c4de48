#include "agent/store/state_db.h"

#include <sys/stat.h>

#include <system_error>
#include <utility>

#include "agent/cluster/coordinate.h"
#include "agent/store/sqlite.h"
#include "agent/store/state_rows.h"

namespace muster::store {

struct StateDb::Connection {
    Database db;
};

namespace {

// The directory is locked, so nobody else opens the file: no shared memory for the log's index,
// which a full disk could refuse. The log is folded into the file after some 400 KiB.
constexpr char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 100;"
    "PRAGMA cache_size = -256;"
    "PRAGMA trusted_schema = OFF;";

std::optional<DbFault> check(const Database& db) {
    Statement check(db.get(), "PRAGMA quick_check(1)");
    if (!check.step())
        return db.fault();
    if (check.bytes(0) != "ok")
        return DbFault{DbFault::Kind::Damaged, std::string(check.bytes(0))};
    return std::nullopt;
}

// A file that cannot be opened for writing is `fault`; of Mode::Read nothing is changed.
std::optional<DbFault> open_database(Database& db, const std::string& path, Database::Mode mode) {
    if (auto fault = db.open(path, mode))
        return fault;
    std::int64_t version = 0;
    if (auto fault = read_version(db, state_version, version))
        return fault;
    if (mode == Database::Mode::Write && !db.run(settings))
        return db.fault();
    if (auto fault = check(db))
        return fault;
    return mode == Database::Mode::Write ? migrate(db, static_cast<int>(version)) : std::nullopt;
}

Error cannot_write(const std::string& path, const DbFault& fault) {
    return Error{"cannot write " + path + ": " + fault.text};
}

}  // namespace

StateDb::StateDb(std::string path) : path_(std::move(path)) {}
StateDb::~StateDb() = default;

Result<StateDb::Opened> StateDb::open(const std::string& path, std::int64_t wall_offset) {
    Opened out;
    out.db.reset(new StateDb(path));
    std::optional<DbFault> fault;
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto connection = std::make_unique<Connection>();
        fault = open_database(connection->db, path, Database::Mode::Write);
        if (!fault)
            fault = read_memory(connection->db, wall_offset, out.memory);
        if (!fault) {
            out.db->connection_ = std::move(connection);
            return out;
        }
        if (fault->kind == DbFault::Kind::Newer) {
            return Error{"cannot use " + path + ": " + fault->text +
                         " (run the musterd that wrote it, or give this one another --data-dir)"};
        }
        out.memory = {};
        if (fault->kind == DbFault::Kind::Disk)
            break;
        connection.reset();
        out.notes.push_back(path + " is damaged (" + fault->text + "): set aside as " +
                            set_aside(path) + "; starting without what it held");
    }
    out.failure = cannot_write(path, *fault);
    Database read_only;
    if (open_database(read_only, path, Database::Mode::Read) ||
        read_memory(read_only, wall_offset, out.memory))
        out.memory = {};
    return out;
}

std::optional<Error> StateDb::save(const MemoryChange& change) {
    if (!connection_) {
        auto connection = std::make_unique<Connection>();
        if (const auto fault = open_database(connection->db, path_, Database::Mode::Write))
            return cannot_write(path_, *fault);
        connection_ = std::move(connection);
    }
    const std::optional<DbFault> fault = write_memory(connection_->db, change);
    if (!fault)
        return std::nullopt;
    // Whatever state it is in now, the next one begins anew.
    connection_.reset();
    if (fault->kind == DbFault::Kind::Damaged) {
        return Error{path_ + " is damaged (" + fault->text + "): set aside as " + set_aside(path_) +
                     "; a new one follows"};
    }
    return cannot_write(path_, *fault);
}

}  // namespace muster::store
