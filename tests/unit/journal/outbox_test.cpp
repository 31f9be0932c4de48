// The outbox: what hooks are still to be run for, through whatever happens to the journal.
#include "agent/journal/outbox.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/journal/outbox_steps.h"
#include "tests/unit/store/directory.h"
#include "tests/unit/store/full_disk.h"

namespace muster::journal {

using What = Outcome::What;
using Catch::Matchers::StartsWith;
using history::Change;
using history::Kind;

namespace {

// A journal on a disk, or in memory: it makes no difference.
struct Journal {
    explicit Journal(bool on_disk, const history::Retention& a_keep = {})
        : path(on_disk ? directory.file("journal.db") : ""), keep(a_keep), db(open(path, keep)) {}
    // Of one on a disk: closed and opened again.
    void restart() {
        if (path.empty())
            return;
        db.reset();
        db = open(path, keep);
    }

    const store::Directory directory;
    const std::string path;
    const history::Retention keep;
    std::unique_ptr<JournalDb> db;
};

std::vector<std::uint64_t> numbers(const std::vector<Change>& changes) {
    std::vector<std::uint64_t> all;
    all.reserve(changes.size());
    for (const Change& change : changes)
        all.push_back(change.seq);
    return all;
}

// A thousand changes more: what was there before is too old.
void pass_time(JournalDb& db) {
    for (std::int64_t at = 1000; at < 2000; at += 50)
        append(db, batch(nullptr, std::vector<Change>(50, event("new", at))));
}

}  // namespace

TEST_CASE("each change that is written becomes a delivery of every hook that wants it") {
    Journal journal(GENERATE(false, true));
    const auto to = routes({all_to("every"), joins_to("joins")});
    const Put first = append(*journal.db, batch(to, {join("n1", 10), event("deploy", 20)}));
    CHECK(words(first.deliveries) == Words{"every:1:0", "joins:1:0", "every:2:0"});
    CHECK(first.overflows.empty());
    CHECK(first.deliveries[1].kind == Kind::MemberJoin);
    CHECK(first.deliveries[1].subject == "n1");
    CHECK(first.deliveries[1].event_ns == 10);
    CHECK(first.deliveries[1].next_ns == 0);
    // What is no news is no delivery either; what the whole view differs in is.
    CHECK(append(*journal.db, batch(to, {join("n1", 30)})).deliveries.empty());
    Batch whole = batch(to, {});
    whole.whole = Batch::Whole{{{"n2", {}}}, "restart", 40, 40};
    CHECK(words(append(*journal.db, whole).deliveries) ==
          Words{"every:3:0", "every:4:0", "joins:4:0"});
    // Without hooks none.
    CHECK(append(*journal.db, batch(nullptr, {event("deploy")})).deliveries.empty());
    CHECK(append(*journal.db, batch(routes({}), {event("deploy")})).deliveries.empty());
    journal.restart();
    const auto all = there(journal.db->waiting());
    CHECK(words(all) ==
          Words{"every:1:0", "joins:1:0", "every:2:0", "every:3:0", "every:4:0", "joins:4:0"});
    CHECK(all[2].kind == Kind::UserEvent);
    CHECK(all[2].subject == "deploy");
    CHECK(all[2].event_ns == 20);
    const auto changes = there(journal.db->changes({6, 2, 2, 99, 1}));
    CHECK(numbers(changes) == std::vector<std::uint64_t>{1, 2, 6});
    CHECK(changes[1].payload == "of deploy");
}

TEST_CASE("what is done goes, what failed waits for its next try, and told twice is told once") {
    Journal journal(GENERATE(false, true));
    const auto to = routes({all_to("a"), all_to("b")});
    append(*journal.db, batch(to, {event("x"), event("y")}));
    Outcome again = outcome("a", 2, What::Again);
    again.attempts = 3;
    again.next_ns = 77;
    for (int twice = 0; twice < 2; ++twice) {
        const Put put = append(*journal.db, concluding({outcome("a", 1, What::Done), again}));
        CHECK(put.deliveries.empty());
        CHECK(waiting(*journal.db) == Words{"b:1:0", "a:2:3", "b:2:0"});
        journal.restart();
    }
    CHECK(there(journal.db->waiting())[1].next_ns == 77);
    // Of what is not there.
    append(*journal.db, concluding({outcome("nobody", 1, What::Done), outcome("a", 9, What::Dead),
                                    outcome("a", 1, What::Again), outcome("b", 1, What::Revived),
                                    outcome("b", 9, What::Dropped)}));
    CHECK(waiting(*journal.db) == Words{"b:1:0", "a:2:3", "b:2:0"});
    CHECK(dead(*journal.db).empty());
}

TEST_CASE("a dead letter keeps why, and is revived or dropped") {
    Journal journal(GENERATE(false, true));
    append(*journal.db, batch(routes({all_to("a"), all_to("b")}), {event("x", 5), event("y", 6)}));
    Outcome dies = outcome("a", 1, What::Dead, 1000);
    dies.attempts = 6;
    dies.status = 3;
    dies.why = "exit status 3";
    dies.output = Bytes("no\0such\xff", 8);
    for (int twice = 0; twice < 2; ++twice)
        append(*journal.db, concluding({dies, outcome("b", 2, What::Dead, 900)}));
    journal.restart();
    CHECK(waiting(*journal.db) == Words{"b:1:0", "a:2:0"});
    CHECK(dead(*journal.db) == Words{"a:1:6", "b:2:0"});
    const auto letters = there(journal.db->dead("a"));
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].status == 3);
    CHECK(letters[0].why == "exit status 3");
    CHECK(letters[0].output == dies.output);
    CHECK(letters[0].at_ns == 1000);
    CHECK(letters[0].delivery.subject == "x");
    CHECK(letters[0].delivery.event_ns == 5);
    CHECK(there(journal.db->dead("c")).empty());

    const Put put = append(*journal.db, concluding({outcome("a", 1, What::Revived)}));
    REQUIRE(words(put.deliveries) == Words{"a:1:0"});
    CHECK(put.deliveries[0].subject == "x");
    CHECK(put.deliveries[0].event_ns == 5);
    CHECK(append(*journal.db, concluding({outcome("a", 1, What::Revived)})).deliveries.empty());
    append(*journal.db,
           concluding({outcome("b", 2, What::Dropped), outcome("b", 1, What::Dropped)}));
    journal.restart();
    CHECK(waiting(*journal.db) == Words{"a:1:0", "a:2:0"});
    CHECK(dead(*journal.db).empty());
}

