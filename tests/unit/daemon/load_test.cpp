// The whole way from file, environment and flags to values, or to the words that say what is wrong.
#include "daemon/load.h"

#include <catch2/catch.hpp>
#include <map>

#include "daemon/options.h"
#include "tests/support/keys.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

struct World {
    std::map<std::string, std::string> variables;
    std::string file;  // of the name m.toml
    std::map<std::string, swim::Keyring> keyrings;
    bool is_root = false;

    Loaded load(std::vector<std::string> arguments = {}) const {
        if (!file.empty())
            arguments.insert(arguments.begin(), "--config=m.toml");
        Surroundings surroundings;
        surroundings.variable = [this](const char* name) -> const char* {
            const auto found = variables.find(name);
            return found == variables.end() ? nullptr : found->second.c_str();
        };
        surroundings.read_file = [this](const std::string& path) -> Result<std::string> {
            if (path != "m.toml" || file.empty())
                return Error{"cannot read " + path};
            return file;
        };
        surroundings.read_keyring = [this](const std::string& path) -> Result<swim::Keyring> {
            const auto found = keyrings.find(path);
            return found == keyrings.end() ? Result<swim::Keyring>(Error{path + ": no keyring"})
                                           : found->second;
        };
        surroundings.host_name = "host";
        surroundings.is_root = is_root;
        return muster::load(arguments, surroundings);
    }

    Settings settings(std::vector<std::string> arguments = {}) const {
        const Loaded loaded = load(std::move(arguments));
        for (const std::string& error : loaded.errors)
            UNSCOPED_INFO(error);
        REQUIRE(loaded.errors.empty());
        return loaded.settings;
    }

    // All complaints, a line each.
    std::string errors(std::vector<std::string> arguments = {}) const {
        std::string all;
        for (const std::string& error : load(std::move(arguments)).errors)
            all += (all.empty() ? "" : "\n") + error;
        return all;
    }
};

World with_file(std::string file) {
    World world;
    world.file = std::move(file);
    return world;
}

}  // namespace

TEST_CASE("without a word the defaults hold") {
    const Settings s = World{}.settings();
    CHECK(s.node == "host");
    CHECK(s.bind.to_string() == "0.0.0.0:7946");
    CHECK_FALSE(s.advertise);
    CHECK(s.join.empty());
    CHECK(s.tags.empty());
    CHECK(s.api == "/run/muster/muster.sock");
    CHECK_FALSE(s.rpc_addr);
    CHECK(s.profile == swim::Profile::Lan);
    CHECK(s.label.empty());
    CHECK(s.log_level == LogLevel::Info);
    CHECK(s.log_format == LogFormat::Text);
    CHECK(s.swim.probe_interval == 1s);
}

TEST_CASE("state is kept where root says nothing else, and by nobody else unasked") {
    World world;
    world.is_root = GENERATE(true, false);
    CHECK(world.settings().data_dir == (world.is_root ? "/var/lib/muster" : ""));
    CHECK(world.settings({"--data-dir", "/d"}).data_dir == "/d");
    // A service has what systemd made for it, whoever it runs as.
    world.variables["STATE_DIRECTORY"] = "/var/lib/service:/var/lib/other";
    CHECK(world.settings().data_dir == "/var/lib/service");
    CHECK(world.settings({"--data-dir", "/d"}).data_dir == "/d");
    world.variables.erase("STATE_DIRECTORY");
    CHECK(world.settings({"--ephemeral"}).data_dir.empty());
    CHECK(world.settings({"--ephemeral"}).ephemeral);
    CHECK(world.settings().ephemeral == !world.is_root);
}

TEST_CASE("the socket's place is that of the user") {
    World world;
    world.variables["XDG_RUNTIME_DIR"] = "/run/user/7";
    CHECK(world.settings().api == "/run/user/7/muster.sock");
    world.is_root = true;
    CHECK(world.settings().api == "/run/muster/muster.sock");
    world.variables["MUSTER_API"] = "/x/a.sock";
    CHECK(world.settings().api == "/x/a.sock");
    CHECK(world.settings({"--api", "/y/b.sock"}).api == "/y/b.sock");
}

