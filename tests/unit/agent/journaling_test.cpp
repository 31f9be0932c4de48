#include "agent/journaling.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "agent/journal/journal_db.h"
#include "tests/unit/agent/journaling_world.h"
#include "tests/unit/store/directory.h"
#include "tests/unit/store/full_disk.h"

using namespace muster;
using namespace std::chrono_literals;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using history::Change;
using history::Kind;
using history::Standing;
using store::FullDisk;
using test::since_1970;
using test::World;

namespace {

journal::Question from(std::uint64_t seq, std::uint64_t limit = journal::max_page) {
    journal::Question question;
    question.from = seq;
    question.limit = limit;
    return question;
}

Change event(const std::string& name) {
    Change change;
    change.kind = Kind::UserEvent;
    change.subject = name;
    return change;
}

Change of_member(Kind kind, Standing to, const Bytes& name) {
    Change change;
    change.kind = kind;
    change.subject = name;
    change.to = to;
    change.cause = "probe-failed";
    return change;
}

history::Entry standing(Standing standing) {
    history::Entry entry;
    entry.standing = standing;
    return entry;
}

std::vector<Bytes> subjects(const std::vector<Change>& changes) {
    std::vector<Bytes> all;
    all.reserve(changes.size());
    for (const Change& change : changes)
        all.push_back(change.subject);
    return all;
}

// What a journal holds that nobody writes any more.
std::vector<Change> written_in(const std::string& directory) {
    const auto opened = journal::JournalDb::open(directory + "/journal.db", {});
    REQUIRE(opened);
    const auto page = opened->db->read({});
    REQUIRE(page);
    return page->changes;
}

}  // namespace

TEST_CASE("what is recorded is written in its order, with its moment's times") {
    const store::Directory directory;
    World world(directory.path);
    world.open();
    CHECK(world.journaling->path() == directory.file("journal.db"));
    world.record(event("a"));
    world.source.now += 5s;
    world.record(event("b"));
    world.source.now += 5s;
    world.write();
    const std::vector<Change> all = world.all();
    REQUIRE(subjects(all) == std::vector<Bytes>{"a", "b"});
    CHECK(all[0].seq == 1);
    CHECK(all[0].clock_ns == Duration(100s).count());
    CHECK(all[0].wall_ns == (since_1970 + 100s).count());
    CHECK(all[1].clock_ns == Duration(105s).count());
    CHECK(all[1].wall_ns == (since_1970 + 105s).count());
    CHECK(world.journaling->recorded() == 2);
    CHECK(world.journaling->lost() == 0);
    CHECK(world.journaling->failures() == 0);
    CHECK(world.journaling->next_deadline() == never);
    CHECK(world.looks == 0);
    CHECK(world.errors.empty());
}

TEST_CASE("one batch is written at a time, and what comes meanwhile follows it by itself") {
    World world("");
    world.open();
    world.record(event("a"));
    world.journaling->flush(world.clock.now());
    world.record(event("b"));
    world.journaling->flush(world.clock.now());  // too early: "a" is being written
    world.record(event("c"));
    world.await_write();
    world.await_write();
    CHECK(subjects(world.all()) == std::vector<Bytes>{"a", "b", "c"});
    CHECK(world.writes == 2);
}