TEST_CASE("of one hook's dead letters the oldest go") {
    Journal journal(GENERATE(false, true));
    constexpr std::size_t too_many = most_dead_letters + 5;
    std::vector<Change> changes(too_many, event("x"));
    append(*journal.db, batch(routes({all_to("a"), all_to("b")}), std::move(changes)));
    std::vector<Outcome> outcomes{outcome("b", 1, What::Dead, 1)};
    // The last of them is the oldest by the time when it was set aside.
    for (std::uint64_t seq = 1; seq <= too_many; ++seq)
        outcomes.push_back(outcome("a", seq, What::Dead, seq == too_many ? 1 : 1000));
    append(*journal.db, concluding(std::move(outcomes)));
    journal.restart();
    const auto letters = there(journal.db->dead("a"));
    REQUIRE(letters.size() == most_dead_letters);
    CHECK(letters.front().delivery.seq == 5);
    CHECK(letters.back().delivery.seq == too_many - 1);
    CHECK(there(journal.db->dead("b")).size() == 1);
    CHECK(waiting(*journal.db).size() == too_many - 1);
}

TEST_CASE("a full queue is counted, and told by one gap to that hook alone") {
    Journal journal(GENERATE(false, true));
    const auto to = routes({all_to("small", 3), all_to("big")});
    const Put put = append(*journal.db, batch(to, std::vector<Change>(5, event("x"))));
    CHECK(put.deliveries.size() == 8);
    CHECK(words(put.overflows) == Words{"small:2"});
    journal.restart();
    CHECK(words(there(journal.db->overflows())) == Words{"small:2"});
    // The total, of each append that adds to it.
    CHECK(words(append(*journal.db, batch(to, {event("x")})).overflows) == Words{"small:3"});
    CHECK(append(*journal.db, batch(to, {})).overflows.empty());
    // Who makes room has it at once.
    Batch room = batch(to, {event("y")});
    room.outcomes = {outcome("small", 1, What::Done)};
    CHECK(words(append(*journal.db, room).deliveries) == Words{"small:7:0", "big:7:0"});

    // What is lost by the same append is told with it, though the queue is full.
    Batch tells = batch(to, {event("z")});
    tells.resync = {"small", "big"};
    tells.wall_ns = 70;
    tells.clock_ns = 80;
    const Put told = append(*journal.db, tells);
    CHECK(words(told.deliveries) == Words{"big:8:0", "small:9:0"});
    CHECK(told.overflows.empty());
    journal.restart();
    CHECK(there(journal.db->overflows()).empty());
    const Change gap = there(journal.db->changes({9})).at(0);
    CHECK(gap.kind == Kind::Gap);
    CHECK(gap.subject == "small");
    CHECK(gap.number == 4);
    CHECK(gap.wall_ns == 70);
    CHECK(gap.clock_ns == 80);
    CHECK(there(journal.db->read({})).newest == 9);
    // Once more, and once for nothing.
    CHECK(words(append(*journal.db, tells).deliveries) == Words{"big:10:0", "small:11:0"});
    CHECK(there(journal.db->changes({11})).at(0).number == 1);
    Batch idle;
    idle.resync = {"small", "nobody"};
    CHECK(append(*journal.db, idle).deliveries.empty());
    CHECK(there(journal.db->extent()).newest == 11);
}

