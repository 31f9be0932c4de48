// state.db on a real disk: what is written is read again, and every way in which a file can be
// wrong.
#include "agent/store/state_db.h"

#include <sqlite3.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "tests/unit/store/directory.h"
#include "tests/unit/store/full_disk.h"

namespace muster::store {
namespace {

using namespace std::chrono_literals;
using cluster::Remembered;
using cluster::Status;

constexpr std::int64_t offset = 1'700'000'000'000'000'000;

Endpoint endpoint(unsigned i) {
    const char ip[4] = {10, 0, 0, static_cast<char>(i)};
    return *Endpoint::from_bytes({ip, 4}, 7946);
}

Remembered member(const Bytes& name, Status status, unsigned i) {
    return {name,   endpoint(i), "\xff\x80",     {1, 5, 2, 2, 5, 5},
            status, 17,          4'000'000'000U, TimePoint(1234567ns)};
}

MemoryChange everything() {
    MemoryChange change;
    change.whole = true;
    change.wall_offset = offset;
    change.now.name = "n1";
    change.now.advertise = endpoint(1).mapped();
    change.now.incarnation = 4'294'967'295U;
    change.now.clocks = {1, std::uint64_t{1} << 63U, ~std::uint64_t{0} - 1};
    change.now.coordinate = cluster::Coordinate{{1, 2, 3, 4, 5, 6, 7, 8}, 0.5, -0.25, 0.125};
    change.now.live_tags = {{"role", "web"}, {"", "\0\xff"}, {"empty", ""}};
    change.now.members = {member("alive", Status::Alive, 2), member("left", Status::Left, 3),
                          member("failed \x1b\xff", Status::Failed, 4),
                          member("leaving", Status::Leaving, 5)};
    return change;
}

StateDb::Opened open(const Directory& directory) {
    Result<StateDb::Opened> opened = StateDb::open(directory.file("state.db"), offset);
    INFO((opened ? "" : opened.error().text));
    REQUIRE(opened);
    return *std::move(opened);
}

void save(StateDb& db, const MemoryChange& change) {
    const std::optional<Error> error = db.save(change);
    INFO((error ? error->text : ""));
    REQUIRE_FALSE(error);
}

void check_same(Memory read, Memory written) {
    const auto by_name = [](const Remembered& a, const Remembered& b) { return a.name < b.name; };
    std::sort(read.members.begin(), read.members.end(), by_name);
    std::sort(written.members.begin(), written.members.end(), by_name);
    CHECK(read.name == written.name);
    CHECK(read.advertise == written.advertise);
    CHECK(read.incarnation == written.incarnation);
    CHECK(read.left == written.left);
    CHECK(read.clocks == written.clocks);
    CHECK(read.coordinate == written.coordinate);
    CHECK(read.live_tags == written.live_tags);
    CHECK(read.members == written.members);
}

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    char* error = nullptr;
    sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error);
    CHECK_THAT(std::string(error != nullptr ? error : ""), Catch::Equals(""));
    sqlite3_close(db);
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("a new file remembers nothing") {
    const Directory directory;
    const StateDb::Opened opened = open(directory);
    CHECK(opened.memory.empty());
    CHECK(opened.notes.empty());
    CHECK_FALSE(opened.failure);
}

TEST_CASE("what was saved is remembered, byte for byte, by a process that was not ended in order") {
    const Directory directory;
    const MemoryChange change = everything();
    save(*open(directory).db, change);
    check_same(open(directory).memory, change.now);
}

TEST_CASE("the wall clock's time is what is stored: another boot reads it by its own clock") {
    const Directory directory;
    save(*open(directory).db, everything());
    const Result<StateDb::Opened> later =
        StateDb::open(directory.file("state.db"), offset + 1'000'000'000);
    REQUIRE(later);
    REQUIRE(later->memory.members.size() == 4);
    CHECK(later->memory.members[0].since == TimePoint(1234567ns - 1s));
}

TEST_CASE("a change touches what it names and keeps the rest; a whole one forgets the rest") {
    const Directory directory;
    MemoryChange change = everything();
    StateDb::Opened opened = open(directory);
    save(*opened.db, change);
    change.whole = GENERATE(false, true);
    change.now.left = true;
    change.now.live_tags = {{"role", "db"}};
    change.now.members = {member("alive", Status::Failed, 9), member("new", Status::Alive, 10)};
    change.forgotten = {"left", "never heard of"};
    save(*opened.db, change);
    opened.db.reset();
    const Memory memory = open(directory).memory;
    CHECK(memory.left);
    CHECK(memory.live_tags == change.now.live_tags);
    std::set<Bytes> names;
    for (const Remembered& one : memory.members) {
        names.insert(one.name);
        if (one.name == "alive") {
            CHECK(one == change.now.members[0]);
        }
    }
    const std::set<Bytes> kept =
        change.whole ? std::set<Bytes>{"alive", "new"}
                     : std::set<Bytes>{"alive", "new", "failed \x1b\xff", "leaving"};
    CHECK(names == kept);
}

TEST_CASE("whether it is drained is kept, and until when") {
    const auto until = GENERATE(as<std::optional<TimePoint>>(), std::nullopt, never,
                                TimePoint(1234567ns), TimePoint(-5s));
    const Directory directory;
    MemoryChange change = everything();
    change.now.drained_until = until;
    save(*open(directory).db, change);
    CHECK(open(directory).memory.drained_until == until);
}

TEST_CASE("a file of the first schema is taken over: nobody was drained then") {
    const Directory directory;
    const std::string path = directory.file("state.db");
    save(*open(directory).db, everything());
    run_sql(path, "ALTER TABLE self DROP COLUMN drained_until; PRAGMA user_version = 1;");
    StateDb::Opened opened = open(directory);
    CHECK(opened.notes.empty());
    CHECK(opened.memory.name == "n1");
    CHECK(opened.memory.members.size() == 4);
    CHECK_FALSE(opened.memory.drained_until);
    MemoryChange change = everything();
    change.now.drained_until = never;
    save(*opened.db, change);
    opened.db.reset();
    CHECK(open(directory).memory.drained_until == never);
}

TEST_CASE("a file of a newer musterd is refused with nothing changed") {
    const Directory directory;
    const std::string path = directory.file("state.db");
    run_sql(path, "CREATE TABLE t (x); PRAGMA user_version = 3;");
    const std::string before = contents(path);
    const Result<StateDb::Opened> opened = StateDb::open(path, offset);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().text ==
          "cannot use " + path +
              ": its schema is version 3, and this musterd knows 2 (run the musterd that wrote it, "
              "or give this one another --data-dir)");
    CHECK(contents(path) == before);
    CHECK(directory.count("state.db") == 1);
}

TEST_CASE("a damaged file is set aside, said, and a new one begun") {
    const Directory directory;
    const std::string path = directory.file("state.db");
    MemoryChange change = everything();
    for (int i = 0; i < 500; ++i) {
        change.now.members.push_back(member("m" + std::to_string(i), Status::Alive, 6));
    }
    save(*open(directory).db, change);
    const std::string how = GENERATE("no database at all", "an empty header", "a page of noise",
                                     "cut short", "a table that is missing");
    CAPTURE(how);
    std::string bytes = contents(path);
    REQUIRE(bytes.size() > 20000);
    if (how == "no database at all") {
        bytes = "This is no database, it is a text that somebody has put here by mistake.";
    } else if (how == "an empty header") {
        bytes.replace(0, 100, 100, '\0');
    } else if (how == "a page of noise") {
        bytes.replace(8192, 4096, 4096, '\xa5');
    } else if (how == "cut short") {
        bytes.resize(bytes.size() / 2 + 100);
    }
    if (how == "a table that is missing") {
        run_sql(path, "PRAGMA journal_mode = DELETE; DROP TABLE live_tags;");
    } else {
        std::ofstream(path, std::ios::binary) << bytes;
    }

    StateDb::Opened opened = open(directory);
    CHECK(opened.memory.empty());
    CHECK_FALSE(opened.failure);
    REQUIRE(opened.notes.size() == 1);
    CHECK(opened.notes[0].find(path + " is damaged (") == 0);
    CHECK(opened.notes[0].find("set aside as " + path + ".damaged-") != std::string::npos);
    CHECK(directory.count("state.db.damaged-") >= 1);
    // And it works: no loop.
    save(*opened.db, everything());
    opened.db.reset();
    const StateDb::Opened again = open(directory);
    CHECK(again.notes.empty());
    check_same(again.memory, everything().now);
}

TEST_CASE("rows that make no sense are passed over, the others kept") {
    const Directory directory;
    const std::string path = directory.file("state.db");
    save(*open(directory).db, everything());
    const std::string wrong =
        GENERATE("port = 70000", "port = -1", "ip = x'0a00'", "status = 'well'", "name = x''",
                 "incarnation = 4294967296", "incarnation = -1", "meta = zeroblob(513)",
                 "name = zeroblob(70000)");
    CAPTURE(wrong);
    run_sql(path, "UPDATE members SET " + wrong + " WHERE name = CAST('alive' AS BLOB);");
    const StateDb::Opened opened = open(directory);
    CHECK(opened.notes.empty());
    CHECK(opened.memory.name == "n1");
    CHECK(opened.memory.members.size() == 3);
}

TEST_CASE("times at the ends of what a number holds are no trap") {
    const Directory directory;
    save(*open(directory).db, everything());
    run_sql(directory.file("state.db"),
            "UPDATE members SET since = -9223372036854775807 - 1; "
            "UPDATE members SET since = 9223372036854775807 WHERE status = CAST('left' AS BLOB);");
    const Result<StateDb::Opened> opened = StateDb::open(directory.file("state.db"), -offset);
    REQUIRE(opened);
    CHECK(opened->memory.members.size() == 4);
}

TEST_CASE("a disk that is full costs the write and nothing before it, and is tried again") {
    const Directory directory;
    StateDb::Opened opened = open(directory);
    save(*opened.db, everything());
    MemoryChange change = everything();
    for (int i = 0; i < 2000; ++i) {
        change.now.members.push_back(member("m" + std::to_string(i), Status::Alive, 6));
    }
    {
        const FullDisk full(50'000);
        const std::optional<Error> error = opened.db->save(change);
        REQUIRE(error);
        CHECK(error->text.find("cannot write " + directory.file("state.db") + ": ") == 0);
        CHECK(directory.count("state.db.damaged-") == 0);
        CHECK(opened.db->save(change));
    }
    save(*opened.db, change);
    opened.db.reset();
    check_same(open(directory).memory, change.now);
}

TEST_CASE("a file that cannot be made is no reason not to start") {
    const Directory directory;
    StateDb::Opened opened = [&] {
        const FullDisk full(0);
        return open(directory);
    }();
    REQUIRE(opened.failure);
    CHECK(opened.failure->text.find("cannot write " + directory.file("state.db") + ": ") == 0);
    CHECK(opened.memory.empty());
    CHECK(opened.notes.empty());
    save(*opened.db, everything());
    opened.db.reset();
    check_same(open(directory).memory, everything().now);
}

TEST_CASE("what a disk that may not be written any more holds is still read") {
    if (geteuid() == 0) {
        WARN("root writes everywhere: tests/e2e has this on a file system that is read-only");
        SUCCEED();
        return;
    }
    const Directory directory;
    save(*open(directory).db, everything());
    std::filesystem::permissions(directory.file("state.db"), std::filesystem::perms::owner_read);
    std::filesystem::permissions(
        directory.path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    const StateDb::Opened opened = open(directory);
    CHECK(opened.failure);
    check_same(opened.memory, everything().now);
}

}  // namespace
}  // namespace muster::store
