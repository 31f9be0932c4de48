// Whatever ends the process: a change and its deliveries are there together, or neither is.
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "agent/store/sqlite.h"
#include "swim/random.h"
#include "tests/unit/journal/outbox_steps.h"
#include "tests/unit/store/directory.h"

namespace muster::journal {

namespace {

constexpr std::uint64_t per_batch = 7;
// So that the changes of deliveries are too old for the history while they are needed.
constexpr history::Retention keep{std::chrono::nanoseconds(300), 64ULL << 20U};

std::shared_ptr<const Routes> both() {
    Route even{"even", 100'000, [](const history::Change& change) { return change.seq % 2 == 0; }};
    return routes({all_to("all"), std::move(even)});
}

std::vector<std::string> hooks_of(std::uint64_t seq) {
    return seq % 2 == 0 ? std::vector<std::string>{"all", "even"} : std::vector<std::string>{"all"};
}

// The next batch after change `last`: seven changes, and what became of those before. In the batch
// after its own a delivery is done, dead or tried again, by its number; one that is tried again is
// done in the batch after that.
Batch next_after(std::uint64_t last) {
    Batch next = batch(both(), {});
    for (std::uint64_t i = 1; i <= per_batch; ++i)
        next.changes.push_back(event("e", static_cast<std::int64_t>(last + i)));
    const std::uint64_t before = last - std::min(last, per_batch);
    for (std::uint64_t seq = before + 1; seq <= last; ++seq) {
        for (const std::string& hook : hooks_of(seq)) {
            constexpr Outcome::What by_number[] = {Outcome::What::Done, Outcome::What::Dead,
                                                   Outcome::What::Again};
            Outcome told = outcome(hook, seq, by_number[seq % 3], static_cast<std::int64_t>(seq));
            told.attempts = 1;
            next.outcomes.push_back(std::move(told));
        }
    }
    for (std::uint64_t seq = before - std::min(before, per_batch) + 1; seq <= before; ++seq) {
        for (const std::string& hook : hooks_of(seq)) {
            if (seq % 3 == 2)
                next.outcomes.push_back(outcome(hook, seq, Outcome::What::Done));
        }
    }
    return next;
}

// Until it is killed, or something fails.
[[noreturn]] void write_on(const std::string& path, int began) {
    Result<JournalDb::Opened> opened = JournalDb::open(path, keep);
    if (!opened || opened->failure || !opened->notes.empty())
        _exit(3);
    while (true) {
        if (!opened->db->append(next_after(opened->db->extent()->newest)))
            _exit(4);
        if (write(began, "x", 1) < 0)
            _exit(5);
    }
}

// Kills a child after so many batches, and a little later.
void kill_one(const std::string& path, Random& random) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        write_on(path, ends[1]);
    close(ends[1]);
    const std::uint64_t batches = 1 + random.below(60);
    char byte = 0;
    for (std::uint64_t i = 0; i < batches; ++i)
        REQUIRE(read(ends[0], &byte, 1) == 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    close(ends[0]);
    INFO("exit status " << WEXITSTATUS(status));
    REQUIRE(WIFSIGNALED(status));
}

struct Expected {
    Words waiting;
    std::map<std::string, Words> dead;
    std::vector<std::uint64_t> needed;
};

Expected expected_after(std::uint64_t newest) {
    Expected expected;
    for (std::uint64_t seq = 1; seq <= newest; ++seq) {
        const std::uint64_t ago = (newest - seq) / per_batch;
        for (const std::string& hook : hooks_of(seq)) {
            const std::string word = hook + ":" + std::to_string(seq) + ":";
            if (ago == 0)
                expected.waiting.push_back(word + "0");
            else if (seq % 3 == 1)
                expected.dead[hook].push_back(word + "1");
            else if (seq % 3 == 2 && ago == 1)
                expected.waiting.push_back(word + "1");
        }
    }
    for (auto& [hook, all] : expected.dead) {
        if (all.size() > most_dead_letters)
            all.erase(all.begin(), all.end() - most_dead_letters);
    }
    return expected;
}

std::uint64_t check_journal(const std::string& path) {
    std::uint64_t newest = 0;
    {
        const auto db = open(path, keep);
        newest = there(db->extent()).newest;
        CHECK(newest % per_batch == 0);
        Expected expected = expected_after(newest);
        CHECK(waiting(*db) == expected.waiting);
        std::vector<std::uint64_t> needed;
        for (const Delivery& each : there(db->waiting()))
            needed.push_back(each.seq);
        for (const char* const hook : {"all", "even"}) {
            const auto letters = there(db->dead(hook));
            CHECK(words(letters) == expected.dead[hook]);
            for (const DeadLetter& each : letters)
                needed.push_back(each.delivery.seq);
        }
        // Each has the change that it is of.
        std::sort(needed.begin(), needed.end());
        needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
        CHECK(there(db->changes(needed)).size() == needed.size());
    }
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
    {
        store::Statement row(raw, "PRAGMA integrity_check");
        REQUIRE(row.step());
        CHECK(row.bytes(0) == "ok");
        // Nothing is held that nothing needs.
        store::Statement held(raw,
                              "SELECT count(*) FROM held WHERE seq NOT IN (SELECT seq FROM"
                              " deliveries) AND seq NOT IN (SELECT seq FROM dead)");
        REQUIRE(held.step());
        CHECK(held.number(0) == 0);
    }
    sqlite3_close(raw);
    return newest;
}

}  // namespace

TEST_CASE("an agent killed at any moment has each change's deliveries, or what became of them") {
    const store::Directory directory;
    const std::string path = directory.file("journal.db");
    const auto seed = static_cast<std::uint64_t>(getpid());
    CAPTURE(seed);
    Random random(seed);
    std::uint64_t newest = 0;
    for (int round = 0; round < 20; ++round) {
        CAPTURE(round);
        kill_one(path, random);
        const std::uint64_t now = check_journal(path);
        CHECK(now > newest);
        newest = now;
    }
}

}  // namespace muster::journal
