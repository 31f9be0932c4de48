#include "agent/journal/journal_schema.h"

#include <sys/random.h>

#include <array>

#include "agent/history/view.h"
#include "agent/journal/journal_db.h"
#include "swim/assert.h"

namespace muster::journal {

using store::Database;
using store::DbFault;
using store::Statement;

namespace {

// Of `changes` and of `held`, whose rows come from there.
#define CHANGE_TABLE                                                                              \
    " seq INTEGER PRIMARY KEY, wall INTEGER NOT NULL, clock INTEGER NOT NULL,"                    \
    " kind INTEGER NOT NULL, subject BLOB NOT NULL, before INTEGER NOT NULL,"                     \
    " after INTEGER NOT NULL, incarnation INTEGER NOT NULL, ip BLOB NOT NULL,"                    \
    " port INTEGER NOT NULL, versions BLOB NOT NULL, tags BLOB NOT NULL, tags_before BLOB,"       \
    " cause BLOB NOT NULL, said_by BLOB NOT NULL, others BLOB NOT NULL, health INTEGER NOT NULL," \
    " number INTEGER NOT NULL, number_before INTEGER NOT NULL, payload BLOB NOT NULL"

// Names and tags are bytes, so they are BLOBs: read them with CAST(subject AS TEXT).
constexpr char schema_1[] =
    "CREATE TABLE changes (" CHANGE_TABLE
    ");"
    "CREATE INDEX changes_subject ON changes (subject, seq);"
    "CREATE TABLE members ("
    " name BLOB PRIMARY KEY, standing INTEGER NOT NULL, ip BLOB NOT NULL, port INTEGER NOT NULL,"
    " tags BLOB NOT NULL, versions BLOB NOT NULL, incarnation INTEGER NOT NULL,"
    " since INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, view BLOB NOT NULL);"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL);"
    "INSERT INTO journal (id, next) VALUES (1, 1);"
    "PRAGMA user_version = 1;";

// The outbox. By number first: all are read in that order, and whether a held change is still
// needed is asked by it.
constexpr char schema_2[] =
    "CREATE TABLE deliveries ("
    " seq INTEGER NOT NULL, hook BLOB NOT NULL, kind INTEGER NOT NULL, subject BLOB NOT NULL,"
    " event INTEGER NOT NULL, attempts INTEGER NOT NULL, next INTEGER NOT NULL,"
    " PRIMARY KEY (seq, hook)) WITHOUT ROWID;"
    "CREATE TABLE dead ("
    " seq INTEGER NOT NULL, hook BLOB NOT NULL, kind INTEGER NOT NULL, subject BLOB NOT NULL,"
    " event INTEGER NOT NULL, attempts INTEGER NOT NULL, at INTEGER NOT NULL,"
    " status INTEGER NOT NULL, why BLOB NOT NULL, output BLOB NOT NULL,"
    " PRIMARY KEY (seq, hook)) WITHOUT ROWID;"
    "CREATE INDEX dead_oldest ON dead (hook, at, seq);"
    "CREATE TABLE overflows (hook BLOB PRIMARY KEY, lost INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE held (" CHANGE_TABLE
    ");"
    "ALTER TABLE journal ADD COLUMN name BLOB NOT NULL DEFAULT x'';"
    "PRAGMA user_version = 2;";

bool name_it(Database& db) {
    const std::string id = new_journal_id();
    Statement row(db.get(), "UPDATE journal SET name = ?1 WHERE id = 1");
    return row.bind(1, id).run();
}

bool first_checkpoint(Database& db) {
    const Bytes nobody = history::encode({});
    Statement row(db.get(), "INSERT INTO checkpoints (seq, view) VALUES (0, ?1)");
    return row.bind(1, nobody).run();
}

}  // namespace

std::optional<DbFault> migrate(Database& db, std::int64_t version) {
    static_assert(journal_version == 2, "a new version is one more step below");
    if (version == journal_version)
        return std::nullopt;
    store::Transaction transaction(db);
    bool ok = static_cast<bool>(transaction);
    if (version < 1)
        ok = ok && db.run(schema_1) && first_checkpoint(db);
    ok = ok && db.run(schema_2) && name_it(db) && transaction.commit();
    return ok ? std::nullopt : std::optional(db.fault());
}

std::string new_journal_id() {
    std::array<unsigned char, 16> bits{};
    // Never fails nor falls short for so few bytes once the kernel is seeded, and waits until it
    // is.
    const ssize_t size = getrandom(bits.data(), bits.size(), 0);
    MUSTER_ASSERT(size == static_cast<ssize_t>(bits.size()));
    constexpr char digits[] = "0123456789abcdef";
    std::string id;
    for (const unsigned char byte : bits) {
        id += digits[byte >> 4U];
        id += digits[byte & 15U];
    }
    return id;
}

}  // namespace muster::journal
