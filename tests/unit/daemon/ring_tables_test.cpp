// [[ring]] in the configuration file: to settings, or to words with file, line and key.
#include <catch2/catch.hpp>

#include "daemon/load.h"

using namespace muster;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Loaded loaded(const std::string& file) {
    Surroundings surroundings;
    surroundings.variable = [](const char*) -> const char* { return nullptr; };
    surroundings.read_file = [&file](const std::string&) -> Result<std::string> { return file; };
    surroundings.read_keyring = [](const std::string&) -> Result<swim::Keyring> {
        return Error{"no keyring"};
    };
    surroundings.host_name = "host";
    return load({"--config=m.toml"}, surroundings);
}

}  // namespace

TEST_CASE("rings are read in their order, with all of their keys") {
    const Loaded ok = loaded(
        "node = \"n\"\n"
        "[[ring]]\nname = \"cache\"\nfilter = { role = \"cache\", \"a\" = \"b=c\" }\nvnodes = 100\n"
        "replicas = 3\nzone_tag = \"rack\"\nweight_tag = \"size\"\nsettle = \"1500ms\"\n"
        "[[ring]]\nname = \"all\"\nalgorithm = \"rendezvous\"\n"
        "[tag]\nrole = \"web\"\n");
    for (const std::string& error : ok.errors)
        UNSCOPED_INFO(error);
    REQUIRE(ok.errors.empty());
    REQUIRE(ok.settings.rings.size() == 2);
    const ring::RingSettings& cache = ok.settings.rings[0];
    CHECK(cache.name == "cache");
    CHECK(cache.filter == cluster::Tags{{"a", "b=c"}, {"role", "cache"}});
    CHECK(cache.function == ring::Function{ring::Algorithm::Vnodes, 100});
    CHECK(cache.replicas == 3);
    CHECK(cache.tags.zone == "rack");
    CHECK(cache.tags.weight == "size");
    CHECK(cache.settle == 1500ms);
    const ring::RingSettings& all = ok.settings.rings[1];
    CHECK(all.function == ring::Function{ring::Algorithm::Rendezvous, 0});
    CHECK(all.filter.empty());
    CHECK(all.settle == 3s);
    CHECK(loaded("node = \"n\"\n").settings.rings.empty());
}

TEST_CASE("what is wrong with a ring is said with file, line and key") {
    const auto [file, words] = GENERATE(table<const char*, const char*>({
        {"[[ring]]\n", "m.toml:1: a [[ring]] needs a name"},
        {"\n[[ring]]\nname = 7\n", "m.toml:3: ring.name must be a string, not a whole number"},
        {"[[ring]]\nname = \"\"\n", "m.toml:2: ring '': name: '' is not possible"},
        {"[[ring]]\nname = \"a\"\nvnodes = 0\n", "m.toml:3: ring 'a': vnodes: '0' is not possible"},
        {"[[ring]]\nname = \"a\"\nvnodes = -1\n",
         "m.toml:3: ring 'a': vnodes: '-1' is not possible"},
        {"[[ring]]\nname = \"a\"\nvnodes = 1.5\n",
         "m.toml:3: ring.vnodes must be a whole number, not a number with a fraction"},
        {"[[ring]]\nname = \"a\"\nalgorithm = \"rendezvous\"\nvnodes = 3\n",
         "m.toml:4: ring 'a': vnodes: rendezvous has no virtual nodes"},
        {"[[ring]]\nname = \"a\"\nreplicas = 65\n", "m.toml:3: ring 'a': replicas: '65'"},
        {"[[ring]]\nname = \"a\"\nsettle = 3\n",
         "m.toml:3: ring.settle must be a duration in quotes"},
        {"[[ring]]\nname = \"a\"\nsettle = \"soon\"\n", "m.toml:3: ring.settle: "},
        {"[[ring]]\nname = \"a\"\nsettle = \"61s\"\n", "m.toml:3: ring 'a': settle: "},
        {"[[ring]]\nname = \"a\"\nfilter = \"role\"\n", "m.toml:3: ring.filter must be a table"},
        {"[[ring]]\nname = \"a\"\nfilter = { role = 1 }\n", "m.toml:3: ring.filter must be"},
        {"[[ring]]\nname = \"a\"\nfilter = [\"role\"]\n",
         "m.toml:3: ring.filter: 'role' is not a tag and its value"},
        {"[[ring]]\nname = \"a\"\nzone_tag = \"w\"\nweight_tag = \"w\"\n",
         "m.toml:4: ring 'a': weight_tag: 'w' is its zone_tag as well"},
        {"[[ring]]\nname = \"a\"\n[[ring]]\nname = \"b\"\n[[ring]]\nname = \"a\"\n",
         "m.toml:5: ring 'a': there are two of this name (the first stands at line 1)"},
        {"[[ring]]\nname = \"a\"\nreplica = 2\n",
         "m.toml:3: unknown key 'replica' in [ring] (did you mean 'replicas'?)"},
        {"[ring]\nname = \"a\"\n",
         "m.toml:1: ring must be an array of tables, as [[ring]] makes one"},
        {"ring = 7\n", "m.toml:1: ring must be an array of tables"},
        {"rings = 7\n", "m.toml:1: unknown key 'rings' (did you mean 'ring'?)"},
    }));
    CAPTURE(file);
    const Loaded wrong = loaded(file);
    REQUIRE(wrong.errors.size() == 1);
    CHECK_THAT(wrong.errors[0], Catch::Matchers::StartsWith(words));
    CHECK_FALSE(wrong.usage);
}

TEST_CASE("all that is wrong is said, and too many rings are") {
    const Loaded two = loaded("[[ring]]\nname = \"a\"\nvnodes = 0\n[[ring]]\nname = \"b c\"\n");
    REQUIRE(two.errors.size() == 2);
    CHECK_THAT(two.errors[1], Catch::Matchers::StartsWith("m.toml:5: ring 'b c': name: "));
    std::string many;
    for (std::size_t i = 0; i <= ring::max_rings; ++i)
        many += "[[ring]]\nname = \"r" + std::to_string(i) + "\"\n";
    const Loaded too_many = loaded(many);
    REQUIRE(too_many.errors.size() == 1);
    CHECK(too_many.errors[0] == "m.toml:33: there are 17 rings, at most 16 are possible");
}

TEST_CASE("the mark of muster is no tag that somebody can configure") {
    const Loaded wrong = loaded("[tag]\nmuster = \"1\"\n");
    REQUIRE(wrong.errors.size() == 1);
    CHECK_THAT(wrong.errors[0], Contains("the tag 'muster' is reserved for musterd itself"));
    // Tags that fit by themselves, and not beside it.
    const Loaded large = loaded("[tag]\nt = \"" + std::string(500, 'x') + "\"\n");
    REQUIRE(large.errors.size() == 1);
    CHECK_THAT(large.errors[0], Contains("exceeds limit of 512 bytes by"));
}
