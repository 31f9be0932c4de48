#include "agent/store/data_dir.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/store/directory.h"

namespace muster::store {
namespace {

TEST_CASE("a data directory has one user, and who comes second is told which") {
    const Directory directory;
    {
        const Result<DataDir> first = DataDir::lock(directory.path);
        REQUIRE(first);
        CHECK(first->file("state.db") == directory.file("state.db"));
        const Result<DataDir> second = DataDir::lock(directory.path);
        REQUIRE_FALSE(second);
        CHECK(second.error().text ==
              "the data directory " + directory.path +
                  " is in use (is another musterd using it? pid " + std::to_string(getpid()) +
                  "; give this one its own with --data-dir, or --ephemeral)");
    }
    CHECK(DataDir::lock(directory.path));
}

TEST_CASE("the lock goes with its holder, however that ends") {
    const Directory directory;
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const Result<DataDir> held = DataDir::lock(directory.path);
        const char answer = held ? 'y' : 'n';
        (void)!write(ready[1], &answer, 1);
        pause();
        _exit(1);
    }
    char answer = 0;
    REQUIRE(read(ready[0], &answer, 1) == 1);
    CHECK(answer == 'y');
    const Result<DataDir> refused = DataDir::lock(directory.path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.find("pid " + std::to_string(child) + ";") != std::string::npos);
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    CHECK(DataDir::lock(directory.path));
    close(ready[0]);
    close(ready[1]);
}

TEST_CASE("what stands in the lock file is only read for the error") {
    const Directory directory;
    std::ofstream(directory.file("lock")) << "\x1b[31m12abc34 and much more than a number has";
    const Result<DataDir> first = DataDir::lock(directory.path);
    REQUIRE(first);
    std::ofstream(directory.file("lock")) << "\x1b[31m";
    const Result<DataDir> second = DataDir::lock(directory.path);
    REQUIRE_FALSE(second);
    CHECK(second.error().text.find('\x1b') == std::string::npos);
}

TEST_CASE("a directory that is not there is named, with what to do") {
    const Result<DataDir> none = DataDir::lock("/nowhere/at/all");
    REQUIRE_FALSE(none);
    CHECK(none.error().text ==
          "cannot open /nowhere/at/all/lock: No such file or directory (see --data-dir and "
          "--ephemeral)");
}

}  // namespace
}  // namespace muster::store
