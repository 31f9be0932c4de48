#include "daemon/directories.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace muster;

namespace {

struct Scratch {
    Scratch() {
        char path[] = "/tmp/muster-daemon-XXXXXX";
        REQUIRE(mkdtemp(path) != nullptr);
        root = path;
    }
    ~Scratch() { std::filesystem::remove_all(root); }
    std::string root;
};

unsigned mode(const std::string& path) {
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777U;
}

}  // namespace

TEST_CASE("a directory is made with what is missing above it, and may be there already") {
    Scratch scratch;
    const std::string path = scratch.root + "/a/b/c";
    CHECK_FALSE(make_directory(path, 0700, "hint"));
    CHECK(std::filesystem::is_directory(path));
    CHECK(mode(path) == 0700);
    CHECK_FALSE(make_directory(path, 0755, "hint"));
    CHECK(mode(path) == 0700);
    CHECK_FALSE(make_directory("", 0755, "hint"));
}

TEST_CASE("a file in the place of a directory is an error that says what to do") {
    Scratch scratch;
    const std::string path = scratch.root + "/file";
    std::ofstream(path) << "x";
    const auto error = make_directory(path, 0700, "see --data-dir");
    REQUIRE(error);
    CHECK(error->text == "cannot make the directory " + path + ": File exists (see --data-dir)");
    CHECK(make_directory(path + "/below", 0700, "see --data-dir"));
}

TEST_CASE("the parent of a path") {
    CHECK(parent_of("/run/muster/muster.sock") == "/run/muster");
    CHECK(parent_of("/muster.sock") == "/");
    CHECK(parent_of("muster.sock").empty());
}
