#include "cli/options.h"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Arguments = std::vector<std::string>;

Options parsed(const Arguments& arguments) {
    const auto outcome = parse_options(arguments);
    if (const auto* usage = std::get_if<Usage>(&outcome))
        FAIL(usage->text);
    return std::get<Options>(outcome);
}

template <class Command>
Command command(const Arguments& arguments) {
    return std::get<Command>(parsed(arguments).command);
}

Usage usage(const Arguments& arguments) {
    const auto outcome = parse_options(arguments);
    REQUIRE(std::holds_alternative<Usage>(outcome));
    return std::get<Usage>(outcome);
}

}  // namespace

TEST_CASE("common options are accepted before and after the command") {
    for (const Arguments& each : {Arguments{"--api", "/s", "--format", "json", "info"},
                                  Arguments{"info", "--api", "/s", "--format", "json"},
                                  Arguments{"--api=/s", "info", "--format=json"}}) {
        const Options options = parsed(each);
        CHECK(options.api == "/s");
        CHECK(options.json);
        CHECK(std::holds_alternative<InfoOptions>(options.command));
    }
    CHECK_FALSE(parsed({"info"}).json);
    const Options rpc = parsed({"members", "--rpc-addr", "h:1", "--rpc-auth", "t"});
    CHECK(rpc.rpc_addr == "h:1");
    CHECK(rpc.rpc_auth == "t");
}

TEST_CASE("members takes its filters") {
    const auto options =
        command<MembersOptions>({"members", "--status", "alive|failed", "--name", "n.*", "--tag",
                                 "role=web=1", "--tag", "dc=", "--watch", "--detailed"});
    CHECK(options.status == "alive|failed");
    CHECK(options.name == "n.*");
    CHECK(options.tags == api::TextMap{{"dc", ""}, {"role", "web=1"}});
    CHECK(options.watch);
    CHECK(options.detailed);
    CHECK_FALSE(command<MembersOptions>({"members"}).watch);
}

TEST_CASE("join, leave and force-leave take their arguments") {
    CHECK(command<JoinOptions>({"join", "h1", "h2:7946", "--replay"}).seeds ==
          Arguments{"h1", "h2:7946"});
    CHECK(command<JoinOptions>({"join", "h1", "--format", "json"}).seeds == Arguments{"h1"});
    CHECK(command<JoinOptions>({"join", "--replay", "h1"}).replay);
    command<LeaveOptions>({"leave"});
    const auto forced = command<ForceLeaveOptions>({"force-leave", "--prune", "n1"});
    CHECK(forced.name == "n1");
    CHECK(forced.prune);
    CHECK_FALSE(command<ForceLeaveOptions>({"force-leave", "n1"}).prune);
}

TEST_CASE("wait takes what it waits for, and for how long") {
    const auto options = command<WaitOptions>({"wait", "--members", "3", "--member", "n1=failed",
                                               "--member", "a=b=left", "--timeout", "1m30s"});
    CHECK(options.members == 3U);
    REQUIRE(options.statuses.size() == 2);
    CHECK(options.statuses[0] == std::pair<std::string, std::string>("n1", "failed"));
    CHECK(options.statuses[1] == std::pair<std::string, std::string>("a=b", "left"));
    CHECK(options.timeout == 90s);
}

TEST_CASE("tags are set or deleted") {
    const auto set = command<TagsOptions>({"tags", "set", "role=web=1", "dc="});
    CHECK(set.set == api::TextMap{{"dc", ""}, {"role", "web=1"}});
    CHECK(set.remove.empty());
    CHECK(command<TagsOptions>({"tags", "delete", "role", "dc"}).remove == Arguments{"role", "dc"});
    CHECK(parsed({"tags", "set", "a=b", "--format", "json"}).json);
}

TEST_CASE("events and queries take a payload, or a dash for standard input") {
    const auto event = command<EventOptions>({"event", "deploy", "v1", "--coalesce"});
    CHECK(event.name == "deploy");
    CHECK(event.payload.text == "v1");
    CHECK_FALSE(event.payload.from_input());
    CHECK(event.coalesce);
    CHECK(command<EventOptions>({"event", "deploy", "-"}).payload.from_input());
    CHECK(command<EventOptions>({"event", "--", "deploy", "-v"}).payload.text == "-v");
    CHECK_FALSE(command<EventOptions>({"event", "deploy"}).coalesce);
    const auto query = command<QueryOptions>(
        {"query", "load", "15m", "--filter-node", "n1", "--filter-node", "n2", "--filter-tag",
         "role=a|b", "--timeout", "1m30s", "--no-ack", "--relay-factor", "255"});
    CHECK(query.name == "load");
    CHECK(query.payload.text == "15m");
    CHECK(query.filter_nodes == Arguments{"n1", "n2"});
    CHECK(query.filter_tags == api::TextMap{{"role", "a|b"}});
    CHECK(query.timeout == 90s);
    CHECK(query.no_ack);
    CHECK(query.relay_factor == 255);
    CHECK(command<QueryOptions>({"query", "load"}).timeout == Duration::zero());
}

