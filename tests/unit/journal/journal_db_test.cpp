#include "agent/journal/journal_db.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <limits>

#include "agent/cluster/tags.h"
#include "tests/unit/store/directory.h"

namespace muster::journal {

namespace {

using history::Change;
using history::Kind;
using history::Standing;

Change of_member(Kind kind, Standing to, const Bytes& name, std::int64_t wall_ns) {
    Change change;
    change.kind = kind;
    change.subject = name;
    change.to = to;
    change.wall_ns = wall_ns;
    change.clock_ns = wall_ns + 7;
    change.incarnation = 3;
    change.endpoint = *Endpoint::parse("10.0.0.1:7946", 0);
    change.tags = *cluster::encode_tags({{"role", "web"}});
    change.cause = "accused";
    change.by = "n2";
    change.others = {"n3", Bytes("\xff\0z", 3)};
    change.health = 1;
    return change;
}

Change join(const Bytes& name, std::int64_t wall_ns) {
    return of_member(Kind::MemberJoin, Standing::Alive, name, wall_ns);
}

Change fail(const Bytes& name, std::int64_t wall_ns) {
    return of_member(Kind::MemberFailed, Standing::Failed, name, wall_ns);
}

std::unique_ptr<JournalDb> open(const std::string& path, const history::Retention& keep = {}) {
    Result<JournalDb::Opened> opened = JournalDb::open(path, keep);
    REQUIRE(opened.has_value());
    REQUIRE_FALSE(opened->failure);
    return std::move(opened->db);
}

void append(JournalDb& db, std::vector<Change> changes) {
    const Result<Put> put = db.append({std::move(changes)});
    INFO((put ? "" : put.error().text));
    REQUIRE(put);
    CHECK(put->deliveries.empty());
}

Page page(JournalDb& db, const Question& question) {
    Result<Page> answer = db.read(question);
    REQUIRE(answer.has_value());
    return *std::move(answer);
}

}  // namespace

TEST_CASE("the newest of a member are read without those before them, in their order") {
    const store::Directory directory;
    const auto db = open(directory.file("journal.db"));
    append(*db, {join("n1", 10), join("n2", 11), fail("n1", 20), join("n1", 30), fail("n2", 31),
                 fail("n1", 40)});
    Question question;
    question.member = "n1";
    question.limit = 2;
    question.newest = true;
    const Page last = page(*db, question);
    REQUIRE(last.changes.size() == 2);
    CHECK(last.changes[0].seq == 4);
    CHECK(last.changes[1].seq == 6);
    CHECK_FALSE(last.more);
    CHECK(last.next == 7);
}

TEST_CASE("what was written is read again, all of it, after another start") {
    const store::Directory directory;
    const std::string path = directory.file("journal.db");
    append(*open(path), {join("n1", 10), fail("n1", 20)});
    const auto db = open(path);
    const Page all = page(*db, {});
    REQUIRE(all.changes.size() == 2);
    CHECK(all.oldest == 1);
    CHECK(all.newest == 2);
    CHECK(all.next == 3);
    CHECK_FALSE(all.more);
    const Change& change = all.changes[1];
    const Change said = fail("n1", 20);
    CHECK(change.seq == 2);
    CHECK(change.kind == Kind::MemberFailed);
    CHECK(change.from == Standing::Alive);
    CHECK(change.to == Standing::Failed);
    CHECK(change.clock_ns == 27);
    CHECK(change.endpoint == said.endpoint);
    CHECK(change.tags == said.tags);
    CHECK_FALSE(change.tags_before);
    CHECK(change.others == said.others);
    CHECK(change.by == said.by);
    CHECK(change.health == 1);
    append(*db, {join("n1", 30)});
    CHECK(page(*db, {}).changes.back().seq == 3);
}

TEST_CASE("a member that is as it was before a restart is no news, and its absence is") {
    const auto db = open("");
    append(*db, {join("n1", 10), join("n2", 11)});
    append(*db, {join("n1", 20)});
    CHECK(page(*db, {}).newest == 2);
    history::View view;
    history::apply(join("n1", 20), view);
    CHECK(db->append({{}, Batch::Whole{view, Bytes(history::cause_restart), 30, 40}}));
    const Page all = page(*db, {});
    REQUIRE(all.changes.size() == 3);
    CHECK(all.changes[2].kind == Kind::MemberReap);
    CHECK(all.changes[2].subject == "n2");
    CHECK(all.changes[2].cause == "restart");
    CHECK(all.changes[2].wall_ns == 30);
}

TEST_CASE("the history is asked by member, by number, by time, and in pages") {
    const auto db = open("");
    std::vector<Change> changes;
    changes.reserve(40);
    for (std::int64_t i = 0; i < 20; ++i) {
        changes.push_back(join(i % 2 == 0 ? "even" : "odd", 100 * i));
        changes.push_back(fail(i % 2 == 0 ? "even" : "odd", 100 * i + 50));
    }
    append(*db, changes);
    CHECK(page(*db, {.from = 0, .since_ns = {}, .member = "odd"}).changes.size() == 20);
    CHECK(page(*db, {.from = 31, .since_ns = {}, .member = {}}).changes.size() == 10);
    const Page late = page(*db, {.from = 0, .since_ns = 1850, .member = {}});
    REQUIRE(late.changes.size() == 3);
    CHECK(late.changes[0].wall_ns == 1850);
    const Page first = page(*db, {.from = 0, .since_ns = {}, .member = "odd", .limit = 15});
    CHECK(first.more);
    const Page second = page(*db, {.from = first.next, .since_ns = {}, .member = "odd"});
    CHECK(first.changes.size() + second.changes.size() == 20);
    CHECK_FALSE(second.more);
}

TEST_CASE("every view of the past is what the changes up to it lead to, across checkpoints") {
    const auto db = open("");
    history::View view;
    std::vector<history::View> views{view};
    std::uint64_t chance = 7;
    for (std::int64_t i = 0; i < 2500; ++i) {
        chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
        const Bytes name = "n" + std::to_string(chance >> 60U);
        const bool fails = view.contains(name) && view[name].standing == Standing::Alive;
        const Change change = fails ? fail(name, i) : join(name, i);
        history::apply(change, view);
        views.push_back(view);
        append(*db, {change});
    }
    for (std::uint64_t seq = 0; seq <= 2500; seq += 77) {
        const Result<PastView> past = db->view_at({.seq = seq});
        REQUIRE(past.has_value());
        CHECK(past->members == views[seq]);
    }
    CHECK(db->view_at({.seq = {}, .wall_ns = 1233})->seq == 1234);
    CHECK(db->view_at({.seq = 2501}).error().text ==
          "there is no change 2501 yet: the newest one is 2500");
}

TEST_CASE("what is too old or too much goes, and what stays can be asked") {
    const auto db = open("", {.keep = std::chrono::nanoseconds(2000), .max_size = 64ULL << 20U});
    for (std::int64_t i = 0; i < 3000; ++i)
        append(*db, {join("n1", 2 * i), fail("n1", 2 * i + 1)});
    const Page kept = page(*db, {});
    CHECK(kept.oldest > 3000);
    CHECK(kept.newest == 6000);
    CHECK(db->view_at({.seq = kept.oldest - 1})->members.size() == 1);
    CHECK(db->view_at({.seq = 5}).error().text ==
          "change 5 is before what is kept: the oldest view is that after change " +
              std::to_string(kept.oldest - 1));
    const auto small = open("", {.keep = std::chrono::hours(1), .max_size = 256ULL << 10U});
    for (std::int64_t i = 0; i < 3000; ++i)
        append(*small, {join("n1", 2 * i), fail("n1", 2 * i + 1)});
    CHECK(small->extent()->size < 512ULL << 10U);
    CHECK(small->extent()->newest == 6000);
}

TEST_CASE("a damaged journal is set aside, a newer one refused, and one that cannot be made told") {
    const store::Directory directory;
    const std::string path = directory.file("journal.db");
    std::ofstream(path) << "this is no database, and long enough to be looked at as one";
    Result<JournalDb::Opened> opened = JournalDb::open(path, {});
    REQUIRE(opened.has_value());
    REQUIRE(opened->notes.size() == 1);
    CHECK_THAT(opened->notes[0], Catch::Contains("set aside"));
    CHECK(directory.count("journal.db.damaged-") == 1);
    opened->db.reset();
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
    CHECK(sqlite3_exec(raw, "PRAGMA user_version = 99", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(raw);
    CHECK_THAT(JournalDb::open(path, {}).error().text, Catch::Contains("version 99"));
    const Result<JournalDb::Opened> nowhere =
        JournalDb::open(directory.file("none/journal.db"), {});
    REQUIRE(nowhere.has_value());
    CHECK(nowhere->failure.has_value());
    CHECK_FALSE(nowhere->db->append({{join("n1", 1)}}));
    std::filesystem::create_directory(directory.file("none"));
    CHECK(nowhere->db->append({{join("n1", 1)}}));
    CHECK(nowhere->db->extent()->newest == 1);
}

TEST_CASE("who asks for what is not there yet gets nothing, and goes on from where it asked") {
    const auto db = open("");
    append(*db, {join("n1", 10), join("n2", 20)});
    for (const std::uint64_t from :
         {std::uint64_t{3}, std::uint64_t{7}, std::numeric_limits<std::uint64_t>::max()}) {
        Question question;
        question.from = from;
        const Page none = page(*db, question);
        CHECK(none.changes.empty());
        CHECK(none.newest == 2);
        CHECK(none.next == from);
        CHECK_FALSE(none.more);
    }
}

TEST_CASE("any moment may be asked for") {
    const auto db = open("");
    append(*db, {join("n1", 10), join("n2", 20)});
    const auto [since, found] = GENERATE(table<std::int64_t, std::size_t>({
        {std::numeric_limits<std::int64_t>::min(), 2},
        {-1, 2},
        {10, 2},
        {11, 1},
        {20, 1},
        {21, 0},
        {std::numeric_limits<std::int64_t>::max(), 0},
    }));
    Question question;
    question.since_ns = since;
    CHECK(page(*db, question).changes.size() == found);
    CHECK(page(*db, question).next == 3);
}

}  // namespace muster::journal