TEST_CASE("the flag wins over the variable, and that over the file") {
    World world = with_file("node = \"of-file\"\nlog_level = \"warn\"\nlabel = \"of-file\"\n");
    world.variables["MUSTER_NODE"] = "of-variable";
    world.variables["MUSTER_LABEL"] = "of-variable";
    const Settings s = world.settings({"--node", "of-flag"});
    CHECK(s.node == "of-flag");
    CHECK(s.label == "of-variable");
    CHECK(s.log_level == LogLevel::Warn);
}

TEST_CASE("lists are replaced as a whole, tags one by one") {
    World world = with_file(
        "join = [\"a\", \"b\"]\n[tags]\nrole = \"web\"\nzone = \"1\"\n\"with.dot\" = \"x=y\"\n");
    CHECK(world.settings().join == std::vector<std::string>{"a", "b"});
    CHECK(world.settings().tags ==
          cluster::Tags{{"role", "web"}, {"with.dot", "x=y"}, {"zone", "1"}});
    world.variables["MUSTER_JOIN"] = "c,d";
    world.variables["MUSTER_TAG"] = "zone=2";
    CHECK(world.settings().join == std::vector<std::string>{"c", "d"});
    CHECK(world.settings().tags["zone"] == "2");
    const Settings s =
        world.settings({"--join", "e", "--join=f:1", "--tag", "zone=3", "--tag=a=b=c"});
    CHECK(s.join == std::vector<std::string>{"e", "f:1"});
    CHECK(s.tags ==
          cluster::Tags{{"a", "b=c"}, {"role", "web"}, {"with.dot", "x=y"}, {"zone", "3"}});
}

TEST_CASE("tags may be written as a table, by either name, or as a list") {
    const std::string text = GENERATE(as<std::string>{}, "[tag]\nk = \"v\"", "[tags]\nk = \"v\"",
                                      "tag = { k = \"v\" }", "tag = [\"k=v\"]");
    CHECK(with_file(text).settings().tags == cluster::Tags{{"k", "v"}});
}

TEST_CASE("a profile is the ground on which the knobs stand, wherever either is written") {
    World world = with_file("[swim]\nprobe_timeout = \"700ms\"\n");
    const Settings s = world.settings({"--profile=wan"});
    CHECK(s.swim.probe_timeout == 700ms);
    CHECK(s.swim.probe_interval == 5s);
    CHECK(s.swim.suspicion_mult == 6);
}

TEST_CASE("every knob has its key and its variable") {
    World world = with_file(
        "[swim]\nindirect_checks = 7\ncompression = false\npush_pull_interval = \"1m30s\"\n"
        "[cluster]\nforget_after = \"2d\"\nqueue_max = 99\n");
    world.variables["MUSTER_SWIM_GOSSIP_NODES"] = "9";
    world.variables["MUSTER_SWIM_ACCUSE_FIRST"] = "false";
    world.variables["MUSTER_CLUSTER_RETRY_MAX"] = "5m";
    const Settings s = world.settings();
    CHECK(s.swim.indirect_checks == 7);
    CHECK_FALSE(s.swim.compression);
    CHECK(s.swim.push_pull_interval == 90s);
    CHECK(s.swim.gossip_nodes == 9);
    CHECK_FALSE(s.swim.accuse_first);
    CHECK(s.cluster.forget_after == 48h);
    CHECK(s.cluster.queue_max == 99);
    CHECK(s.cluster.retry_max == 5min);
}

