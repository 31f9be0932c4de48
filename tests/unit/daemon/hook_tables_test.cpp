// [[hook]] in the configuration file and --event-handler: to hooks, or to words with file, line and
// key.
#include <catch2/catch.hpp>
#include <map>

#include "daemon/load.h"

using namespace muster;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using hooks::Spec;

namespace {

Loaded loaded(const std::string& file, std::vector<std::string> arguments = {},
              const std::map<std::string, std::string>& variables = {}) {
    Surroundings surroundings;
    surroundings.variable = [&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
    surroundings.read_file = [&file](const std::string&) -> Result<std::string> { return file; };
    surroundings.read_keyring = [](const std::string&) -> Result<swim::Keyring> {
        return Error{"no keyring"};
    };
    surroundings.host_name = "host";
    arguments.insert(arguments.begin(), "--config=m.toml");
    return load(arguments, surroundings);
}

std::vector<Spec> hooks_of(const Loaded& ok) {
    for (const std::string& error : ok.errors)
        UNSCOPED_INFO(error);
    REQUIRE(ok.errors.empty());
    return ok.settings.hooks;
}

std::string only_error(const Loaded& wrong) {
    for (const std::string& error : wrong.errors)
        UNSCOPED_INFO(error);
    REQUIRE(wrong.errors.size() == 1);
    return wrong.errors[0];
}

// A table that is right, and three lines long.
const std::string begun = "[[hook]]\nname = \"a\"\nrun = [\"x\"]\n";
const std::string good = begun + "on = \"*\"\n";

}  // namespace

TEST_CASE("hooks are read in their order, with all of their keys") {
    const std::vector<Spec> hooks = hooks_of(loaded(
        "[[hook]]\nname = \"pages\"\non = \"member-failed, conflict\"\nrun = [\"/bin/page\", "
        "\"-x\", "
        "\"a b\"]\nmember = \"web-.*\"\ntags = { role = \"web|db\" }\nwhose = \"others\"\nonly = "
        "\"leader\"\ntimeout = \"5s\"\nretries = 0\nconcurrency = 4\nqueue = 100\nbatch = "
        "\"2s\"\ndebounce = \"1500ms\"\njson = \"fd3\"\nenvironment = { WHO = \"a=b\", _x1 = \"\" "
        "}\ndirectory = \"/srv\"\n"
        "[[hook]]\nname = \"log\"\non = [\"user:a,b\", \"gap\"]\nshell = \"cat >>log; true\"\n"
        "[hook.tags]\n\n"));
    REQUIRE(hooks.size() == 2);
    const Spec& pages = hooks[0];
    CHECK(pages.name == "pages");
    CHECK(pages.on_text == "member-failed,conflict");
    CHECK(pages.on == *hooks::Interest::parse("member-failed,conflict"));
    CHECK(pages.arguments == std::vector<std::string>{"/bin/page", "-x", "a b"});
    CHECK_FALSE(pages.shell);
    CHECK(pages.member == "web-.*");
    CHECK(pages.tags == std::map<std::string, std::string>{{"role", "web|db"}});
    CHECK(pages.whose == Spec::Whose::Others);
    CHECK(pages.only == Spec::Only::Leader);
    CHECK(pages.timeout == 5s);
    CHECK(pages.retries == 0);
    CHECK(pages.concurrency == 4);
    CHECK(pages.queue == 100);
    CHECK(pages.batch == 2s);
    CHECK(pages.debounce == 1500ms);
    CHECK(pages.json == hooks::Json::Descriptor);
    CHECK(pages.environment == std::map<std::string, std::string>{{"WHO", "a=b"}, {"_x1", ""}});
    CHECK(pages.directory == "/srv");
    CHECK_FALSE(pages.serf);
    Spec log;
    log.name = "log";
    log.on_text = "user:a,b,gap";
    log.on = *hooks::Interest::parse(std::vector<std::string>{"user:a,b", "gap"});
    log.arguments = {"/bin/sh", "-c", "cat >>log; true"};
    log.shell = true;
    CHECK(hooks[1] == log);
    CHECK(loaded("node = \"n\"\n").settings.hooks.empty());
}

TEST_CASE("a key that is wrong is said with file, line and key") {
    const auto [line, words] = GENERATE(table<const char*, const char*>({
        {"retries = 101", "retries: '101' is not possible (a whole number from 0 to 100)"},
        {"retries = -1", "retries: '-1' is not possible"},
        {"concurrency = 0", "concurrency: '0' is not possible (a whole number from 1 to 64)"},
        {"queue = 0", "queue: '0' is not possible (a whole number from 1 to 1000000)"},
        {"timeout = \"0s\"", "timeout: '0s' is not possible (from 1ms to 24h)"},
        {"timeout = \"25h\"", "timeout: '25h' is not possible"},
        {"timeout = \"soon\"", "timeout: 'soon' is not a duration"},
        {"whose = \"mine\"", "whose: 'mine' is not one of its words (anybody, self, others)"},
        {"only = \"Leader\"",
         "only: 'Leader' is not one of its words (always, leader, quorum, majority)"},
        {"json = \"yes\"", "json: 'yes' is not one of its words (stdin, fd3)"},
        {"member = \"(\"", "member: the expression for the name, '(', is not valid: missing ): ("},
        {"tags = { role = \"[\" }", "tags: the expression for tag 'role', '[', is not valid"},
        {"tags = [\"role\"]", "tags: 'role' is not one (write { role = \"web|db\" })"},
        {"environment = { \"1A\" = \"x\" }", "environment: '1A' is not the name of a variable"},
        {"environment = { \"A B\" = \"x\" }", "environment: 'A B' is not the name of a variable"},
        {"environment = { MUSTER_KEY = \"x\" }", "environment: 'MUSTER_KEY' is for musterd to set"},
        {"environment = { SERF_EVENT = \"x\" }", "environment: 'SERF_EVENT' is for musterd to set"},
        {"environment = { A = \"\\u0000\" }", "environment: 'A' has a zero byte in its value"},
        {"directory = \"srv\"", "directory: 'srv' is not a path from the root"},
        {"shell = \"true\"", "shell: it stands beside run: one hook has one command"},
        {"batch = \"1s\"", "batch: its events hold queries, which are given one by one"},
        {"debounce = \"1s\"", "debounce: its events hold queries"},
        {"json = \"stdin\"", "json: its events hold queries"},
    }));
    CAPTURE(line);
    const Loaded wrong = loaded(good + line + "\n");
    CHECK_THAT(only_error(wrong), StartsWith(std::string("m.toml:5: hook 'a': ") + words));
    CHECK_FALSE(wrong.usage);
}

TEST_CASE("a type that is wrong and a key that is unknown") {
    const auto [line, words] = GENERATE(table<const char*, const char*>({
        {"retries = \"3\"", "hook.retries must be a whole number, not a string"},
        {"timeout = 3", "hook.timeout must be a duration in quotes"},
        {"on = 3", "hook.on must be a string or a list of strings, not a whole number"},
        {"on = [3]", "hook.on must be a string or a list of strings, not a list"},
        {"run = \"x\"", "hook.run must be a list of strings, not a string"},
        {"environment = { \"A=B\" = \"x\" }",
         "hook.environment: the name 'A=B' is not possible, as there is a '=' in it"},
        {"tags = \"x\"", "hook.tags must be a table of strings"},
        {"retrys = 3", "unknown key 'retrys' in [hook] (did you mean 'retries'?)"},
    }));
    CAPTURE(line);
    CHECK_THAT(
        only_error(loaded("[[hook]]\nname = \"a\"\nshell = \"y\"\n" + std::string(line) + "\n")),
        StartsWith(std::string("m.toml:4: ") + words));
}

TEST_CASE("what a hook cannot be without") {
    const auto [keys, words] = GENERATE(table<const char*, const char*>({
        {"run = [\"x\"]\non = \"*\"\n", "m.toml:1: hook '': name: a [[hook]] needs one"},
        {"name = \"a b\"\nrun = [\"x\"]\non = \"*\"\n", "m.toml:2: hook 'a b': name: 'a b' is not"},
        {"name = \"-a\"\nrun = [\"x\"]\non = \"*\"\n", "m.toml:2: hook '-a': name: '-a' is not"},
        {"name = \"\"\nrun = [\"x\"]\non = \"*\"\n", "m.toml:2: hook '': name: '' is not possible"},
        {"name = \"event-handler-1\"\nrun = [\"x\"]\non = \"*\"\n",
         "m.toml:2: hook 'event-handler-1': name: names that begin with 'event-handler-'"},
        {"name = \"a\"\non = \"*\"\n", "m.toml:1: hook 'a': run: what is to be run?"},
        {"name = \"a\"\non = \"*\"\nrun = []\n", "m.toml:4: hook 'a': run: it names no program"},
        {"name = \"a\"\non = \"*\"\nrun = [\"\"]\n",
         "m.toml:4: hook 'a': run: it names no program"},
        {"name = \"a\"\non = \"*\"\nshell = \" \"\n", "m.toml:4: hook 'a': shell: it names no"},
        {"name = \"a\"\non = \"*\"\nrun = [\"x\", \"\\u0000\"]\n",
         "m.toml:4: hook 'a': run: a command cannot hold a zero byte"},
        {"name = \"a\"\nrun = [\"x\"]\n", "m.toml:1: hook 'a': on: for which events?"},
        {"name = \"a\"\nrun = [\"x\"]\non = \"member-jion\"\n",
         "m.toml:4: hook 'a': on: 'member-jion' is not an event (did you mean 'member-join'?"},
        {"name = \"a\"\nrun = [\"x\"]\non = []\n", "m.toml:4: hook 'a': on: no event is named"},
        {"name = \"a\"\nrun = [\"x\"]\non = \"\"\n", "m.toml:4: hook 'a': on: '' is not an event"},
    }));
    CAPTURE(keys);
    CHECK_THAT(only_error(loaded("[[hook]]\n" + std::string(keys))), StartsWith(words));
}

TEST_CASE("what filters or waits for nothing is refused") {
    const auto [lines, words] = GENERATE(table<const char*, const char*>({
        {"on = \"user\"\nmember = \"x\"\n", "m.toml:5: hook 'a': member: it is about members"},
        {"on = \"user\"\nwhose = \"self\"\n", "m.toml:5: hook 'a': whose: it is about members"},
        {"on = \"conflict\"\ntags = { a = \"b\" }\n", "m.toml:5: hook 'a': tags: it is about"},
        {"on = \"start\"\ndebounce = \"1s\"\n", "m.toml:5: hook 'a': debounce: it is about"},
        {"on = \"member-join\"\nonly = \"leader\"\ndebounce = \"1m\"\n",
         "m.toml:6: hook 'a': debounce: 1m is too long with only = \"leader\", where an event is "
         "done with after 1m"},
        {"on = \"member-join\"\nonly = \"leader\"\n[election]\nmode = \"off\"\n",
         "m.toml:5: hook 'a': only: it would never run, as there is no leader with election.mode = "
         "\"off\""},
        {"on = \"member-join\"\nonly = \"quorum\"\n[election]\nmode = \"view\"\n",
         "m.toml:5: hook 'a': only: it would never run, as there is no quorum with election.mode = "
         "\"view\""},
    }));
    CAPTURE(lines);
    CHECK_THAT(only_error(loaded(begun + lines)), StartsWith(words));
}

TEST_CASE("what only looks like that is taken") {
    const auto* const lines = GENERATE(values<const char*>({
        "on = \"conflict\"\nmember = \"x\"\nwhose = \"self\"\n",
        "on = \"user, member-join\"\nmember = \"x\"\n",
        "on = \"*\"\nbatch = \"0s\"\n",
        "on = \"member-join\"\nonly = \"leader\"\n[election]\nmode = \"view\"\n",
        "on = \"member-join\"\nonly = \"majority\"\n[election]\nmode = \"off\"\n",
        "on = \"query\"\nretries = 3\n",
    }));
    CAPTURE(lines);
    CHECK(hooks_of(loaded(begun + lines)).size() == 1);
}

TEST_CASE("all that is wrong is said, in the order of its lines") {
    const Loaded wrong = loaded(good + "timeout = \"x\"\nretries = 101\n" + good);
    REQUIRE(wrong.errors.size() == 2);
    CHECK_THAT(wrong.errors[0], StartsWith("m.toml:5: hook 'a': timeout: "));
    CHECK_THAT(wrong.errors[1], StartsWith("m.toml:6: hook 'a': retries: "));
    CHECK(only_error(loaded(good + good)) ==
          "m.toml:6: hook 'a': name: there are two of this name (the first stands at line 1)");
    std::string many;
    for (std::size_t i = 0; i <= hooks::max_hooks; ++i)
        many += "[[hook]]\nname = \"h" + std::to_string(i) + "\"\nrun = [\"x\"]\non = \"*\"\n";
    CHECK(only_error(loaded(many)) == "m.toml:257: there are 65 hooks, at most 64 are possible");
    CHECK_THAT(only_error(loaded("hook = 7\n")), StartsWith("m.toml:1: hook must be an array"));
    CHECK_THAT(only_error(loaded("[hook]\nname = \"a\"\n")),
               StartsWith("m.toml:1: hook must be an array of tables, as [[hook]] makes one"));
    CHECK_THAT(only_error(loaded("hooks = 7\n")), Contains("did you mean 'hook'?"));
}

TEST_CASE("Serf's specifications are hooks of their own") {
    struct Row {
        const char* text;
        const char* on;
        const char* command;
    };
    const auto row = GENERATE(values<Row>({
        {"h.sh", "*", "h.sh"},
        {"member-join,member-leave=h.sh", "member-join,member-leave", "h.sh"},
        {"user:deploy=h.sh -x", "user:deploy", "h.sh -x"},
        {"query:load=uptime", "query:load", "uptime"},
        {"*=FOO=1 cmd", "*", "FOO=1 cmd"},
        {"=cmd", "*", "cmd"},
        {"[ -e x ] || y", "*", "[ -e x ] || y"},
        {"*=[a,b]", "*", "[a,b]"},
        {"[a,b]", "*", "[a,b]"},
        {"*=a\n-b 'c' \"d\" \\", "*", "a\n-b 'c' \"d\" \\"},
        {"leader-acquired=echo \"$MUSTER_TERM\"; true", "leader-acquired",
         "echo \"$MUSTER_TERM\"; true"},
    }));
    CAPTURE(row.text);
    const std::vector<Spec> hooks = hooks_of(loaded("", {"--event-handler", row.text}));
    REQUIRE(hooks.size() == 1);
    CHECK(hooks[0].name == "event-handler-1");
    CHECK(hooks[0].serf);
    CHECK(hooks[0].shell);
    CHECK(hooks[0].on_text == row.on);
    CHECK(hooks[0].on == *hooks::Interest::parse(row.on));
    CHECK(hooks[0].arguments == std::vector<std::string>{"/bin/sh", "-c", row.command});
    CHECK(hooks[0].timeout == 24h);
    CHECK(hooks[0].retries == 0);
    CHECK(hooks[0].concurrency == 1);
}

TEST_CASE("handlers come from flags, the file or one variable, and stand before the tables") {
    const std::string file = "event_handler = [\"user=a,b\", \"c\"]\n" + good;
    const auto commands = [](const Loaded& ok) {
        std::string out;
        for (const Spec& hook : hooks_of(ok))
            out += hook.name + ":" + hook.arguments.back() + " ";
        return out;
    };
    CHECK(commands(loaded(file)) == "event-handler-1:a,b event-handler-2:c a:x ");
    CHECK(commands(loaded("event_handlers = [\"c\"]\n")) == "event-handler-1:c ");
    CHECK(commands(loaded(file, {}, {{"MUSTER_EVENT_HANDLER", "user,query=d e,f"}})) ==
          "event-handler-1:d e,f a:x ");
    CHECK(commands(loaded(file, {"--event-handler", "user,query=g", "--event-handler=h"})) ==
          "event-handler-1:g event-handler-2:h a:x ");
}

TEST_CASE("a specification that is wrong is repeated, and said what is") {
    const Loaded wrong = loaded("", {"--event-handler", "bogus=x"});
    CHECK_THAT(only_error(wrong),
               StartsWith("--event-handler: 'bogus=x': 'bogus' is not an event (It may be"));
    CHECK_THAT(only_error(wrong), Contains("a command with one is written *=COMMAND"));
    CHECK(wrong.usage);
    CHECK_THAT(only_error(loaded("event_handler = [\"a\", \"member-jion=x\"]\n")),
               StartsWith("m.toml:1: event_handler: 'member-jion=x': 'member-jion' is not an event "
                          "(did you mean 'member-join'?"));
    CHECK_THAT(only_error(loaded("", {}, {{"MUSTER_EVENT_HANDLER", "user="}})),
               StartsWith("MUSTER_EVENT_HANDLER: 'user=': there is no command in it"));
    CHECK_THAT(only_error(loaded("event_handler = [\"user=\\u0000\"]\n")),
               Contains("a command cannot hold a zero byte"));
}
