// A journal of an earlier version becomes one of now, and loses nothing by it.
#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "agent/journal/journal_schema.h"
#include "tests/unit/journal/outbox_steps.h"
#include "tests/unit/store/directory.h"
#include "tests/unit/store/full_disk.h"

namespace muster::journal {

namespace {

// As the first version wrote it, byte by byte.
constexpr char version_1[] =
    "CREATE TABLE changes ("
    " seq INTEGER PRIMARY KEY, wall INTEGER NOT NULL, clock INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, subject BLOB NOT NULL, before INTEGER NOT NULL,"
    " after INTEGER NOT NULL, incarnation INTEGER NOT NULL, ip BLOB NOT NULL,"
    " port INTEGER NOT NULL, versions BLOB NOT NULL, tags BLOB NOT NULL, tags_before BLOB,"
    " cause BLOB NOT NULL, said_by BLOB NOT NULL, others BLOB NOT NULL, health INTEGER NOT NULL,"
    " number INTEGER NOT NULL, number_before INTEGER NOT NULL, payload BLOB NOT NULL);"
    "CREATE INDEX changes_subject ON changes (subject, seq);"
    "CREATE TABLE members ("
    " name BLOB PRIMARY KEY, standing INTEGER NOT NULL, ip BLOB NOT NULL, port INTEGER NOT NULL,"
    " tags BLOB NOT NULL, versions BLOB NOT NULL, incarnation INTEGER NOT NULL,"
    " since INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, view BLOB NOT NULL);"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL);"
    "INSERT INTO journal (id, next) VALUES (1, 1);"
    "PRAGMA user_version = 1;";
constexpr char its_rows[] =
    "INSERT INTO changes VALUES (1, 10, 17, 2, x'6e31', 0, 1, 3, x'0a000001', 7946,"
    " x'010502020505', x'', NULL, x'6a6f696e', x'', x'', 0, 0, 0, x'');"
    "INSERT INTO changes VALUES (2, 20, 27, 10, x'6465706c6f79', 0, 0, 0, x'', 0,"
    " x'000000000000', x'', NULL, x'', x'', x'', 0, 9, 0, x'76312e32');"
    "INSERT INTO members VALUES (x'6e31', 1, x'0a000001', 7946, x'', x'010502020505', 3, 10);"
    "UPDATE journal SET next = 3;";

struct Raw {
    explicit Raw(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK); }
    ~Raw() { sqlite3_close(db); }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;
    void run(const std::string& sql) const {
        INFO(sql);
        REQUIRE(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    std::vector<std::string> column(const char* sql) const {
        store::Statement row(db, sql);
        std::vector<std::string> all;
        while (row.step())
            all.emplace_back(row.bytes(0));
        REQUIRE_FALSE(row.failed());
        return all;
    }
    sqlite3* db = nullptr;
};

void make_version_1(const std::string& path) {
    const Raw raw(path);
    raw.run("PRAGMA journal_mode = WAL");
    raw.run(version_1);
    const std::string nobody = history::encode({});
    store::Statement row(raw.db, "INSERT INTO checkpoints VALUES (0, ?1)");
    REQUIRE(row.bind(1, nobody).run());
    raw.run(its_rows);
}

constexpr char whole_schema[] = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql";

}  // namespace

TEST_CASE("a journal of version 1 keeps its history, and gets an outbox") {
    const store::Directory directory;
    const std::string path = directory.file("journal.db");
    make_version_1(path);
    std::string id;
    {
        const auto db = open(path);
        id = db->id();
        CHECK(id.size() == 32);
        CHECK(waiting(*db).empty());
        CHECK(dead(*db).empty());
        CHECK(there(db->overflows()).empty());
        const Page page = there(db->read({}));
        REQUIRE(page.changes.size() == 2);
        CHECK(page.changes[0].subject == "n1");
        CHECK(page.changes[0].endpoint == *Endpoint::parse("10.0.0.1:7946", 0));
        CHECK(page.changes[1].payload == "v1.2");
        CHECK(there(db->view_at({.seq = 2})).members.size() == 1);
        // A member that is known is no news; what is becomes a delivery, with the next number.
        history::Change known = join("n1");
        known.endpoint = page.changes[0].endpoint;
        known.versions = page.changes[0].versions;
        known.incarnation = 3;
        const Put put = append(*db, batch(routes({all_to("a")}), {known, join("n2")}));
        CHECK(words(put.deliveries) == Words{"a:3:0"});
    }
    const auto db = open(path);
    CHECK(db->id() == id);
    CHECK(waiting(*db) == Words{"a:3:0"});
}

TEST_CASE("the schema is the same, whichever version a journal began with") {
    const store::Directory directory;
    make_version_1(directory.file("old.db"));
    open(directory.file("old.db"));
    open(directory.file("new.db"));
    const Raw old_one(directory.file("old.db"));
    const Raw new_one(directory.file("new.db"));
    CHECK(old_one.column(whole_schema) == new_one.column(whole_schema));
    CHECK(old_one.column("PRAGMA user_version") == Words{std::to_string(journal_version)});
    CHECK(new_one.column("PRAGMA user_version") == Words{std::to_string(journal_version)});
    // What is held comes from the changes, column by column.
    CHECK(new_one.column("SELECT name FROM pragma_table_info('held')") ==
          new_one.column("SELECT name FROM pragma_table_info('changes')"));
}

TEST_CASE("a journal that cannot be made one of now stays what it was") {
    const store::Directory directory;
    const std::string path = directory.file("journal.db");
    make_version_1(path);
    {
        const store::FullDisk full;
        const Result<JournalDb::Opened> opened = JournalDb::open(path, {});
        REQUIRE(opened);
        CHECK(opened->failure);
        CHECK(opened->notes.empty());
    }
    CHECK(Raw(path).column("PRAGMA user_version") == Words{"1"});
    CHECK(Raw(path).column("SELECT name FROM sqlite_master WHERE name = 'held'").empty());
    CHECK(there(open(path)->extent()).newest == 2);
}

}  // namespace muster::journal