TEST_CASE("what is wrong in the file is said with file, line and key") {
    struct Row {
        const char* file;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {"\nnodes = \"a\"\n", "m.toml:2: unknown key 'nodes' (did you mean 'node'?)"},
        {"colour = 1\n", "m.toml:1: unknown key 'colour'"},
        {"[swim]\nprobe_intervall = \"1s\"\n",
         "m.toml:2: unknown key 'probe_intervall' in [swim] (did you mean 'probe_interval'?)"},
        {"probe_interval = \"1s\"\n",
         "m.toml:1: unknown key 'probe_interval' (it belongs in [swim])"},
        {"[swim]\nbind = \"::\"\n",
         "m.toml:2: unknown key 'bind' in [swim] (it belongs at the top of the file, before any "
         "[table])"},
        {"[swimm]\n", "m.toml:1: unknown key 'swimm' (did you mean 'swim'?)"},
        {"swim = 1\n", "m.toml:1: swim must be a table, not a whole number"},
        {"node = 1\n", "m.toml:1: node must be a string, not a whole number"},
        {"join = \"a\"\n", "m.toml:1: join must be a list of strings, not a string"},
        {"join = [1]\n", "m.toml:1: join must be a list of strings, not a list"},
        {"ephemeral = \"yes\"\n", "m.toml:1: ephemeral must be true or false, not a string"},
        {"tags = 7\n",
         "m.toml:1: tag must be a table of strings, such as { role = \"web\" }, not a whole "
         "number"},
        {"[swim]\nprobe_interval = 7\n",
         "m.toml:2: swim.probe_interval must be a duration in quotes, such as \"500ms\", not a "
         "whole number"},
        {"[swim]\nprobe_interval = \"soon\"\n",
         "m.toml:2: swim.probe_interval: 'soon' is not a duration (write it like 500ms, 3s, 2m, 1h "
         "or 1h30m)"},
        {"[swim]\ngossip_nodes = 1.5\n",
         "m.toml:2: swim.gossip_nodes must be a whole number, not a number with a fraction"},
        {"[swim]\nawareness_max = 0\n",
         "m.toml:2: swim.awareness_max: '0' is not possible (a whole number from 1 to 64)"},
        {"[swim]\ngossip_nodes = -1\n",
         "m.toml:2: swim.gossip_nodes: '-1' is not possible (a whole number from 1 to 64)"},
        {"node = \"\"\n", "m.toml:1: node: a node needs a name (leave it out for the host's name)"},
        {"bind = \"here\"\n",
         "m.toml:1: bind: 'here' is not an address (an IP address with or without a port is "
         "expected, such as 10.0.0.1, 10.0.0.1:7946, ::1 or [::1]:7946)"},
        {"advertise = \"0.0.0.0:7946\"\n",
         "m.toml:1: advertise: '0.0.0.0:7946' is a wildcard, no address that others could send to "
         "(give one of this host, or leave it out)"},
        {"join = [\"h1\", \"h 2\"]\n",
         "m.toml:1: join: 'h 2' is not a seed (write HOST, HOST:PORT, an address, or "
         "[IPV6]:PORT)"},
        {"tag = [\"role\"]\n", "m.toml:1: tag: 'role' is not a tag (write KEY=VALUE)"},
        {"profile = \"fast\"\n", "m.toml:1: profile: 'fast' is not a profile (lan, wan or local)"},
        {"log_level = \"loud\"\n",
         "m.toml:1: log_level: 'loud' is not a level (trace, debug, info, warn or error)"},
        {"log_format = \"xml\"\n", "m.toml:1: log_format: 'xml' is not a format (text or json)"},
    }));
    CHECK(with_file(row.file).errors() == row.error);
    CHECK_FALSE(with_file(row.file).load().usage);
}

TEST_CASE("contradictions are said with the place of the one that was given") {
    struct Row {
        const char* file;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {"[swim]\nprobe_interval = \"1s\"\nprobe_timeout = \"2s\"\n",
         "m.toml:3: swim.probe_timeout: probe_timeout (2s) must be shorter than probe_interval "
         "(1s): no time would be left to ask others"},
        {"[swim]\nprobe_interval = \"500ms\"\n",
         "m.toml:2: swim.probe_interval: probe_timeout (500ms) must be shorter than probe_interval "
         "(500ms): no time would be left to ask others"},
        {"[swim]\nprobe_timeout = \"0s\"\n",
         "m.toml:2: swim.probe_timeout: it must be longer than 0"},
        {"[cluster]\nbroadcast_timeout = \"999ms\"\n",
         "m.toml:2: cluster.broadcast_timeout: broadcast_timeout (999ms) must be at least 1s"},
        {"[cluster]\nretry_max = \"1s\"\n",
         "m.toml:2: cluster.retry_max: retry_first (2s) must not be longer than retry_max (1s)"},
        {"data_dir = \"/d\"\nephemeral = true\n",
         "m.toml:2: ephemeral: nothing is to be kept, and data_dir says where to keep it (leave "
         "one "
         "of the two out)"},
        {"rpc_addr = \"10.0.0.1:7373\"\n",
         "m.toml:1: rpc_addr: 10.0.0.1:7373 can be reached from other hosts, and no token is asked "
         "of them (set rpc_auth, or use a loopback address)"},
        {"rpc_auth = \"secret\"\n",
         "m.toml:1: rpc_auth: the token protects nothing without rpc_addr (set that, or leave it "
         "out)"},
        {"bind = \"10.0.0.1\"\nadvertise = \"2001:db8::1\"\n",
         "m.toml:2: advertise: nobody reaches [2001:db8::1]:0 at a socket that is bound to "
         "10.0.0.1:7946 (one is IPv4, the other IPv6)"},
    }));
    CHECK(with_file(row.file).errors() == row.error);
}

