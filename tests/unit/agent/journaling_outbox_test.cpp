// What the hooks have of the journal: deliveries once they are written, and places of their own.
#include <catch2/catch.hpp>
#include <filesystem>

#include "agent/journal/journal_db.h"
#include "agent/journaling.h"
#include "tests/unit/agent/journaling_world.h"
#include "tests/unit/store/directory.h"
#include "tests/unit/store/full_disk.h"

using namespace muster;
using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;
using history::Change;
using history::Kind;
using journal::Outcome;
using store::FullDisk;

namespace {

Change event(const std::string& name) {
    Change change;
    change.kind = Kind::UserEvent;
    change.subject = name;
    return change;
}

std::shared_ptr<const journal::Routes> routes(const std::vector<std::string>& hooks,
                                              std::size_t queue = 100) {
    auto all = std::make_shared<journal::Routes>();
    for (const std::string& hook : hooks)
        all->push_back({hook, queue, [](const Change&) { return true; }});
    return all;
}

Outcome outcome(const std::string& hook, std::uint64_t seq, Outcome::What what) {
    Outcome made;
    made.hook = hook;
    made.seq = seq;
    made.what = what;
    return made;
}

using Words = std::vector<std::string>;

Words words(const std::vector<journal::Delivery>& deliveries) {
    Words all;
    for (const journal::Delivery& each : deliveries)
        all.push_back(each.hook + ":" + std::to_string(each.seq));
    return all;
}

struct Hooks : test::World {
    explicit Hooks(const std::string& its_directory, bool opens = true)
        : test::World(its_directory) {
        journaling->on_put([this](const journal::Put& put) { puts.push_back(put); });
        if (opens)
            open();
    }
    // Runs what was posted until there is an answer.
    template <class Answer>
    Answer answer(const std::function<void(Journaling::Answered<Answer>)>& question) {
        std::optional<Result<Answer>> found;
        question([&](const Result<Answer>& answer) { found.emplace(answer); });
        while (!found)
            posts.run_one();
        INFO((*found ? "" : found->error().text));
        REQUIRE(*found);
        return **found;
    }
    Words waiting() {
        return words(answer<std::vector<journal::Delivery>>(
            [this](auto done) { journaling->waiting(std::move(done)); }));
    }
    Words dead(const std::string& hook = "") {
        std::vector<journal::Delivery> deliveries;
        for (const auto& letter : answer<std::vector<journal::DeadLetter>>(
                 [&](auto done) { journaling->dead(hook, std::move(done)); }))
            deliveries.push_back(letter.delivery);
        return words(deliveries);
    }
    std::uint64_t lost() {
        std::uint64_t all = 0;
        for (const auto& overflow : answer<std::vector<journal::Overflow>>(
                 [this](auto done) { journaling->overflows(std::move(done)); }))
            all += overflow.lost;
        return all;
    }

    std::vector<journal::Put> puts;
};

// What waits in a journal that nobody writes any more.
Words waiting_in(const std::string& directory) {
    const auto opened = journal::JournalDb::open(directory + "/journal.db", {});
    REQUIRE(opened);
    const auto all = opened->db->waiting();
    REQUIRE(all);
    return words(*all);
}

}  // namespace

TEST_CASE("a hook hears of a delivery once it is written, and of none of what was before it") {
    Hooks hooks("");
    CHECK(hooks.journaling->journal_id().size() == 32);
    hooks.record(event("before"));
    hooks.write();
    REQUIRE(hooks.puts.size() == 1);
    CHECK(hooks.puts[0].deliveries.empty());
    hooks.journaling->set_routes(routes({"a", "b"}));
    hooks.record(event("x"));
    hooks.journaling->flush(hooks.clock.now());
    CHECK(hooks.puts.size() == 1);
    hooks.await_write();
    REQUIRE(hooks.puts.size() == 2);
    CHECK(words(hooks.puts[1].deliveries) == Words{"a:2", "b:2"});
    CHECK(hooks.waiting() == Words{"a:2", "b:2"});
    const auto changes = hooks.answer<std::vector<Change>>([&](auto done) {
        hooks.journaling->changes({2, 7}, std::move(done));
    });
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].subject == "x");
}

