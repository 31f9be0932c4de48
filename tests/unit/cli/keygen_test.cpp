#include "cli/keygen.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/api/text.h"

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Directory {
    Directory() {
        char name[] = "/tmp/muster-keygen-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path;
};

std::string content(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

constexpr char key[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

}  // namespace

TEST_CASE("keys are 32 bytes, and no two are the same") {
    CHECK(random_key().size() == 32);
    CHECK(random_key() != random_key());
}

TEST_CASE("a new keyring is its owner's alone, and in the reference's form") {
    Directory directory;
    const std::string path = directory.path + "/keyring";
    REQUIRE_FALSE(write_new_keyring(path, key));
    CHECK(content(path) == "[\n  \"" + std::string(key) + "\"\n]");
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("a file that is there is never written to, nor what a link points at") {
    Directory directory;
    const std::string path = directory.path + "/keyring";
    std::ofstream(path) << "precious";
    const auto error = write_new_keyring(path, key);
    REQUIRE(error);
    CHECK_THAT(error->text, StartsWith("cannot make the keyring file " + path) &&
                                Contains("a keyring is never overwritten"));
    CHECK(content(path) == "precious");
    const std::string link = directory.path + "/link";
    REQUIRE(::symlink((directory.path + "/elsewhere").c_str(), link.c_str()) == 0);
    CHECK(write_new_keyring(link, key));
    CHECK_FALSE(std::filesystem::exists(directory.path + "/elsewhere"));
}

TEST_CASE("where no file can be made, the error says so") {
    const auto error = write_new_keyring("/nowhere/keyring", key);
    REQUIRE(error);
    CHECK_THAT(error->text, Contains("/nowhere/keyring") && Contains("No such file"));
    CHECK(write_new_keyring("/nowhere/keyring", "no key")->text.find("/nowhere") ==
          std::string::npos);
}
