// Hooks as they run: a real journal, real children, and a clock of the test's own.
#include "agent/hooking.h"

#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/agent/journaling_world.h"
#include "tests/unit/store/directory.h"

namespace muster::test {
namespace {

using history::Kind;
using hooks::Spec;

Spec shell_hook(const std::string& name, const std::string& on, const std::string& command) {
    Spec spec;
    spec.name = name;
    spec.on_text = on;
    spec.on = *hooks::Interest::parse(on);
    spec.arguments = {"/bin/sh", "-c", command};
    spec.shell = true;
    return spec;
}

Change failed(const std::string& member) {
    Change change;
    change.kind = Kind::MemberFailed;
    change.subject = member;
    change.from = history::Standing::Alive;
    change.to = history::Standing::Failed;
    return change;
}

Change joined(const std::string& member) {
    Change change;
    change.kind = Kind::MemberJoin;
    change.subject = member;
    change.to = history::Standing::Alive;
    return change;
}

Change fired(const std::string& name) {
    Change change;
    change.kind = Kind::UserEvent;
    change.subject = name;
    return change;
}

// An agent's journal and hooks, on this thread.
struct HookWorld : World {
    explicit HookWorld(const std::string& its_directory, const std::vector<Spec>& specs)
        : World(its_directory) {
        open();
        hooking.emplace(
            clock, *journaling,
            Hooking::Surroundings{.caller =
                                      [] {
                                          hooks::Caller caller;
                                          caller.name = "self";
                                          caller.api = "/a.sock";
                                          return caller;
                                      },
                                  .conditions = [this] { return conditions; },
                                  .members = [this] { return view; },
                                  .respond =
                                      [this](cluster::QueryHandle, const Bytes& payload) {
                                          answers.push_back(payload);
                                          return std::optional<Error>();
                                      },
                                  .say =
                                      [this](Notice::Level level, const std::string& text) {
                                          if (level != Notice::Level::Debug)
                                              notes.push_back(text);
                                      },
                                  .changed = [] {}},
            1);
        REQUIRE_FALSE(hooking->open(specs));
        until([this] { return journaling->is_idle(); });
    }

    // Lets the loop go round until it is so.
    template <class Condition>
    void until(Condition holds) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!holds()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            pollfd wanted{hooking->descriptor(), POLLIN, 0};
            if (poll(&wanted, 1, 2) > 0)
                hooking->serve();
            posts.run_all();
        }
    }
    void happens(Change change) {
        record(std::move(change));
        journaling->flush(clock.now());
    }
    void rest() {
        until([this] { return !hooking->is_busy(); });
    }
    void pass(Duration time) {
        World::pass(time);
        hooking->turn(clock.now());
    }
    hooks::HookStatus status(std::size_t which = 0) const { return hooking->status().at(which); }
    std::vector<journal::DeadLetter> dead() {
        std::optional<Result<std::vector<journal::DeadLetter>>> found;
        journaling->dead("", [&](const auto& letters) { found.emplace(letters); });
        until([&] { return found.has_value(); });
        REQUIRE(*found);
        return **found;
    }

    hooks::Conditions conditions;
    std::vector<Bytes> answers;
    std::vector<std::string> notes;
    std::optional<Hooking> hooking;
};

std::vector<std::string> lines_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

TEST_CASE("what happens is handed to the hook that is for it, and is done with") {
    const store::Directory directory;
    const std::string out = directory.path + "/out";
    HookWorld world(directory.path, {shell_hook("h", "member-failed",
                                                "echo $MUSTER_EVENT $MUSTER_MEMBER >> " + out),
                                     shell_hook("other", "user", "echo other >> " + out)});
    world.happens(joined("n1"));
    world.happens(failed("n1"));
    world.until([&] { return world.status().done == 1; });
    world.rest();
    CHECK(lines_of(out) == std::vector<std::string>{"member-failed n1"});
    CHECK(world.status().waiting == 0);
    CHECK(world.status(1).done == 0);
    CHECK(world.notes.empty());
}

TEST_CASE("a hook that fails is tried again, then set aside with what it wrote, and replayed") {
    const store::Directory directory;
    const std::string out = directory.path + "/out";
    Spec spec = shell_hook("h", "member-failed",
                           "echo try $MUSTER_ATTEMPT $MUSTER_KEY >> " + out +
                               "; echo broken; test -e " + directory.path + "/mended");
    spec.retries = 1;
    HookWorld world(directory.path, {spec});
    world.happens(joined("n1"));
    world.happens(failed("n1"));
    world.until([&] { return world.status().failed == 1; });
    CHECK(world.hooking->next_deadline() > world.clock.now());
    world.pass(2s);
    world.until([&] { return world.status().dead == 1; });
    world.rest();
    REQUIRE(world.dead().size() == 1);
    const journal::DeadLetter letter = world.dead().front();
    CHECK(letter.output == "broken\n");
    CHECK(letter.status == 1);
    CHECK(letter.why == "exit status 1");
    CHECK(letter.delivery.subject == "n1");

    std::ofstream(directory.path + "/mended") << "yes";
    world.hooking->replay("h", letter.delivery.seq);
    world.until([&] { return world.status().done == 1; });
    world.rest();
    CHECK(world.dead().empty());
    const std::vector<std::string> tries = lines_of(out);
    REQUIRE(tries.size() == 3);
    CHECK(tries[0].substr(6) == tries[1].substr(6));
    CHECK(tries[0].substr(6) == tries[2].substr(6));
}