TEST_CASE("what does not fit becomes a gap, and the whole view follows it") {
    World world("");
    world.open();
    world.record(of_member(Kind::MemberJoin, Standing::Alive, "n1"));
    world.record(of_member(Kind::MemberJoin, Standing::Alive, "n2"));
    world.record(of_member(Kind::MemberJoin, Standing::Alive, "n4"));
    world.write();
    for (std::size_t i = 0; i < Journaling::most_waiting; ++i)
        world.record(event("e"));
    CHECK(world.errors.empty());
    // Five more, of which three change the view.
    world.record(of_member(Kind::MemberFailed, Standing::Failed, "n1"));
    world.record(of_member(Kind::MemberReap, Standing::None, "n2"));
    world.record(of_member(Kind::MemberJoin, Standing::Alive, "n3"));
    world.record(event("lost"));
    world.record(event("lost"));
    world.view = {{"n1", standing(Standing::Failed)},
                  {"n3", standing(Standing::Alive)},
                  {"n4", standing(Standing::Alive)}};
    REQUIRE(world.errors.size() == 1);
    CHECK_THAT(world.errors[0], StartsWith("the history is written too slowly"));
    CHECK(world.journaling->lost() == 5);
    CHECK(world.journaling->recorded() == 3 + Journaling::most_waiting);
    world.source.now += 7s;
    world.write();
    CHECK(world.looks == 1);
    const auto tail = world.ask(from(3 + Journaling::most_waiting));
    REQUIRE(tail);
    REQUIRE(subjects(tail->changes) == std::vector<Bytes>{"e", "", "n2", "n1", "n3"});
    const Change& gap = tail->changes[1];
    CHECK(gap.kind == Kind::Gap);
    CHECK(gap.number == 5);
    CHECK(gap.clock_ns == Duration(107s).count());
    CHECK(tail->changes[2].kind == Kind::MemberReap);
    CHECK(tail->changes[3].kind == Kind::MemberFailed);
    CHECK(tail->changes[3].from == Standing::Alive);
    CHECK(tail->changes[3].to == Standing::Failed);
    CHECK(tail->changes[4].kind == Kind::MemberJoin);
    for (std::size_t i = 2; i < 5; ++i) {
        CHECK(tail->changes[i].cause == history::cause_resync);
        CHECK(tail->changes[i].clock_ns == gap.clock_ns);
        CHECK(tail->changes[i].wall_ns == (since_1970 + 107s).count());
    }
    // From here on all is told again.
    world.record(event("after"));
    world.write();
    CHECK(world.ask(from(gap.seq + 4))->changes.at(0).subject == "after");
    CHECK(world.journaling->lost() == 5);
    CHECK(world.looks == 1);
}

TEST_CASE("a second gap counts anew and is said again") {
    World world("");
    world.open();
    for (const std::uint64_t lost : {2U, 3U}) {
        for (std::size_t i = 0; i < Journaling::most_waiting + lost; ++i)
            world.record(event("e"));
        world.write();
        const journal::Page end = *world.ask(from(~0ULL));
        const Change gap = world.ask(from(end.newest))->changes.at(0);
        CHECK(gap.kind == Kind::Gap);
        CHECK(gap.number == lost);
    }
    CHECK(world.journaling->lost() == 5);
    CHECK(world.errors.size() == 2);
}

TEST_CASE("a journal that cannot be opened is tried again, ever more slowly, and loses nothing") {
    const store::Directory directory;
    World world(directory.file("later"));
    world.open();
    const std::string words = "cannot write " + directory.file("later/journal.db") + ": ";
    CHECK_THAT(world.journaling->trouble(), StartsWith(words + "unable to open database file"));
    REQUIRE(world.errors.size() == 1);
    CHECK(world.errors[0] == world.journaling->trouble() +
                                 "; membership goes on, and the history is written once that is "
                                 "possible");
    world.record(event("a"));
    world.write();
    CHECK(world.journaling->failures() == 1);
    world.record(event("b"));
    world.journaling->flush(world.clock.now());  // too early
    CHECK_FALSE(world.ask());
    CHECK(world.journaling->failures() == 1);
    std::uint64_t failures = 1;
    for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        CHECK(world.journaling->next_deadline() == world.clock.now() + pause);
        world.pass(pause - 1ns);
        CHECK(world.journaling->next_deadline() == world.clock.now() + 1ns);
        world.pass(1ns);
        CHECK(world.journaling->next_deadline() == never);  // it is being tried
        world.await_write();
        CHECK(world.journaling->failures() == ++failures);
    }
    CHECK(world.errors.size() == 1);  // said once, as it stays the same
    const auto unanswered = world.ask();
    REQUIRE_FALSE(unanswered);
    CHECK_THAT(unanswered.error().text, StartsWith("the journal cannot be opened now"));

    std::filesystem::create_directory(directory.file("later"));
    world.pass(60s);
    world.await_write();
    CHECK(world.journaling->trouble().empty());
    CHECK(world.said ==
          std::vector<std::string>{directory.file("later/journal.db") + " can be written again"});
    world.await_write();  // "b" follows by itself
    CHECK(world.journaling->next_deadline() == never);
    CHECK(world.journaling->failures() == failures);
    const std::vector<Change> all = world.all();
    CHECK(subjects(all) == std::vector<Bytes>{"a", "b"});
    CHECK(all[0].clock_ns == Duration(100s).count());  // when it was, not when it was written
}

