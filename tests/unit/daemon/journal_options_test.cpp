// How much of the past is kept, as a person says it.
#include <catch2/catch.hpp>

#include "daemon/load.h"

using namespace muster;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Loaded load_with(const std::string& file) {
    Surroundings surroundings;
    surroundings.variable = [](const char*) { return static_cast<const char*>(nullptr); };
    surroundings.read_file = [&](const std::string&) -> Result<std::string> { return file; };
    surroundings.read_keyring = [](const std::string&) -> Result<swim::Keyring> {
        return Error{"none"};
    };
    surroundings.host_name = "host";
    return load({"--config=m.toml"}, surroundings);
}

}  // namespace

TEST_CASE("the history is kept for a month, and in 64 MiB") {
    const Loaded loaded = load_with("");
    REQUIRE(loaded.errors.empty());
    CHECK(loaded.settings.retention.keep == Duration(720h));
    CHECK(loaded.settings.retention.max_size == 67108864);
}

TEST_CASE("how long and in how much is the file's to say") {
    const Loaded loaded = load_with("[journal]\nkeep = \"7d\"\nmax_size = 5000000000\n");
    REQUIRE(loaded.errors.empty());
    CHECK(loaded.settings.retention.keep == Duration(168h));
    CHECK(loaded.settings.retention.max_size == 5'000'000'000);
}

TEST_CASE("what cannot be kept is refused with its place") {
    const auto [line, words] = GENERATE(table<const char*, const char*>({
        {"keep = \"0s\"", "keep: it must be longer than 0"},
        {"keep = \"-1h\"", "keep"},
        {"keep = \"a month\"", "keep"},
        {"keep = 30", "keep"},
        {"max_size = 0", "'0' is not possible (bytes, a whole number from 65536 to 1099511627776)"},
        {"max_size = 65535", "from 65536"},
        {"max_size = -1", "max_size"},
        {"max_size = 1099511627777", "is not possible"},
        {"max_size = \"64M\"", "max_size"},
        {"kept = \"1h\"", "kept"},
    }));
    CAPTURE(line);
    const Loaded loaded = load_with(std::string("[journal]\n") + line + "\n");
    REQUIRE(loaded.errors.size() == 1);
    CHECK_THAT(loaded.errors[0], Contains(words) && Contains("m.toml:2"));
}