TEST_CASE("what was not done before a restart is done after it, with the same key") {
    const store::Directory directory;
    const std::string out = directory.path + "/out";
    const std::string ready = directory.path + "/ready";
    const std::vector<Spec> specs{
        shell_hook("h", "member-failed",
                   "echo $MUSTER_KEY >> " + out + "; test -e " + ready + " || exec sleep 1000")};
    {
        HookWorld world(directory.path, specs);
        world.happens(joined("n1"));
        world.happens(failed("n1"));
        world.until([&] { return lines_of(out).size() == 1; });
        world.hooking->finish();
    }
    std::ofstream(ready) << "yes";
    HookWorld world(directory.path, specs);
    world.until([&] { return world.status().done == 1; });
    const std::vector<std::string> keys = lines_of(out);
    REQUIRE(keys.size() == 2);
    CHECK(keys[0] == keys[1]);
}

TEST_CASE("a hook that does not end is ended with all that it has started, and another one runs") {
    const store::Directory directory;
    const std::string out = directory.path + "/out";
    Spec slow = shell_hook("slow", "member-failed",
                           "trap '' TERM; sleep 1000 & echo $! > " + out + "; wait; wait");
    slow.timeout = 5s;
    slow.retries = 0;
    HookWorld world(directory.path, {slow, shell_hook("fast", "member-failed", "exit 0")});
    world.happens(joined("n1"));
    world.happens(failed("n1"));
    world.until([&] { return world.status(1).done == 1 && lines_of(out).size() == 1; });
    world.pass(6s);
    world.pass(3s);
    world.until([&] { return world.status().dead == 1; });
    world.rest();
    CHECK(world.dead().front().why == "did not end within 5 s, and was ended");
    const pid_t child = std::stoi(lines_of(out).front());
    world.until([&] {
        return kill(child, 0) != 0 ||
               lines_of("/proc/" + std::to_string(child) + "/stat").front().find(") Z") !=
                   std::string::npos;
    });
}

TEST_CASE("hooks are changed while they run: nothing is run again, and what is gone is forgotten") {
    const store::Directory directory;
    const std::string out = directory.path + "/out";
    const Spec stays = shell_hook("stays", "user", "echo stays >> " + out);
    HookWorld world(directory.path, {stays, shell_hook("goes", "user", "exit 1")});
    world.happens(fired("one"));
    world.until([&] { return world.status(0).done == 1 && world.status(1).failed == 1; });
    const std::vector<Spec> specs{shell_hook("new", "user", "echo new >> " + out), stays};
    CHECK(world.hooking->changes(specs) ==
          std::vector<std::string>{"hook new is new", "hook goes is gone"});
    REQUIRE_FALSE(world.hooking->configure(specs));
    world.pass(10s);
    world.rest();
    CHECK(lines_of(out) == std::vector<std::string>{"stays"});
    world.happens(fired("two"));
    world.until([&] { return world.status(0).done == 1 && world.status(1).done == 2; });
    CHECK(lines_of(out).size() == 3);
}

TEST_CASE("a query is answered by what the hook writes, if it ends well and in time") {
    const store::Directory directory;
    Spec spec = shell_hook("h", "query:load", "cat; echo; echo $MUSTER_QUERY_NAME $SERF_EVENT");
    HookWorld world(directory.path, {spec, shell_hook("bad", "query:bad", "echo no; exit 3"),
                                     shell_hook("slow", "query:slow", "exec sleep 1000")});
    const auto ask = [&](const char* name) {
        world.hooking->hear({.handle = 1,
                             .ltime = 7,
                             .name = name,
                             .payload = "how",
                             .source = "n9",
                             .deadline = world.clock.now() + 10s});
    };
    ask("load");
    world.until([&] { return world.answers.size() == 1; });
    CHECK(world.answers.front() == "how\n\nload query\n");
    ask("bad");
    world.until([&] { return world.notes.size() == 1; });
    CHECK(world.notes.back() == "hook bad did not answer the query bad: exit status 3");
    ask("slow");
    ask("nobody's");
    world.pass(11s);
    world.until([&] { return world.notes.size() == 2; });
    CHECK(world.answers.size() == 1);
    CHECK_FALSE(world.hooking->is_busy());
}

TEST_CASE("a hook is run for a test, whatever its filters say") {
    const store::Directory directory;
    HookWorld world(directory.path, {shell_hook("h", "member-failed",
                                                "echo $MUSTER_EVENT of $MUSTER_MEMBER; exit 4")});
    std::optional<Result<api::HookTest>> end;
    world.hooking->test("h", [&](const Result<api::HookTest>& tested) { end.emplace(tested); });
    world.until([&] { return end.has_value(); });
    REQUIRE(*end);
    CHECK((*end)->status == 4);
    CHECK((*end)->output == "member-failed of self\n");
    CHECK(world.status().failed == 0);
    end.reset();
    world.hooking->test("x", [&](const Result<api::HookTest>& tested) { end.emplace(tested); });
    REQUIRE(end);
    CHECK((*end).error().text == "there is no hook x (see `muster hooks list`)");
}

TEST_CASE("a program that is not there is a failure that says so") {
    const store::Directory directory;
    Spec spec = shell_hook("h", "user", "");
    spec.arguments = {"/no/such/program"};
    spec.retries = 0;
    HookWorld world(directory.path, {spec});
    world.happens(fired("x"));
    world.until([&] { return world.status().dead == 1; });
    world.rest();
    CHECK(world.dead().front().status == 127);
    CHECK(world.dead().front().output.find("/no/such/program") != std::string::npos);
}

}  // namespace
}  // namespace muster::test
