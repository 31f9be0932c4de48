// `muster` against a server of ours.
#include "cli/run.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/cli/agent.h"

using namespace muster;
using namespace muster::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("members are listed, filtered by the agent") {
    Agent agent;
    agent.start();
    CHECK(muster_at(agent, {"members"}).output ==
          "NAME  ADDRESS        STATUS  TAGS\n"
          "n1    10.0.0.1:7946  alive   role=web\n"
          "n2    10.0.0.2:7946  alive   role=db\n");
    const Outcome filtered =
        muster_at(agent, {"members", "--tag", "role=d.", "--status", "alive|left"});
    CHECK(filtered.status == ExitStatus::Done);
    CHECK_THAT(filtered.output, Contains("n2"));
    CHECK_THAT(filtered.output, !Contains("n1"));
    CHECK_THAT(muster_at(agent, {"members", "--name", "n1", "--format", "json"}).output,
               StartsWith("{\"index\":3,\"members\":[{\"name\":\"n1\","));
}

TEST_CASE("a wrong expression is the agent's error") {
    Agent agent;
    agent.start();
    const Outcome outcome = muster_at(agent, {"members", "--name", "("});
    CHECK(outcome.status == ExitStatus::Error);
    CHECK(outcome.errors ==
          "muster: the expression for the name, '(', is not valid: missing ): (\n");
    CHECK(outcome.output.empty());
}

TEST_CASE("nobody there is said with the path and what to do") {
    RecordingTerminal terminal;
    CHECK(run({"members", "--api", "/nowhere/muster.sock"}, {}, terminal) == ExitStatus::Error);
    CHECK(terminal.errors ==
          "muster: no agent answers at /nowhere/muster.sock (is musterd running?)\n");
    terminal.errors.clear();
    CHECK(run({"info"}, {.muster_api = "/nowhere/else.sock"}, terminal) == ExitStatus::Error);
    CHECK(terminal.errors ==
          "muster: no agent answers at /nowhere/else.sock (is musterd running?)\n");
    terminal.errors.clear();
    CHECK(run({"info", "--rpc-addr", "nonsense"}, {}, terminal) == ExitStatus::Error);
    CHECK(terminal.errors == "muster: 'nonsense' is not HOST:PORT (see --rpc-addr)\n");
}

TEST_CASE("usage errors and help are told apart") {
    RecordingTerminal terminal;
    CHECK(run({"bogus"}, {}, terminal) == ExitStatus::Usage);
    CHECK(terminal.output.empty());
    CHECK_THAT(terminal.errors, Contains("bogus"));
    RecordingTerminal help;
    CHECK(run({"--help"}, {}, help) == ExitStatus::Done);
    CHECK(help.errors.empty());
    CHECK_THAT(help.output, Contains("members"));
    RecordingTerminal version;
    CHECK(run({"version"}, {}, version) == ExitStatus::Done);
    CHECK(version.output == "muster " MUSTER_VERSION "\n");
}

TEST_CASE("a join tells how it went, and fails if it reached nobody") {
    Agent agent;
    agent.backend.join_outcome = {.joined = 2, .failed = {{"h3", "no route to host"}}};
    agent.start();
    const Outcome some = muster_at(agent, {"join", "h1", "h2", "h3", "--format", "json"});
    CHECK(some.status == ExitStatus::Done);
    CHECK(some.output ==
          "{\"joined\":2,\"failed\":[{\"seed\":\"h3\",\"error\":\"no route to host\"}]}\n");
    agent.later([&] { agent.backend.join_outcome = {.joined = 0, .failed = {{"h3", "no"}}}; });
    const Outcome none = muster_at(agent, {"join", "h3", "--format", "json"});
    CHECK(none.status == ExitStatus::Error);
    CHECK(none.output == "{\"joined\":0,\"failed\":[{\"seed\":\"h3\",\"error\":\"no\"}]}\n");
    CHECK(none.errors == "muster: no member was reached: h3: no\n");
    CHECK(muster_at(agent, {"join", "h3"}).output.empty());
}

TEST_CASE("leave and force-leave are carried out") {
    Agent agent;
    agent.start();
    CHECK(muster_at(agent, {"force-leave", "n2", "--prune"}).output == "n2 is forgotten\n");
    CHECK(muster_at(agent, {"force-leave", "n2"}).output == "n2 counts as left\n");
    CHECK(muster_at(agent, {"leave", "--format", "json"}).output == "{\"left\":true}\n");
    agent.later([&] { agent.backend.error = "timed out"; });
    const Outcome failed = muster_at(agent, {"force-leave", "n2"});
    CHECK(failed.status == ExitStatus::Error);
    CHECK(failed.errors == "muster: timed out\n");
}

TEST_CASE("info shows the agent") {
    Agent agent;
    agent.backend.sections = {{"agent", {{"name", "n1"}}}, {"members", {{"alive", "2"}}}};
    agent.backend.loud = {"the clock was set back"};
    agent.start();
    CHECK_THAT(muster_at(agent, {"info"}).output,
               StartsWith("warning: the clock was set back\nnode     n1\n"));
    CHECK_THAT(muster_at(agent, {"info", "--format", "json"}).output,
               StartsWith("{\"node\":\"n1\","));
}