TEST_CASE("outcomes are written also when nothing happens") {
    Hooks hooks("");
    hooks.journaling->set_routes(routes({"a"}, 3));
    for (const char* const name : {"1", "2", "3", "4", "5"})
        hooks.record(event(name));
    hooks.write();
    CHECK(hooks.lost() == 2);
    hooks.journaling->conclude(outcome("a", 1, Outcome::What::Done));
    hooks.journaling->conclude(outcome("a", 2, Outcome::What::Dead));
    hooks.write();
    CHECK(hooks.waiting() == Words{"a:3"});
    CHECK(hooks.dead() == Words{"a:2"});
    CHECK(hooks.dead("b").empty());
    hooks.journaling->conclude(outcome("a", 2, Outcome::What::Revived));
    hooks.write();
    CHECK(words(hooks.puts.back().deliveries) == Words{"a:2"});

    hooks.source.now += 9s;
    hooks.journaling->resync("a");
    hooks.journaling->resync("a");
    hooks.write();
    CHECK(words(hooks.puts.back().deliveries) == Words{"a:6"});
    CHECK(hooks.lost() == 0);
    const Change gap = hooks.all().back();
    CHECK(gap.kind == Kind::Gap);
    CHECK(gap.subject == "a");
    CHECK(gap.number == 2);
    CHECK(gap.clock_ns == Duration(109s).count());
    CHECK(gap.wall_ns == (test::since_1970 + 109s).count());
    // Nothing is left to write.
    const int writes = hooks.writes;
    hooks.journaling->flush(hooks.clock.now());
    CHECK(hooks.waiting().size() == 3);
    CHECK(hooks.writes == writes);
}

TEST_CASE("with other hooks, what there is of those that went is forgotten at once") {
    Hooks hooks("");
    hooks.journaling->set_routes(routes({"a", "b"}));
    hooks.record(event("x"));
    hooks.write();
    hooks.journaling->set_routes(routes({"b", "c"}));
    hooks.write();
    CHECK(hooks.waiting() == Words{"b:1"});
    hooks.record(event("y"));
    hooks.write();
    CHECK(hooks.waiting() == Words{"b:1", "b:2", "c:2"});
}

TEST_CASE("hooks may be known before there is a journal") {
    const store::Directory directory;
    {
        Hooks before(directory.path);
        before.journaling->set_routes(routes({"old", "a"}));
        before.record(event("x"));
        before.journaling->finish();
    }
    Hooks hooks(directory.path, /*opens=*/false);
    hooks.journaling->set_routes(routes({"a"}));
    CHECK(hooks.journaling->journal_id().empty());
    hooks.open();
    hooks.write();
    CHECK(hooks.waiting() == Words{"a:1"});
}

TEST_CASE("while the disk is full the hooks wait, and nothing of it is lost") {
    const store::Directory directory;
    Hooks hooks(directory.path);
    hooks.journaling->set_routes(routes({"a"}));
    hooks.record(event("x"));
    hooks.write();
    REQUIRE(hooks.puts.size() == 1);
    {
        const FullDisk full;
        hooks.record(event("y"));
        hooks.journaling->conclude(outcome("a", 1, Outcome::What::Dead));
        hooks.write();
        CHECK_FALSE(hooks.journaling->trouble().empty());
        // They go with the next batch: the one that failed is tried as it was.
        hooks.journaling->conclude(outcome("a", 1, Outcome::What::Revived));
        hooks.journaling->set_routes(routes({"a", "b"}));
        hooks.record(event("z"));
        hooks.pass(1s);
        hooks.await_write();
        CHECK(hooks.puts.size() == 1);
    }
    hooks.pass(2s);
    hooks.await_write();
    REQUIRE(hooks.puts.size() == 2);
    CHECK(words(hooks.puts[1].deliveries) == Words{"a:2"});
    hooks.await_write();  // what came meanwhile follows by itself
    REQUIRE(hooks.puts.size() == 3);
    CHECK(words(hooks.puts[2].deliveries) == Words{"a:1", "a:3", "b:3"});
    CHECK(hooks.dead().empty());
    CHECK(hooks.waiting() == Words{"a:1", "a:2", "a:3", "b:3"});
}

