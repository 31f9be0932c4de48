// `muster hooks` and `muster reload`, against a server of ours: their options, and what they do.
#include "cli/options.h"
#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

template <class Command>
Command command(const std::vector<std::string>& arguments) {
    const auto outcome = parse_options(arguments);
    if (const auto* usage = std::get_if<Usage>(&outcome))
        FAIL(usage->text);
    return std::get<Command>(std::get<Options>(outcome).command);
}

void add_hook(Agent& agent, const char* name) {
    hooks::Spec spec;
    spec.name = name;
    spec.on_text = "member-failed";
    spec.arguments = {"/bin/page"};
    agent.backend.fake_hooks.specs.push_back(spec);
    agent.backend.fake_hooks.statuses.emplace_back();
}

journal::DeadLetter letter(std::uint64_t seq) {
    journal::DeadLetter letter;
    letter.delivery.hook = "page";
    letter.delivery.seq = seq;
    letter.delivery.kind = history::Kind::MemberFailed;
    letter.delivery.subject = "n3";
    letter.delivery.attempts = 1;
    letter.why = "exit status 3";
    letter.output = "trying\nno route\n";
    return letter;
}

}  // namespace

TEST_CASE("the commands about hooks take their arguments") {
    using Show = HooksOptions::Show;
    CHECK(command<HooksOptions>({"hooks", "list"}).show == Show::List);
    CHECK(command<HooksOptions>({"hooks", "list"}).hook.empty());
    const auto dead = command<HooksOptions>({"hooks", "list", "--dead", "page"});
    CHECK(dead.show == Show::Dead);
    CHECK(dead.hook == "page");
    CHECK(command<HooksOptions>({"hooks", "list", "--dead", "--format=json"}).hook.empty());
    const auto status = command<HooksOptions>({"hooks", "status", "page"});
    CHECK(status.show == Show::Status);
    CHECK(status.hook == "page");
    const auto replay = command<HookLettersOptions>({"hooks", "replay", "page", "7", "9"});
    CHECK_FALSE(replay.drop);
    CHECK(replay.hook == "page");
    CHECK(replay.seqs == std::vector<std::uint64_t>{7, 9});
    CHECK_FALSE(replay.all);
    const auto drop = command<HookLettersOptions>({"hooks", "drop", "page", "--all"});
    CHECK(drop.drop);
    CHECK(drop.all);
    CHECK(drop.seqs.empty());
    CHECK(command<HookTestOptions>({"hooks", "test", "page"}).hook == "page");
    command<ReloadOptions>({"reload"});
}

TEST_CASE("what makes no sense about hooks on the command line is usage") {
    const auto arguments = GENERATE(values<std::vector<std::string>>({
        {"hooks"},
        {"hooks", "mend"},
        {"hooks", "list", "a", "b"},
        {"hooks", "status", "--dead"},
        {"hooks", "replay"},
        {"hooks", "replay", "page"},
        {"hooks", "replay", "--all"},
        {"hooks", "replay", "page", "7", "--all"},
        {"hooks", "drop", "page", "seven"},
        {"hooks", "drop", "page", "-7"},
        {"hooks", "test"},
        {"hooks", "test", "a", "b"},
        {"reload", "now"},
    }));
    CAPTURE(arguments);
    CHECK(std::holds_alternative<Usage>(parse_options(arguments)));
}

TEST_CASE("the hooks are listed, all or one") {
    Agent agent;
    add_hook(agent, "page");
    add_hook(agent, "log");
    agent.start();
    const Outcome all = muster_at(agent, {"hooks", "list"});
    CHECK(all.status == ExitStatus::Done);
    CHECK(all.output ==
          "NAME  ON             TIMEOUT  RETRIES  RUN\n"
          "page  member-failed  1m       5        /bin/page\n"
          "log   member-failed  1m       5        /bin/page\n");
    const Outcome one = muster_at(agent, {"hooks", "status", "log"});
    CHECK_THAT(one.output, StartsWith("NAME  STATE  WAITING") && Contains("\nlog   ready") &&
                               !Contains("page"));
    const Outcome json = muster_at(agent, {"hooks", "status", "log", "--format=json"});
    CHECK_THAT(json.output, StartsWith("{\"name\":\"log\",\"on\":\"member-failed\","));
}

TEST_CASE("an agent without hooks says so") {
    Agent agent;
    agent.start();
    const Outcome none = muster_at(agent, {"hooks", "list"});
    CHECK(none.status == ExitStatus::Done);
    CHECK(none.output == "no hooks are configured\n");
    CHECK(muster_at(agent, {"hooks", "list", "--format=json"}).output.empty());
    CHECK(muster_at(agent, {"hooks", "list", "--dead"}).output == "nothing was given up\n");
}

TEST_CASE("a hook that nobody knows is an error that names it") {
    Agent agent;
    add_hook(agent, "page");
    agent.start();
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"hooks", "list", "pager"},
                                               {"hooks", "status", "pager"},
                                               {"hooks", "list", "--dead", "pager"},
                                               {"hooks", "replay", "pager", "--all"},
                                               {"hooks", "drop", "pager", "7"},
                                               {"hooks", "test", "pager"}}) {
        const Outcome outcome = muster_at(agent, arguments);
        CHECK(outcome.status == ExitStatus::Error);
        CHECK(outcome.output.empty());
        CHECK(outcome.errors == "muster: there is no hook 'pager' (see `muster hooks list`)\n");
    }
}