TEST_CASE("a disk that fills up holds up the history, which goes on where it stopped") {
    const store::Directory directory;
    World world(directory.path);
    world.open();
    world.record(event("a"));
    world.write();
    CHECK(world.journaling->trouble().empty());
    {
        const FullDisk full;
        world.record(event("b"));
        world.record(event("c"));
        world.write();
        world.record(event("d"));
        world.pass(1s);
        world.await_write();
    }
    CHECK(world.journaling->failures() == 2);
    CHECK_THAT(world.journaling->trouble(),
               StartsWith("cannot write " + directory.file("journal.db") + ": "));
    CHECK_FALSE(world.errors.empty());
    CHECK_THAT(world.errors[0], EndsWith("; membership goes on, and the write is tried again"));
    world.pass(2s);
    world.await_write();
    CHECK(world.journaling->trouble().empty());
    CHECK(world.said.size() == 1);
    world.await_write();
    const std::vector<Change> all = world.all();
    CHECK(subjects(all) == std::vector<Bytes>{"a", "b", "c", "d"});
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(all[i].seq == i + 1);
    CHECK(world.journaling->lost() == 0);
    // The pauses begin anew.
    {
        const FullDisk full;
        world.record(event("e"));
        world.write();
    }
    CHECK(world.journaling->next_deadline() == world.clock.now() + 1s);
}

TEST_CASE("what does not fit while the disk is full becomes a gap when it is not") {
    const store::Directory directory;
    World world(directory.file("later"));
    world.open();
    world.record(of_member(Kind::MemberJoin, Standing::Alive, "n1"));
    world.write();
    for (std::size_t i = 0; i < Journaling::most_waiting + 4; ++i)
        world.record(event("e"));
    CHECK(world.journaling->lost() == 4);
    world.view = {{"n1", standing(Standing::Left)}};
    std::filesystem::create_directory(directory.file("later"));
    world.pass(1s);
    world.await_write();
    world.await_write();
    const auto head = world.ask(from(1, 2));
    CHECK(subjects(head->changes) == std::vector<Bytes>{"n1", "e"});
    const auto tail = world.ask(from(2 + Journaling::most_waiting));
    REQUIRE(subjects(tail->changes) == std::vector<Bytes>{"", "n1"});
    CHECK(tail->changes[0].number == 4);
    CHECK(tail->changes[1].kind == Kind::MemberLeave);
    CHECK(tail->changes[1].cause == history::cause_resync);
}

TEST_CASE("questions are answered after what was handed on before them") {
    World world("");
    world.open();
    world.record(of_member(Kind::MemberJoin, Standing::Alive, "n1"));
    world.journaling->flush(world.clock.now());
    CHECK(subjects(world.ask()->changes) == std::vector<Bytes>{"n1"});
    std::optional<journal::PastView> past;
    world.journaling->ask(journal::Moment{.seq = 1, .wall_ns = 0},
                          [&](const Result<journal::PastView>& view) { past = *view; });
    CHECK_FALSE(past);
    while (!past)
        world.posts.run_one();
    CHECK(past->seq == 1);
    CHECK(past->members.count("n1") == 1);
}

TEST_CASE("who asks when too many do is told so at once, and all others are answered") {
    World world("");
    world.open();
    world.record(event("a"));
    world.journaling->flush(world.clock.now());
    std::vector<std::string> answers;
    const auto ask = [&] {
        world.journaling->ask(journal::Question{}, [&](const Result<journal::Page>& page) {
            answers.push_back(page ? page->changes.at(0).subject : page.error().text);
        });
    };
    for (int i = 0; i < 32; ++i)
        ask();
    CHECK(answers.empty());
    ask();
    const std::string refusal =
        "too many questions about the history are being answered: ask again in a moment";
    CHECK(answers == std::vector<std::string>{refusal});
    // There is room for what is written, nonetheless.
    world.await_write();
    world.record(event("b"));
    world.write();
    while (answers.size() < 33)
        world.posts.run_one();
    CHECK(std::count(answers.begin(), answers.end(), "a") == 32);
    CHECK(subjects(world.ask()->changes) == std::vector<Bytes>{"a", "b"});
}