TEST_CASE("the dead make room in the queue, and the revived are above it") {
    Journal journal(true);
    const auto to = routes({all_to("a", 2)});
    append(*journal.db, batch(to, {event("x"), event("x")}));
    Batch dies = batch(to, {event("x"), event("x")});
    dies.outcomes = {outcome("a", 1, What::Dead)};
    CHECK(words(append(*journal.db, dies).overflows) == Words{"a:1"});
    append(*journal.db, concluding({outcome("a", 1, What::Revived)}));
    CHECK(waiting(*journal.db) == Words{"a:1:0", "a:2:0", "a:3:0"});
    Batch done = batch(to, {event("x")});
    done.outcomes = {outcome("a", 2, What::Dropped)};
    CHECK(words(append(*journal.db, done).overflows) == Words{"a:2"});
    journal.restart();
    done.outcomes = {outcome("a", 3, What::Done)};
    CHECK(words(append(*journal.db, done).deliveries) == Words{"a:6:0"});
}

TEST_CASE("what a delivery is of outlives the history, until the last that needs it is gone") {
    Journal journal(GENERATE(false, true),
                    {.keep = std::chrono::nanoseconds(100), .max_size = 64ULL << 20U});
    append(*journal.db, batch(routes({all_to("a"), all_to("b")}),
                              {event("old", 1), event("dead", 2), event("done", 3)}));
    append(*journal.db, concluding({outcome("a", 2, What::Dead), outcome("b", 2, What::Done),
                                    outcome("a", 3, What::Done), outcome("b", 3, What::Done)}));
    pass_time(*journal.db);
    journal.restart();
    const Page kept = there(journal.db->read({}));
    CHECK(kept.oldest > 3);
    CHECK(kept.changes.front().seq == kept.oldest);
    CHECK(there(journal.db->extent()).oldest == kept.oldest);
    Question member;
    member.member = "old";
    CHECK(there(journal.db->read(member)).changes.empty());
    const std::vector<std::uint64_t> some{1, 2, 3, 4, 1000};
    const auto held = there(journal.db->changes(some));
    REQUIRE(numbers(held) == std::vector<std::uint64_t>{1, 2, 1000});
    CHECK(held[0].payload == "of old");
    CHECK(held[0].wall_ns == 1);

    append(*journal.db, concluding({outcome("a", 1, What::Done)}));
    CHECK(numbers(there(journal.db->changes(some))) == std::vector<std::uint64_t>{1, 2, 1000});
    append(*journal.db, concluding({outcome("b", 1, What::Dead)}));
    CHECK(numbers(there(journal.db->changes(some))) == std::vector<std::uint64_t>{1, 2, 1000});
    append(*journal.db, concluding({outcome("b", 1, What::Revived)}));
    append(*journal.db, concluding({outcome("b", 1, What::Done)}));
    CHECK(numbers(there(journal.db->changes(some))) == std::vector<std::uint64_t>{2, 1000});
    append(*journal.db, concluding({outcome("a", 2, What::Dropped)}));
    CHECK(numbers(there(journal.db->changes(some))) == std::vector<std::uint64_t>{1000});
}

