// The file under elections: what is answered as stored is read again, whatever ended the writes.
#include "agent/store/election_file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/unit/store/directory.h"
#include "tests/unit/store/full_disk.h"

namespace muster::store {
namespace {

using election::slot_size;
using election::State;

State state(election::Term term) {
    State state;
    state.name = "n1";
    state.id = election::VoterId{7};
    state.term = term;
    state.longest_promise_ms = 817;
    return state;
}

ElectionFile::Opened open(const Directory& directory, BytesView name = "n1") {
    return ElectionFile::open(directory.file("election.state"), name);
}

// Overwrites bytes of the file, as a torn write or a bad sector does.
void damage(const Directory& directory, std::size_t at, std::size_t size) {
    std::fstream file(directory.file("election.state"),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(size, '\x5a');
    REQUIRE(file.good());
}

TEST_CASE("a new election file has all its room, and says nothing") {
    const Directory directory;
    CHECK_FALSE(ElectionFile::exists(directory.file("election.state")));
    const auto opened = open(directory);
    CHECK_FALSE(opened.failure);
    CHECK_FALSE(opened.found.slot);
    CHECK(opened.found.complaint.empty());
    struct stat found {};
    REQUIRE(stat(directory.file("election.state").c_str(), &found) == 0);
    CHECK(found.st_size == 2 * slot_size);
    CHECK((found.st_mode & 0777U) == 0600);
}

TEST_CASE("what was written is there after a restart, in both slots") {
    const Directory directory;
    REQUIRE_FALSE(open(directory).file->write(1, election::encode_slot(state(4), 9)));
    const auto again = open(directory);
    REQUIRE(again.found.slot);
    CHECK(again.found.twice);
    CHECK(again.found.slot->counter == 9);
    CHECK(again.found.slot->state == state(4));
}

TEST_CASE("one slot that is torn or rotten hides nothing, and is said (F22)") {
    const std::size_t bad = GENERATE(0U, 1U);
    const std::size_t where = GENERATE(0U, 20U, 100U, 4095U);
    const Directory directory;
    REQUIRE_FALSE(open(directory).file->write(0, election::encode_slot(state(4), 9)));
    damage(directory, bad * slot_size + where, 1);
    const auto again = open(directory);
    REQUIRE(again.found.slot);
    CHECK(again.found.slot->state == state(4));
    CHECK_FALSE(again.found.twice);
    CHECK(again.found.worse == bad);
    CHECK_FALSE(again.found.complaint.empty());
}

TEST_CASE("two bad slots make another voter, loudly") {
    const Directory directory;
    REQUIRE_FALSE(open(directory).file->write(0, election::encode_slot(state(4), 9)));
    damage(directory, 50, 1);
    damage(directory, slot_size + 50, 1);
    const auto again = open(directory);
    CHECK_FALSE(again.found.slot);
    CHECK(again.found.complaint.find("another voter") != std::string::npos);
    CHECK_FALSE(again.failure);
}

TEST_CASE("the file of another node makes another voter") {
    const Directory directory;
    REQUIRE_FALSE(open(directory).file->write(0, election::encode_slot(state(4), 9)));
    const auto again = open(directory, "n2");
    CHECK_FALSE(again.found.slot);
    CHECK(again.found.complaint.find("that of the node \"n1\"") != std::string::npos);
}

// At every moment of two writes: the slots as far as they have come, and the rest as it was.
TEST_CASE("a crash in the middle of a write leaves the state before it, or the one after it") {
    const std::size_t first = GENERATE(0U, 1U);
    const std::size_t written = GENERATE(0U, 1U, 30U, 4095U, 4096U, 4097U, 4130U, 8191U, 8192U);
    const Directory directory;
    REQUIRE_FALSE(open(directory).file->write(0, election::encode_slot(state(4), 9)));
    const Bytes next = election::encode_slot(state(5), 10);
    {
        std::fstream file(directory.file("election.state"),
                          std::ios::in | std::ios::out | std::ios::binary);
        for (std::size_t done = 0; done < written; ++done) {
            const std::size_t slot = done < slot_size ? first : 1 - first;
            file.seekp(static_cast<std::streamoff>(slot * slot_size + done % slot_size));
            file.put(next[done % slot_size]);
        }
        REQUIRE(file.good());
    }
    const auto again = open(directory);
    REQUIRE(again.found.slot);
    const bool whole = again.found.slot->state == state(5);
    CHECK((whole || again.found.slot->state == state(4)));
    CHECK((whole || written < 2 * slot_size));
    CHECK((!whole || written >= slot_size - 4));  // its checksum stands at the end
    CHECK((written != 2 * slot_size || again.found.twice));
}

TEST_CASE("a voter killed while it writes restarts with what it had, or with more") {
    const Directory directory;
    REQUIRE_FALSE(open(directory).file->write(0, election::encode_slot(state(1), 1)));
    int progress[2];
    REQUIRE(pipe(progress) == 0);
    const pid_t child = fork();
    if (child == 0) {
        auto opened = open(directory);
        for (unsigned char term = 2;; ++term) {
            if (opened.file->write(0, election::encode_slot(state(term), term)))
                _exit(1);
            (void)!write(progress[1], &term, 1);
            if (term == 250)
                pause();
        }
    }
    unsigned char stored = 0;
    while (stored < 40)
        REQUIRE(read(progress[0], &stored, 1) == 1);
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    close(progress[0]);
    close(progress[1]);
    const auto again = open(directory);
    REQUIRE(again.found.slot);
    CHECK(again.found.slot->state.term >= stored);
}

TEST_CASE("a full disk can vote: the room was taken when the file was made") {
    const Directory directory;
    const auto opened = open(directory);
    const FullDisk full(2 * slot_size);
    CHECK_FALSE(opened.file->write(0, election::encode_slot(state(4), 9)));
    const auto again = open(directory);
    CHECK_FALSE(again.failure);
    REQUIRE(again.found.slot);
    CHECK(again.found.slot->state == state(4));
}

TEST_CASE("a write that failed is not tried again, even if the disk would take it") {
    const Directory directory;
    const auto opened = open(directory);
    REQUIRE_FALSE(opened.file->write(0, election::encode_slot(state(4), 9)));
    {
        const FullDisk full(slot_size);  // the second slot is beyond
        const auto error = opened.file->write(0, election::encode_slot(state(5), 10));
        REQUIRE(error);
        CHECK(error->text.starts_with("cannot write " + directory.file("election.state") + ": "));
    }
    CHECK(opened.file->write(0, election::encode_slot(state(6), 11)));
    const auto again = open(directory);
    REQUIRE(again.found.slot);
    CHECK(again.found.slot->state == state(5));  // on one slot: never acknowledged, and not lost
    CHECK_FALSE(again.found.twice);
    CHECK(again.found.worse == 1);
}

TEST_CASE("where no file can be made, no write is answered as stored") {
    const auto opened = ElectionFile::open("/nonexistent/muster/election.state", "n1");
    REQUIRE(opened.failure);
    CHECK(opened.failure->text ==
          "cannot open /nonexistent/muster/election.state: No such file or directory");
    CHECK(opened.file->write(0, election::encode_slot(state(4), 9)));
}

TEST_CASE("a file whose making was cut short is filled up") {
    const Directory directory;
    std::ofstream(directory.file("election.state")) << std::string(5000, '\0');
    const auto opened = open(directory);
    CHECK_FALSE(opened.failure);
    CHECK(opened.found.complaint.empty());
    const FullDisk full(2 * slot_size);
    CHECK_FALSE(opened.file->write(0, election::encode_slot(state(4), 9)));
}

}  // namespace
}  // namespace muster::store