TEST_CASE("who asks about the history keeps the hooks from nothing, nor they each other") {
    Hooks hooks("");
    hooks.record(event("x"));
    hooks.journaling->flush(hooks.clock.now());
    int answers = 0;
    int refusals = 0;
    const auto count = [&](const auto& answer) { ++(answer ? answers : refusals); };
    for (int i = 0; i < 40; ++i)
        hooks.journaling->ask(journal::Question{}, count);
    hooks.journaling->dead("", count);  // a person asks for them
    CHECK(refusals == 9);
    for (int i = 0; i < 40; ++i)
        hooks.journaling->waiting(count);
    CHECK(refusals == 17);
    hooks.await_write();
    hooks.record(event("y"));
    hooks.write();
    while (answers < 64)
        hooks.posts.run_one();
    CHECK(hooks.all().size() == 2);
    CHECK(refusals == 17);
}

TEST_CASE("what is concluded at the end is written") {
    const store::Directory directory;
    Hooks hooks(directory.path);
    hooks.journaling->set_routes(routes({"a"}));
    hooks.record(event("x"));
    hooks.write();
    SECTION("beside what happens then") {
        hooks.record(event("y"));
        hooks.journaling->conclude(outcome("a", 1, Outcome::What::Done));
        hooks.journaling->finish();
        hooks.journaling.reset();
        CHECK(waiting_in(directory.path) == Words{"a:2"});
    }
    SECTION("alone") {
        hooks.journaling->conclude(outcome("a", 1, Outcome::What::Done));
        hooks.journaling->finish();
        hooks.journaling->conclude(outcome("a", 1, Outcome::What::Done));  // too late
        hooks.journaling.reset();
        CHECK(waiting_in(directory.path).empty());
    }
    CHECK(hooks.errors.empty());
}

TEST_CASE("a write that is on its way at the end is looked at: it is done, tried again or told") {
    const store::Directory directory;
    const std::string later = directory.file("later");
    Hooks hooks(later);
    REQUIRE(hooks.errors.size() == 1);  // there is no such directory
    hooks.journaling->set_routes(routes({"a"}));
    hooks.record(event("x"));
    const bool fails = GENERATE(false, true);
    if (!fails)
        std::filesystem::create_directory(later);
    hooks.journaling->flush(hooks.clock.now());
    hooks.posts.await_one();  // it has ended, and nobody has heard of it
    hooks.record(event("y"));
    SECTION("and what follows it comes after it") {
        std::filesystem::create_directory(later);
        hooks.journaling->finish();
        CHECK(hooks.errors.size() == 1);
    }
    if (fails) {
        SECTION("if it fails once more") {
            hooks.journaling->finish();
            REQUIRE(hooks.errors.size() == 2);
            CHECK_THAT(hooks.errors[1], StartsWith("the last changes are lost: cannot write " +
                                                   later + "/journal.db: "));
            std::filesystem::create_directory(later);
            return;
        }
    }
    const int writes = hooks.writes;
    hooks.posts.run_one();  // too late: it is not told again
    CHECK(hooks.writes == writes);
    CHECK(hooks.puts.empty());
    CHECK(hooks.errors.size() == 1);
    hooks.journaling->finish();
    hooks.journaling.reset();
    CHECK(waiting_in(later) == Words{"a:1", "a:2"});
}