TEST_CASE("keys have commands of their own") {
    using Action = KeysOptions::Action;
    CHECK(command<KeysOptions>({"keys", "list"}).action == Action::List);
    CHECK(command<KeysOptions>({"keys", "status"}).action == Action::Status);
    for (const auto& [name, action] :
         {std::pair("install", Action::Install), std::pair("use", Action::Use),
          std::pair("remove", Action::Remove)}) {
        const auto keys = command<KeysOptions>({"keys", name, "QQ=="});
        CHECK(keys.action == action);
        CHECK(keys.key == "QQ==");
    }
    const auto rotate = command<RotateOptions>(
        {"keys", "rotate", "--resume", "--force", "--show", "--to", "1a2b3c4d"});
    CHECK(rotate.resume);
    CHECK(rotate.force);
    CHECK(rotate.show);
    CHECK(rotate.to == "1a2b3c4d");
    CHECK_FALSE(command<RotateOptions>({"keys", "rotate"}).force);
    CHECK(command<KeygenOptions>({"keygen", "--keyring", "/f"}).keyring == "/f");
    CHECK(command<KeygenOptions>({"keygen"}).keyring.empty());
}

TEST_CASE("a round-trip time is between two, the second of them the agent by default") {
    const auto both = command<RttOptions>({"rtt", "a", "b"});
    CHECK(both.a == "a");
    CHECK(both.b == "b");
    CHECK(command<RttOptions>({"rtt", "a"}).b.empty());
    command<ReachabilityOptions>({"reachability"});
}

TEST_CASE("the version is a command and a flag") {
    for (const char* const word : {"version", "--version", "-v"}) {
        INFO(word);
        CHECK(std::holds_alternative<VersionOptions>(parsed({word}).command));
    }
}

TEST_CASE("a wrong command line says what is wrong, and where help is") {
    const auto [arguments, text] = GENERATE(table<Arguments, const char*>({
        {Arguments{}, "a command is required"},
        {Arguments{"bogus"}, "bogus"},
        {Arguments{"members", "--bogus"}, "--bogus"},
        {Arguments{"members", "extra"}, "extra"},
        {Arguments{"members", "--tag", "role"}, "'role' is not of the form KEY=EXPRESSION"},
        {Arguments{"members", "--format", "xml"}, "xml"},
        {Arguments{"join"}, "seeds is required"},
        {Arguments{"force-leave"}, "name is required"},
        {Arguments{"force-leave", "a", "b"}, "b"},
        {Arguments{"wait", "--timeout", "1s"}, "say what to wait for"},
        {Arguments{"wait", "--members", "2"}, "--timeout is required"},
        {Arguments{"wait", "--members", "x", "--timeout", "1s"}, "x"},
        {Arguments{"wait", "--members", "-1", "--timeout", "1s"}, "-1"},
        {Arguments{"wait", "--members", "2", "--timeout", "1x"}, "'1x' is not a duration"},
        {Arguments{"wait", "--member", "n1", "--timeout", "1s"}, "'n1' is not NAME=STATUS"},
        {Arguments{"wait", "--member", "n1=bogus", "--timeout", "1s"},
         "'n1=bogus' is not NAME=STATUS"},
        {Arguments{"wait", "--member", "=alive", "--timeout", "1s"}, "'=alive' is not NAME=STATUS"},
        {Arguments{"monitor", "--log-level", "loud"}, "loud"},
        {Arguments{"info", "--api", "/s", "--rpc-addr", "h:1"}, "excludes"},
        {Arguments{"members", "--\x1b[2J"}, "\\x1b[2J"},
        {Arguments{"tags"}, "A subcommand is required"},
        {Arguments{"tags", "set"}, "pairs is required"},
        {Arguments{"tags", "set", "role"}, "'role' is not of the form KEY=VALUE"},
        {Arguments{"tags", "set", "a=1", "a=2"}, "'a' is given twice"},
        {Arguments{"event"}, "name is required"},
        {Arguments{"query", "q", "--timeout", "soon"}, "'soon' is not a duration"},
        {Arguments{"query", "q", "--filter-tag", "=x"}, "'=x' is not of the form KEY=EXPRESSION"},
        {Arguments{"query", "q", "--relay-factor", "256"}, "256"},
        {Arguments{"keys"}, "A subcommand is required"},
        {Arguments{"keys", "install"}, "(see muster keys install --help)"},
        {Arguments{"keys", "rotate", "--to", "1a2b3c4d"}, "--to requires --resume"},
        {Arguments{"rtt"}, "a is required"},
    }));
    CAPTURE(arguments);
    const Usage wrong = usage(arguments);
    CHECK(wrong.status == ExitStatus::Usage);
    CHECK_THAT(wrong.text, Contains(text));
    CHECK_THAT(wrong.text, Contains("(see muster"));
}

TEST_CASE("help is no error") {
    const Usage general = usage({"--help"});
    CHECK(general.status == ExitStatus::Done);
    for (const char* word : {"members", "join", "leave", "force-leave", "info", "wait", "monitor",
                             "version", "Exit status: 0 done or yes"})
        CHECK_THAT(general.text, Contains(word));
    const Usage members = usage({"members", "--help"});
    CHECK(members.status == ExitStatus::Done);
    CHECK_THAT(members.text, Contains("--status"));
    // That of a command with commands of its own shows all of these.
    CHECK_THAT(usage({"keys", "--help"}).text, Contains("install") && Contains("--resume"));
    CHECK_THAT(usage({"keys", "rotate", "--help"}).text, Contains("--resume"));
}