TEST_CASE("what does not fit the wire is refused with its size") {
    CHECK(World{}.errors({"--label", std::string(256, 'x')}) ==
          "--label: the label has 256 bytes, at most 255 are possible");
    CHECK(World{}.settings({"--label", std::string(255, 'x')}).label.size() == 255);
    CHECK(World{}.errors({"--node", std::string(256, 'x')}) ==
          "--node: the name has 256 bytes, at most 255 are possible");
    CHECK(World{}.errors({"--api", "/" + std::string(107, 'x')}) ==
          "--api: the path has 108 bytes, a socket's can have 107");
    const std::string too_many_tags = World{}.errors({"--tag", "k=" + std::string(510, 'v')});
    CHECK_THAT(too_many_tags, Catch::StartsWith("--tag: ") && Catch::Contains("512"));
}

TEST_CASE("all that is wrong is said, not only the first thing") {
    CHECK(
        with_file("nodee = 1\nbind = 7\n[swim]\nprobe_interval = \"x\"\n").errors() ==
        "m.toml:1: unknown key 'nodee' (did you mean 'node'?)\n"
        "m.toml:2: bind must be a string, not a whole number\n"
        "m.toml:4: swim.probe_interval: 'x' is not a duration (write it like 500ms, 3s, 2m, 1h or "
        "1h30m)");
}

TEST_CASE("a file that cannot be read, or is no TOML, is refused") {
    CHECK(World{}.errors({"--config=other.toml"}) == "cannot read other.toml");
    CHECK_THAT(with_file("node = \n").errors(), Catch::StartsWith("m.toml:1: this is not TOML: "));
    CHECK_THAT(with_file("\n\n[swim\n").errors(),
               Catch::StartsWith("m.toml:3: this is not TOML: "));
}

TEST_CASE("the file may be named by a variable") {
    World world;
    world.file = "node = \"of-file\"";
    world.variables["MUSTER_CONFIG"] = "m.toml";
    CHECK(world.settings().node == "of-file");
}

TEST_CASE("variables are refused by their names") {
    World world;
    world.variables["MUSTER_BIND"] = "here";
    world.variables["MUSTER_EPHEMERAL"] = "yes";
    world.variables["MUSTER_SWIM_GOSSIP_NODES"] = "many";
    CHECK_THAT(world.errors(),
               Catch::Contains("MUSTER_BIND: 'here' is not an address") &&
                   Catch::Contains("MUSTER_EPHEMERAL: 'yes' is neither true nor false") &&
                   Catch::Contains("MUSTER_SWIM_GOSSIP_NODES: 'many' is not possible"));
    CHECK_FALSE(world.load().usage);
    // Set to nothing is not set.
    world.variables = {{"MUSTER_BIND", ""}};
    CHECK(world.errors().empty());
}

TEST_CASE("a wrong command line is said to be one") {
    struct Row {
        std::vector<std::string> arguments;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {{"--bnd=::1"}, "unknown flag --bnd (did you mean --bind?)"},
        {{"--colour"}, "unknown flag --colour (see --help)"},
        {{"start"}, "unexpected argument 'start' (see --help)"},
        {{"--rpc-auth", "x"},
         "there is no flag --rpc-auth (set rpc_auth in the file, or MUSTER_RPC_AUTH)"},
        {{"--probe-interval=1s"},
         "there is no flag --probe-interval (set swim.probe_interval in the file, or "
         "MUSTER_SWIM_PROBE_INTERVAL)"},
        {{"--bind=here"},
         "--bind: 'here' is not an address (an IP address with or without a port is expected, such "
         "as 10.0.0.1, 10.0.0.1:7946, ::1 or [::1]:7946)"},
        {{"--ephemeral", "--data-dir=/d"},
         "--ephemeral: nothing is to be kept, and --data-dir says where to keep it (leave one of "
         "the two out)"},
    }));
    CHECK_THAT(World{}.errors(row.arguments), Catch::StartsWith(row.error));
    CHECK(World{}.load(row.arguments).usage);
}