TEST_CASE("what was given up is listed to its end, page by page") {
    Agent agent;
    add_hook(agent, "page");
    std::vector<journal::DeadLetter> many;
    for (std::uint64_t seq = 1; seq <= 600; ++seq)
        many.push_back(letter(seq));
    agent.backend.fake_hooks.letters = many;
    agent.start();
    const Outcome text = muster_at(agent, {"hooks", "list", "--dead", "page"});
    CHECK(text.status == ExitStatus::Done);
    CHECK(std::count(text.output.begin(), text.output.end(), '\n') == 601);
    CHECK_THAT(text.output, Contains("\npage  600  member-failed  n3 ") &&
                                Contains("exit status 3  no route\n"));
    const Outcome json = muster_at(agent, {"hooks", "list", "--dead", "--format=json"});
    CHECK(std::count(json.output.begin(), json.output.end(), '\n') == 600);
    CHECK_THAT(json.output, Contains("\"output\":\"trying\\nno route\\n\""));
}

TEST_CASE("what was given up is run again; a number that was not is a no") {
    Agent agent;
    add_hook(agent, "page");
    agent.backend.fake_hooks.letters = std::vector{letter(7), letter(9)};
    agent.start();
    const Outcome all = muster_at(agent, {"hooks", "replay", "page", "--all"});
    CHECK(all.status == ExitStatus::Done);
    CHECK(all.output == "2 of page to be run again\n");
    const Outcome some = muster_at(agent, {"hooks", "replay", "page", "7", "8"});
    CHECK(some.status == ExitStatus::No);
    CHECK(some.output ==
          "1 of page to be run again\n"
          "not given up: 8 (see `muster hooks list --dead page`)\n");
    CHECK(muster_at(agent, {"hooks", "replay", "page", "7", "8", "--format=json"}).output ==
          "{\"hook\":\"page\",\"replayed\":1,\"not_dead\":[8]}\n");
}

TEST_CASE("what was given up, or waits, is dropped") {
    Agent agent;
    add_hook(agent, "page");
    agent.backend.fake_hooks.letters = std::vector{letter(7), letter(9)};
    agent.start();
    const Outcome some = muster_at(agent, {"hooks", "drop", "page", "7", "8"});
    CHECK(some.status == ExitStatus::Done);
    CHECK(some.output ==
          "1 of page dropped\nnot given up: 8 (if it waited to be run, it does not any more)\n");
    CHECK(muster_at(agent, {"hooks", "drop", "page", "--all", "--format=json"}).output ==
          "{\"hook\":\"page\",\"dropped\":2,\"not_dead\":[]}\n");
}

TEST_CASE("a test of a hook prints its output, and its failure is a no that says why") {
    Agent agent;
    add_hook(agent, "page");
    api::FakeHooks& hooks = agent.backend.fake_hooks;
    SECTION("it succeeds") {
        hooks.tested = api::HookTest{0, "", "paged\nops"};
        agent.start();
        const Outcome good = muster_at(agent, {"hooks", "test", "page"});
        CHECK(good.status == ExitStatus::Done);
        CHECK(good.output == "paged\nops\n");
        CHECK(good.errors.empty());
        CHECK(muster_at(agent, {"hooks", "test", "page", "--format=json"}).output ==
              "{\"hook\":\"page\",\"ok\":true,\"status\":0,\"why\":null,"
              "\"output\":\"paged\\nops\"}\n");
    }
    SECTION("it fails") {
        hooks.tested = api::HookTest{3, "exit status 3", "no route\n"};
        agent.start();
        const Outcome bad = muster_at(agent, {"hooks", "test", "page"});
        CHECK(bad.status == ExitStatus::No);
        CHECK(bad.output == "no route\n");
        CHECK(bad.errors == "muster: hook page failed: exit status 3\n");
        const Outcome json = muster_at(agent, {"hooks", "test", "page", "--format=json"});
        CHECK(json.status == ExitStatus::No);
        CHECK_THAT(json.output, Contains("\"ok\":false,\"status\":3,\"why\":\"exit status 3\""));
        CHECK(json.errors.empty());
    }
}

TEST_CASE("reload says what is in use now, and what needs a restart") {
    Agent agent;
    api::FakeHooks& hooks = agent.backend.fake_hooks;
    SECTION("it can be read") {
        hooks.reloaded = api::Reloaded{{"hook page is new"}, {"bind"}};
        agent.start();
        const Outcome text = muster_at(agent, {"reload"});
        CHECK(text.status == ExitStatus::Done);
        CHECK(text.output == "in use: hook page is new\nneeds a restart: bind\n");
        CHECK(muster_at(agent, {"reload", "--format=json"}).output ==
              "{\"changed\":[\"hook page is new\"],\"needs_restart\":[\"bind\"]}\n");
    }
    SECTION("it cannot") {
        hooks.reloaded = Error{"m.toml:3: retries: expected 0 to 100"};
        agent.start();
        const Outcome wrong = muster_at(agent, {"reload"});
        CHECK(wrong.status == ExitStatus::Error);
        CHECK(wrong.output.empty());
        CHECK(wrong.errors == "muster: m.toml:3: retries: expected 0 to 100\n");
    }
}
