// The keyring's file on a real file system.
#include "agent/keyring_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/keys.h"

using namespace muster;
using muster::test::order;
using muster::test::ring_of;

namespace {

constexpr const char* two_keys =
    "[\n  \"YWFhYWFhYWFhYWFhYWFhYQ==\",\n  \"YmJiYmJiYmJiYmJiYmJiYg==\"\n]";

struct Directory {
    Directory() {
        char path[] = "/tmp/muster-keys-XXXXXX";
        REQUIRE(mkdtemp(path) != nullptr);
        name = path;
    }
    ~Directory() { std::filesystem::remove_all(name); }

    std::string put(const std::string& file, const std::string& content, mode_t mode = 0600) {
        const std::string path = name + "/" + file;
        std::ofstream(path) << content;
        REQUIRE(chmod(path.c_str(), mode) == 0);
        return path;
    }

    std::string name;
};

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const std::string& path) {
    struct stat is {};
    REQUIRE(stat(path.c_str(), &is) == 0);
    return is.st_mode & 07777U;
}

std::string trouble(const std::string& path) {
    const Result<swim::Keyring> ring = load_keyring(path);
    return ring ? "" : ring.error().text;
}

std::size_t files_in(const std::string& directory) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("a keyring that only its owner can reach is loaded") {
    Directory dir;
    const mode_t mode = GENERATE(0600U, 0400U, 0700U);
    const std::string path = dir.put("ring", two_keys, mode);
    const Result<swim::Keyring> ring = load_keyring(path);
    REQUIRE(ring);
    CHECK(order(*ring) == "ab");
}

TEST_CASE("a keyring that others can reach is refused, with what to do") {
    Directory dir;
    const auto [mode, text] = GENERATE(table<mode_t, std::string>({
        {0644, "0644"},
        {0640, "0640"},
        {0604, "0604"},
        {0620, "0620"},
        {0666, "0666"},
        {0601, "0601"},
    }));
    const std::string path = dir.put("ring", two_keys, mode);
    CHECK(trouble(path) == "cannot use the keyring " + path + ": its mode " + text +
                               " lets others at the keys (to do: chmod 600 " + path + ")");
}

TEST_CASE("a keyring that is none is refused, with its name and without its content") {
    Directory dir;
    const std::string absent = dir.name + "/absent";
    CHECK(trouble(absent) ==
          "cannot use the keyring " + absent + ": No such file or directory (see --keyring)");
    CHECK(trouble(dir.name) == "cannot use the keyring " + dir.name + ": it is not a file");
    const std::string pipe = dir.name + "/pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(trouble(pipe) == "cannot use the keyring " + pipe + ": it is not a file");
    const std::string empty = dir.put("empty", "");
    CHECK(trouble(empty) == empty + ": the keyring: expected a JSON array of base64 strings");
    const std::string large = dir.put("large", std::string(swim::max_keyring_text + 1, ' '));
    CHECK(trouble(large) == large + ": the keyring: expected at most 16384 bytes, found more");
    const std::string bad = dir.put("bad", "[\"YWFhYWFhYWFhYWFhYWFhYQ==\", \"c2VjcmV0\"]");
    CHECK(trouble(bad) == bad + ": the keyring: key 2: key size must be 16, 24 or 32 bytes");
}

TEST_CASE(
    "a saved keyring is the reference's file, for its owner alone, and nothing is left over") {
    Directory dir;
    const std::string path = dir.put("ring", "[\"YmJiYmJiYmJiYmJiYmJiYg==\"]", 0400);
    // What a crash in the middle of a write left behind, and a careless umask.
    dir.put("ring.new", "half of a keyr", 0644);
    const mode_t before = umask(0);
    CHECK_FALSE(save_keyring(path, ring_of("ab")));
    umask(before);
    CHECK(content_of(path) == two_keys);
    CHECK(mode_of(path) == 0600);
    CHECK(files_in(dir.name) == 1);
    const Result<swim::Keyring> back = load_keyring(path);
    REQUIRE(back);
    CHECK(order(*back) == "ab");
}

TEST_CASE("a keyring behind a link is written where it is") {
    Directory dir;
    const std::string path = dir.put("real", "[]");
    const std::string link = dir.name + "/link";
    std::filesystem::create_symlink(path, link);
    CHECK_FALSE(save_keyring(link, ring_of("ab")));
    CHECK(std::filesystem::is_symlink(link));
    CHECK(content_of(path) == two_keys);
}

TEST_CASE("nothing is written through a link that somebody has laid in the way") {
    Directory dir;
    const std::string path = dir.put("ring", "[]");
    const std::string victim = dir.put("victim", "of others", 0644);
    std::filesystem::create_symlink(victim, path + ".new");
    CHECK_FALSE(save_keyring(path, ring_of("ab")));
    CHECK(content_of(victim) == "of others");
    CHECK(content_of(path) == two_keys);
}

TEST_CASE("a keyring that cannot be written stays as it was, and the error says why") {
    Directory dir;
    const std::string nowhere = dir.name + "/absent/ring";
    const std::optional<Error> error = save_keyring(nowhere, ring_of("ab"));
    REQUIRE(error);
    CHECK(error->text == "cannot create " + nowhere + ".new: No such file or directory");

    // A directory in the way: nobody can write over that, not even root.
    const std::string path = dir.put("ring", "before");
    std::filesystem::create_directory(path + ".new");
    const std::optional<Error> blocked = save_keyring(path, ring_of("ab"));
    REQUIRE(blocked);
    CHECK(blocked->text == "cannot create " + path + ".new: File exists");
    CHECK(content_of(path) == "before");
}