TEST_CASE("a flag without its value is refused") {
    const Loaded loaded = World{}.load({"--bind"});
    CHECK(loaded.usage);
    REQUIRE(loaded.errors.size() == 1);
    CHECK_THAT(loaded.errors[0], Catch::Contains("--bind"));
}

TEST_CASE("of a place to keep state and the wish to keep none, the later word counts") {
    World world = with_file("data_dir = \"/d\"\n");
    CHECK(world.settings({"--ephemeral"}).data_dir.empty());
    world.file = "ephemeral = true\n";
    CHECK(world.settings({"--data-dir=/e"}).data_dir == "/e");
    CHECK_FALSE(world.settings({"--data-dir=/e"}).ephemeral);
}

TEST_CASE("what the command line wishes for") {
    using Wish = Loaded::Wish;
    CHECK(World{}.load().wish == Wish::Run);
    CHECK(World{}.load({"--validate"}).wish == Wish::Validate);
    CHECK(World{}.load({"--version"}).wish == Wish::Version);
    // Even where the rest is wrong.
    CHECK(World{}.load({"--version", "--bind=here"}).errors.empty());
    const Loaded help = World{}.load({"--help"});
    CHECK(help.wish == Wish::Help);
    for (const Option& option : all_options()) {
        if (option.has_flag)
            CHECK_THAT(help.help, Catch::Contains(option.flag() + " "));
    }
}

TEST_CASE("keys come from a keyring or from a single key, by whatever name") {
    World world;
    world.keyrings["/k"] = test::ring_of("ab");
    CHECK(world.settings().keyring.empty());
    for (const char* key : {"keyring", "keyring_file"}) {
        world.file = std::string(key) + " = '/k'";
        CHECK(test::order(world.settings().keyring) == "ab");
        CHECK(world.settings().keyring_file == "/k");
    }
    world.file.clear();
    CHECK(test::order(world.settings({"--keyring", "/k"}).keyring) == "ab");
    world.variables["MUSTER_KEYRING"] = "/k";
    CHECK(test::order(world.settings().keyring) == "ab");

    const World single = with_file("encrypt_key = 'YmJiYmJiYmJiYmJiYmJiYg=='");
    CHECK(test::order(single.settings().keyring) == "b");
    CHECK(single.settings().keyring_file.empty());
}

TEST_CASE("how strict an agent with keys is") {
    CHECK(World{}.settings().verify.incoming);
    CHECK(World{}.settings().verify.outgoing);
    const Settings s =
        with_file("[swim]\nverify_incoming = false\nverify_outgoing = false").settings();
    CHECK_FALSE(s.verify.incoming);
    CHECK_FALSE(s.verify.outgoing);
}

TEST_CASE("keys that cannot be used are refused, and never repeated") {
    World world = with_file("encrypt_key = 'c2VjcmV0IHNlY3JldA=='");
    world.keyrings["/k"] = test::ring_of("a");
    CHECK(world.errors() == "m.toml:1: encrypt_key: key size must be 16, 24 or 32 bytes");
    world.file = "encrypt_key = 'secretsecret!'";
    CHECK(world.errors() ==
          "m.toml:1: encrypt_key: expected a key of 16, 24 or 32 bytes in base64, with its "
          "padding");
    world.file = "encrypt_key = ['c2VjcmV0IHNlY3JldA==']";
    CHECK(world.errors().find("c2Vj") == std::string::npos);
    world.file = "encrypt_key = 'YmJiYmJiYmJiYmJiYmJiYg=='\nkeyring = '/k'";
    CHECK(world.errors() ==
          "m.toml:1: encrypt_key: a single key is given, and keyring has keys too (leave one of "
          "the two out)");
    CHECK(world.errors({"--keyring", "/k"}).find("--keyring: ") == 0);
    CHECK(World{}.errors({"--keyring", "/absent"}) == "/absent: no keyring");
    CHECK(World{}.errors({"--encrypt-key", "c2VjcmV0"}).find("there is no flag --encrypt-key") ==
          0);
}