TEST_CASE("what there is of hooks that are no more goes, with what was held for them") {
    Journal journal(GENERATE(false, true),
                    {.keep = std::chrono::nanoseconds(100), .max_size = 64ULL << 20U});
    const auto before =
        routes({all_to("stays"), all_to("waits"), all_to("died"), all_to("lost", 0)});
    append(*journal.db, batch(before, {event("old", 1), event("older", 2)}));
    append(*journal.db, concluding({outcome("died", 1, What::Dead), outcome("died", 2, What::Done),
                                    outcome("stays", 2, What::Done)}));
    pass_time(*journal.db);
    CHECK(there(journal.db->changes({1, 2})).size() == 2);
    Batch now = batch(routes({all_to("stays")}), {event("x", 2000)});
    append(*journal.db, now);
    CHECK(waiting(*journal.db) == Words{"stays:1:0", "waits:1:0", "waits:2:0", "stays:1003:0"});
    now.forgets_others = true;
    append(*journal.db, now);
    journal.restart();
    CHECK(waiting(*journal.db) == Words{"stays:1:0", "stays:1003:0", "stays:1004:0"});
    CHECK(dead(*journal.db).empty());
    CHECK(there(journal.db->overflows()).empty());
    CHECK(numbers(there(journal.db->changes({1, 2}))) == std::vector<std::uint64_t>{1});
}

TEST_CASE("a burst is put whole") {
    Journal journal(GENERATE(false, true));
    std::vector<Change> changes(10'000, event("x"));
    const auto to = routes({all_to("a"), all_to("b", 9'000), all_to("c")});
    const Put put = append(*journal.db, batch(to, std::move(changes)));
    CHECK(put.deliveries.size() == 29'000);
    CHECK(words(put.overflows) == Words{"b:1000"});
    CHECK(there(journal.db->waiting()).size() == 29'000);
}

TEST_CASE("a disk that is full leaves neither a change nor a delivery nor an outcome") {
    Journal journal(true);
    const auto to = routes({all_to("a", 2)});
    append(*journal.db, batch(to, {event("x"), event("y"), event("z")}));
    Batch next = batch(to, {event("more")});
    next.outcomes = {outcome("a", 1, What::Done), outcome("a", 2, What::Dead)};
    next.resync = {"a"};
    {
        const store::FullDisk full;
        const Result<Put> put = journal.db->append(next);
        REQUIRE_FALSE(put);
        CHECK_THAT(put.error().text, StartsWith("cannot write " + journal.path + ": "));
        CHECK(journal.db->id().empty());
        CHECK_FALSE(journal.db->waiting());
    }
    append(*journal.db, batch(nullptr, {}));
    CHECK(waiting(*journal.db) == Words{"a:1:0", "a:2:0"});
    CHECK(dead(*journal.db).empty());
    CHECK(words(there(journal.db->overflows())) == Words{"a:1"});
    CHECK(there(journal.db->extent()).newest == 3);
    CHECK(words(append(*journal.db, next).deliveries) == Words{"a:4:0", "a:5:0"});
    CHECK(dead(*journal.db) == Words{"a:2:0"});
    CHECK(there(journal.db->overflows()).empty());
}

TEST_CASE("a journal has an id of its own for as long as it is one") {
    Journal one(true);
    const Journal other(GENERATE(false, true));
    const std::string id = one.db->id();
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(id != other.db->id());
    append(*one.db, batch(nullptr, {event("x")}));
    one.restart();
    CHECK(one.db->id() == id);
}

TEST_CASE("a journal that is damaged on the way is followed by one whose numbers go on") {
    Journal journal(true);
    const auto to = routes({all_to("a")});
    append(*journal.db, batch(to, {join("n1"), event("x")}));
    const std::string id = journal.db->id();
    {
        const store::FullDisk full;
        REQUIRE_FALSE(journal.db->append(batch(to, {event("y")})));
    }
    std::filesystem::remove(journal.path + "-wal");
    std::ofstream(journal.path) << std::string(5000, 'x');
    const Result<Put> put = journal.db->append(batch(to, {event("y")}));
    REQUIRE_FALSE(put);
    CHECK_THAT(put.error().text, StartsWith(journal.path + " is damaged (file is not a database): "
                                                           "set aside as "));
    Batch next = batch(to, {event("y")});
    next.outcomes = {outcome("a", 1, What::Done), outcome("a", 2, What::Dead)};
    CHECK(words(append(*journal.db, next).deliveries) == Words{"a:3:0"});
    CHECK(journal.db->id().size() == 32);
    CHECK(journal.db->id() != id);
    journal.restart();
    CHECK(waiting(*journal.db) == Words{"a:3:0"});
    const Page page = there(journal.db->read({}));
    CHECK(page.oldest == 3);
    CHECK(page.newest == 3);
    CHECK(there(journal.db->view_at({.seq = 2})).members.empty());
    CHECK_FALSE(journal.db->view_at({.seq = 1}));
}

}  // namespace muster::journal