TEST_CASE("without a journal nothing is kept, and who asks is told at once") {
    World world("");
    const auto refusal = [&] {
        std::string text;
        world.journaling->ask(journal::Question{}, [&](const Result<journal::Page>& page) {
            text = page ? "" : page.error().text;
        });
        return text;
    };
    world.record(event("a"));
    world.journaling->flush(world.clock.now());
    CHECK(world.journaling->recorded() == 0);
    CHECK(refusal() == "this agent ends: its history is closed");
    world.open();
    world.journaling->finish();
    CHECK(refusal() == "this agent ends: its history is closed");
    world.journaling->finish();
    CHECK(world.errors.empty());
}

TEST_CASE("after a restart the members are looked at once, and only differences are written") {
    const store::Directory directory;
    {
        World before(directory.path);
        before.open();
        before.record(of_member(Kind::MemberJoin, Standing::Alive, "n1"));
        before.record(of_member(Kind::MemberJoin, Standing::Alive, "n2"));
        before.journaling->finish();
    }
    World world(directory.path);
    world.open();
    world.view = {{"n1", standing(Standing::Alive)}, {"n2", standing(Standing::Failed)}};
    world.journaling->look_again_at(world.clock.now() + 10s);
    CHECK(world.journaling->next_deadline() == world.clock.now() + 10s);
    world.pass(10s - 1ns);
    CHECK(world.looks == 0);
    world.pass(1ns);
    CHECK(world.looks == 1);
    CHECK(world.journaling->next_deadline() == never);
    world.await_write();
    const std::vector<Change> all = world.all();
    REQUIRE(subjects(all) == std::vector<Bytes>{"n1", "n2", "n2"});
    CHECK(all[2].kind == Kind::MemberFailed);
    CHECK(all[2].cause == history::cause_restart);
    CHECK(all[2].from == Standing::Alive);
}

TEST_CASE("at the end all that waits is written, also what had failed") {
    const store::Directory directory;
    const std::string later = directory.file("later");
    World world(later);
    world.open();
    world.record(event("a"));
    world.write();
    world.record(event("b"));
    SECTION("if that is possible by then") {
        std::filesystem::create_directory(later);
        world.journaling->finish();
        CHECK(world.errors.size() == 1);
        world.journaling.reset();
        CHECK(subjects(written_in(later)) == std::vector<Bytes>{"a", "b"});
    }
    SECTION("or it is said that it is lost") {
        world.journaling->finish();
        REQUIRE(world.errors.size() == 2);
        CHECK_THAT(world.errors[1], StartsWith("the last changes are lost: cannot write " + later +
                                               "/journal.db: "));
    }
}

TEST_CASE("at the end a gap is written too") {
    const store::Directory directory;
    World world(directory.path);
    world.open();
    for (std::size_t i = 0; i < Journaling::most_waiting + 3; ++i)
        world.record(event("e"));
    world.journaling->finish();
    world.journaling.reset();
    const auto opened = journal::JournalDb::open(directory.file("journal.db"), {});
    REQUIRE(opened);
    const auto page = opened->db->read(from(Journaling::most_waiting));
    REQUIRE(page);
    REQUIRE(subjects(page->changes) == std::vector<Bytes>{"e", ""});
    CHECK(page->changes[1].kind == Kind::Gap);
    CHECK(page->changes[1].number == 3);
}

TEST_CASE("a journal that is damaged is set aside, which is said, and a new one begins") {
    const store::Directory directory;
    std::ofstream(directory.file("journal.db")) << std::string(5000, 'x');
    World world(directory.path);
    world.open();
    REQUIRE(world.errors.size() == 1);
    CHECK_THAT(world.errors[0], StartsWith(directory.file("journal.db") + " is damaged (") &&
                                    EndsWith("; the history begins anew"));
    CHECK(directory.count("journal.db.damaged-") == 1);
    world.record(event("a"));
    world.write();
    CHECK(subjects(world.all()) == std::vector<Bytes>{"a"});
}
