// SQLite's C interface as far as the stores need it: a connection and statements that end
// themselves, and the three kinds of failure that are met differently. For agent/store's sources
// and agent/journal's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "swim/bytes.h"
#include "swim/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::store {

// What is wrong with a database, by who can do something about it.
struct DbFault {
    enum class Kind : std::uint8_t {
        Damaged,  // the file is not what we wrote
        Disk,     // full, read-only, broken: it may pass
        Newer,    // its schema is of a later musterd
    };
    Kind kind = Kind::Disk;
    std::string text;
};

// A statement, from its preparation to its end. Errors stick: step() says false, failed() why.
class Statement {
public:
    Statement(sqlite3* db, const char* sql);

    // Parameters, from 1 on. The bytes must live until the next step().
    Statement& bind(int at, BytesView bytes);
    Statement& bind(int at, std::int64_t number);
    Statement& bind_null(int at);
    // A row is there. False at the end, or after a failure.
    bool step();
    // Steps to the end and is ready for the next parameters; false after a failure.
    bool run();
    bool failed() const;
    // Ready for the next parameters, whatever rows were left.
    void reset();

    BytesView bytes(int column) const;  // valid until the next step()
    std::int64_t number(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int code_;
};

class Database {
public:
    Database() = default;
    Database(Database&&) noexcept = default;
    Database& operator=(Database&&) noexcept = default;

    enum class Mode : std::uint8_t {
        Write,  // made if it is not there
        Read,   // as it stands, on a disk that may not be written
    };
    std::optional<DbFault> open(const std::string& path, Mode mode);
    sqlite3* get() const { return db_.get(); }

    // Runs SQL without parameters and answers. False: see fault().
    bool run(const char* sql);
    // What went wrong last.
    DbFault fault() const;

private:
    struct Close {
        void operator()(sqlite3* db) const;
    };
    std::unique_ptr<sqlite3, Close> db_;
};

// A transaction that is undone unless it was committed.
class Transaction {
public:
    explicit Transaction(Database& db) : db_(db), open_(db.run("BEGIN IMMEDIATE")) {}
    ~Transaction() {
        if (open_)
            db_.run("ROLLBACK");
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    explicit operator bool() const { return open_; }
    bool commit() {
        if (!db_.run("COMMIT"))
            return false;
        open_ = false;
        return true;
    }

private:
    Database& db_;
    bool open_;
};

// The schema's version (0: an empty file). A fault too if it is above `known`, which a newer
// musterd has written.
std::optional<DbFault> read_version(const Database& db, std::int64_t known, std::int64_t& version);

// Renames a damaged file, and its log, which holds part of the same damage; the new name.
std::string set_aside(const std::string& path);

}  // namespace muster::store