TEST_CASE("a wait that holds already is over at once") {
    Agent agent;
    agent.start();
    const Outcome outcome =
        muster_at(agent, {"wait", "--members", "2", "--timeout", "1h", "--format", "json"});
    CHECK(outcome.status == ExitStatus::Done);
    CHECK_THAT(outcome.output, StartsWith("{\"reached\":true,\"after_ms\":"));
}

TEST_CASE("a wait ends when the event comes") {
    Agent agent;
    // The change happens after the first look: only the stream can tell of it.
    agent.backend.when_listed = [&, first = true]() mutable {
        if (!std::exchange(first, false))
            return;
        agent.later([&] {
            agent.backend.table[1].status = cluster::Status::Failed;
            agent.backend.tell(MemberEvent::Kind::Failed, agent.backend.table[1]);
        });
    };
    agent.start();
    const Outcome outcome = muster_at(agent, {"wait", "--member", "n2=failed", "--timeout", "1h"});
    CHECK(outcome.status == ExitStatus::Done);
    CHECK_THAT(outcome.output, StartsWith("reached after "));
}

TEST_CASE("a wait ends in time, and says what is missing") {
    Agent agent;
    agent.start();
    const Outcome outcome =
        muster_at(agent, {"wait", "--members", "3", "--timeout", "20ms", "--format", "json"});
    CHECK(outcome.status == ExitStatus::NotReached);
    CHECK_THAT(outcome.output, StartsWith("{\"reached\":false,\"after_ms\":"));
    CHECK_THAT(outcome.output, Contains("\"missing\":\"2 of 3 members are alive\"}"));
}

TEST_CASE("a wait whose agent goes is an error") {
    Agent agent;
    agent.backend.when_listed = [&] { agent.later([&] { agent.stop(); }); };
    agent.start();
    const Outcome outcome = muster_at(agent, {"wait", "--members", "9", "--timeout", "1h"});
    CHECK(outcome.status == ExitStatus::Error);
    CHECK(outcome.errors ==
          "muster: the agent at " + agent.config.path + " has closed the connection\n");
}

TEST_CASE("a watch shows the members again when something changes") {
    Agent agent;
    agent.backend.when_listed = [&] {
        agent.later([&] {
            ++agent.backend.table[1].incarnation;
            agent.backend.tell(MemberEvent::Kind::Update, agent.backend.table[1]);
        });
    };
    agent.start();
    RecordingTerminal terminal;
    terminal.fails_at = 3;  // the reader goes away
    const std::string path = agent.config.path;
    CHECK(run({"members", "--watch", "--format", "json"}, {.muster_api = path.c_str()}, terminal) ==
          ExitStatus::Error);
    CHECK(std::count(terminal.output.begin(), terminal.output.end(), '\n') == 3);
    CHECK_THAT(terminal.output, Contains("{\"index\":3,"));
    RecordingTerminal screen;
    screen.fails_at = 2;
    screen.interactive = true;
    run({"members", "--watch"}, {.muster_api = path.c_str()}, screen);
    CHECK_THAT(screen.output, StartsWith("\x1b[H\x1b[2JNAME"));
}

TEST_CASE("the log is shown as it comes") {
    Agent agent;
    agent.backend.kept_log = {{api::LogLevel::Info, 0, "hello"}, {api::LogLevel::Debug, 0, "no"}};
    agent.start();
    RecordingTerminal terminal;
    terminal.fails_at = 1;
    const std::string path = agent.config.path;
    run({"monitor"}, {.muster_api = path.c_str()}, terminal);
    CHECK(terminal.output == "1970-01-01T00:00:00.000Z info hello\n");
}

TEST_CASE("the RPC is spoken on TCP, with its token") {
    Agent agent;
    agent.config.rpc = *Endpoint::parse("127.0.0.1:0", 0);
    agent.config.auth_key = "s3cret";
    agent.start();
    const std::string address = agent.rpc().to_string();
    const Outcome wrong = muster_at(agent, {"members", "--rpc-addr", address, "--rpc-auth", "x"});
    CHECK(wrong.status == ExitStatus::Error);
    CHECK(wrong.errors ==
          "muster: the agent refuses our token: Invalid authentication token (see --rpc-auth)\n");
    const Outcome none = muster_at(agent, {"members", "--rpc-addr", address});
    CHECK(none.errors == "muster: the agent asks for a token (see --rpc-auth)\n");
    const Outcome right =
        muster_at(agent, {"members", "--rpc-addr", address, "--rpc-auth", "s3cret"});
    CHECK(right.status == ExitStatus::Done);
    CHECK_THAT(right.output, Contains("n2"));
}

TEST_CASE("what answers but is no agent is said so") {
    char name[] = "/tmp/muster-cli-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string path = std::string(name) + "/other.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    std::thread other([&] {
        const int client = ::accept(listener, nullptr, nullptr);
        CHECK(::send(client, "HTTP/1.1 400 Bad Request\r\n", 26, MSG_NOSIGNAL) == 26);
        ::close(client);
    });
    RecordingTerminal terminal;
    CHECK(run({"info", "--api", path}, {}, terminal) == ExitStatus::Error);
    other.join();
    ::close(listener);
    CHECK_THAT(terminal.errors, StartsWith("muster: "));
    std::filesystem::remove_all(name);
}
