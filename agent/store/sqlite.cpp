#include "agent/store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

namespace muster::store {

namespace {

DbFault::Kind kind_of(int code) {
    switch (code & 0xff) {
        // An answer that our own SQL cannot get from a file of ours is damage too.
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
            return DbFault::Kind::Damaged;
        default:
            return DbFault::Kind::Disk;
    }
}

}  // namespace

// ---- statements ----

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* db, const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    code_ = sqlite3_prepare_v2(db, sql, -1, &prepared, nullptr);
    statement_.reset(prepared);
}

Statement& Statement::bind(int at, BytesView bytes) {
    if (!failed()) {
        // A null pointer would be NULL, which is not an empty value.
        const char* const data = bytes.data() != nullptr ? bytes.data() : "";
        code_ = sqlite3_bind_blob64(statement_.get(), at, data, bytes.size(), SQLITE_STATIC);
    }
    return *this;
}

Statement& Statement::bind(int at, std::int64_t number) {
    if (!failed())
        code_ = sqlite3_bind_int64(statement_.get(), at, number);
    return *this;
}

Statement& Statement::bind_null(int at) {
    if (!failed())
        code_ = sqlite3_bind_null(statement_.get(), at);
    return *this;
}

void Statement::reset() {
    if (!failed())
        code_ = sqlite3_reset(statement_.get());
}

bool Statement::step() {
    if (failed())
        return false;
    code_ = sqlite3_step(statement_.get());
    return code_ == SQLITE_ROW;
}

bool Statement::run() {
    while (step()) {
    }
    const bool done = code_ == SQLITE_DONE;
    if (done)
        sqlite3_reset(statement_.get());
    return done;
}

bool Statement::failed() const {
    return code_ != SQLITE_OK && code_ != SQLITE_ROW && code_ != SQLITE_DONE;
}

BytesView Statement::bytes(int column) const {
    const void* const data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

// ---- the database ----

void Database::Close::operator()(sqlite3* db) const {
    sqlite3_close_v2(db);
}

std::optional<DbFault> Database::open(const std::string& path, Mode mode) {
    sqlite3* opened = nullptr;
    std::string name = path;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (mode == Mode::Write) {
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    } else {
        // Without lock, log or journal: nobody else may write it, since we hold the directory.
        std::string quoted;
        for (const char c : path) {
            constexpr char digits[] = "0123456789abcdef";
            const bool plain = c > ' ' && c < '\x7f' && c != '%' && c != '?' && c != '#';
            quoted += plain ? std::string(1, c)
                            : std::string{'%', digits[octet(c) >> 4U], digits[octet(c) & 15U]};
        }
        name = "file:" + quoted + "?immutable=1";
        flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    }
    const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
    db_.reset(opened);
    if (code != SQLITE_OK)
        return fault();
    return std::nullopt;
}

bool Database::run(const char* sql) {
    return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

DbFault Database::fault() const {
    if (db_ == nullptr)
        return {DbFault::Kind::Disk, "no memory for it"};
    DbFault fault{kind_of(sqlite3_extended_errcode(db_.get())), sqlite3_errmsg(db_.get())};
    if (const int error = sqlite3_system_errno(db_.get());
        error != 0 && fault.kind == DbFault::Kind::Disk)
        fault.text += " (" + std::generic_category().message(error) + ")";
    return fault;
}

std::optional<DbFault> read_version(const Database& db, std::int64_t known, std::int64_t& version) {
    Statement statement(db.get(), "PRAGMA user_version");
    if (!statement.step())
        return db.fault();
    version = statement.number(0);
    if (version > known) {
        return DbFault{DbFault::Kind::Newer, "its schema is version " + std::to_string(version) +
                                                 ", and this musterd knows " +
                                                 std::to_string(known)};
    }
    return std::nullopt;
}

std::string set_aside(const std::string& path) {
    std::string kept = path + ".damaged-" + std::to_string(std::time(nullptr));
    for (const char* const suffix : {"", "-wal", "-journal"})
        (void)std::rename((path + suffix).c_str(), (kept + suffix).c_str());
    return kept;
}

}  // namespace muster::store
