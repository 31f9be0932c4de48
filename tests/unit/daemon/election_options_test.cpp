// The options of the election, and what contradicts them.
#include <catch2/catch.hpp>

#include "daemon/load.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

Loaded load_with(std::vector<std::string> arguments, const std::string& file = {}) {
    if (!file.empty())
        arguments.insert(arguments.begin(), "--config=m.toml");
    Surroundings surroundings;
    surroundings.variable = [](const char*) { return static_cast<const char*>(nullptr); };
    surroundings.read_file = [&](const std::string&) -> Result<std::string> { return file; };
    surroundings.read_keyring = [](const std::string&) -> Result<swim::Keyring> {
        return Error{"none"};
    };
    surroundings.host_name = "host";
    return load(arguments, surroundings);
}

std::string errors(const std::vector<std::string>& arguments, const std::string& file = {}) {
    std::string all;
    for (const std::string& error : load_with(arguments, file).errors)
        all += (all.empty() ? "" : "\n") + error;
    return all;
}

TEST_CASE("a voter is told how to found its cluster, by flags and by the file") {
    const Loaded flags = load_with({"--voter", "--expect", "3", "--data-dir", "/d"});
    REQUIRE(flags.errors.empty());
    CHECK(flags.settings.election.candidate);
    CHECK(flags.settings.election.expect == 3);
    CHECK(flags.settings.election.mode == election::Mode::Auto);
    CHECK(flags.settings.election.timing.lease_ms == 800);
    const Loaded file = load_with(
        {},
        "data_dir = \"/d\"\nvoter = true\n[election]\nmode = \"quorum\"\ntiming = \"fast\"\n"
        "voters = [\"a\", \"b\", \"c\"]\npriority = 0\nreplace_after = \"1h\"\n"
        "cluster = \"00000000000000ab\"\n");
    REQUIRE(file.errors.empty());
    const election::Config& e = file.settings.election;
    CHECK(e.mode == election::Mode::Quorum);
    CHECK(e.timing.lease_ms == 150);
    CHECK(e.list == std::vector<Bytes>{"a", "b", "c"});
    CHECK(e.priority == 0);
    CHECK(e.replace_after == Duration(1h));
    CHECK(e.cluster == election::ClusterId{0xab});
}

TEST_CASE("what a voter cannot be is said, with what to do") {
    struct Row {
        const char* file;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {"voter = true\nephemeral = true\n",
         "m.toml:1: voter: a voter that keeps nothing would forget its votes and promises, and "
         "vote twice (give it --data-dir, or leave --voter out)"},
        {"voter = true\n",
         "m.toml:1: voter: a voter that keeps nothing would forget its votes and promises, and "
         "vote twice (give it --data-dir, or leave --voter out)"},
        {"voter = true\ndata_dir = \"/d\"\n[election]\nmode = \"view\"\n",
         "m.toml:1: voter: nobody votes with [election] mode = \"view\" (leave one of the two "
         "out)"},
        {"expect = 3\n",
         "m.toml:1: expect: it is for a host that votes, and this one does not (see --voter)"},
        {"[election]\nvoters = [\"a\"]\n",
         "m.toml:2: election.voters: it is for a host that votes, and this one does not (see "
         "--voter)"},
        {"voter = true\nexpect = 3\ndata_dir = \"/d\"\n[election]\nvoters = [\"a\"]\n",
         "m.toml:2: expect: the voters to found with are listed, and counted as well (leave one of "
         "the two out)"},
        {"voter = true\ndata_dir = \"/d\"\n[election]\nvoters = [\"a\", \"b\", \"a\"]\n",
         "m.toml:4: election.voters: \"a\" is named twice"},
        {"expect = 10\n", "m.toml:1: expect: '10' is not possible (a whole number from 1 to 9)"},
        {"[election]\ntiming = \"slow\"\n",
         "m.toml:2: election.timing: 'slow' is not a timing (standard, steady or fast)"},
        {"[election]\nmode = \"bully\"\n",
         "m.toml:2: election.mode: 'bully' is not a mode (quorum, view or off)"},
        {"[election]\ncluster = \"12\"\n",
         "m.toml:2: election.cluster: '12' is not a cluster id (16 hex digits, as `muster leader` "
         "shows them)"},
        {"[tag]\nmuster = \"1\"\n",
         "m.toml:1: tag: the tag 'muster' is reserved for musterd itself: leave it out"},
    }));
    CHECK(errors({}, row.file) == row.error);
}

TEST_CASE("on the command line it is a matter of usage") {
    const Loaded loaded = load_with({"--voter", "--ephemeral"});
    CHECK(loaded.usage);
    REQUIRE(loaded.errors.size() == 1);
    CHECK_THAT(loaded.errors[0], Catch::StartsWith("--voter: a voter that keeps nothing"));
}

TEST_CASE("tags leave room for the reserved one") {
    CHECK(errors({"--tag", "k=" + std::string(495, 'v')}).empty());
    CHECK_FALSE(errors({"--tag", "k=" + std::string(496, 'v')}).empty());
    CHECK_FALSE(
        errors({"--voter", "--data-dir", "/d", "--tag", "k=" + std::string(495, 'v')}).empty());
}

}  // namespace
