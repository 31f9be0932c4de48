// Commands under a lease, as real processes: whatever they do, and whoever of those that watch them
// is killed, all of them are gone when the lease ends.
#include "agent/process/supervisor.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <string>

#include "agent/net/clock.h"
#include "agent/process/command_cgroup.h"
#include "agent/process/descendants.h"

namespace muster::process {
namespace {

using namespace std::chrono_literals;

constexpr Duration grace = 50ms;

SupervisedCommand shell(const std::string& script) {
    return {{"/bin/sh", "-c", script}, {{"MUSTER_TERM", "7"}}, grace};
}

// A lease that has so much left, and 20 ms of it as a margin.
Moments under(Duration left) {
    net::Clock clock;
    const TimePoint kill = clock.now() + left - 20ms;
    return {kill - grace, kill};
}

CommandEnd wait(Supervised& command) {
    for (;;) {
        pollfd report{command.descriptor(), POLLIN, 0};
        poll(&report, 1, -1);
        if (const auto end = command.take_end())
            return *end;
    }
}

// What a command has written to a pipe that it inherited as descriptor `fd`.
class Pipe {
public:
    Pipe() { REQUIRE(pipe(ends_) == 0); }
    ~Pipe() {
        close(ends_[0]);
        close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    std::string out() const { return " >&" + std::to_string(ends_[1]) + " "; }
    std::string line() const {
        std::string text;
        char c = 0;
        while (read(ends_[0], &c, 1) == 1 && c != '\n')
            text += c;
        return text;
    }

private:
    int ends_[2] = {-1, -1};
};

bool nothing_left() {
    return descendants_of(getpid()).empty();
}

TEST_CASE("the parent is found after a name that holds anything") {
    CHECK(parent_in_stat("12 (sh) S 7 12 12") == 7);
    CHECK(parent_in_stat("12 (a) R 9 (b) S 7 12") == 7);
    CHECK(parent_in_stat("12 (sh) S") == 0);
    CHECK(parent_in_stat("") == 0);
}

TEST_CASE("the own cgroup is found where the hierarchy of version 2 is mounted whole") {
    const std::string hybrid =
        "24 1 0:22 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
        "25 1 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
    const std::string memberships = "9:name=systemd:/init.scope\n0::/user.slice/a.scope\n";
    CHECK(own_cgroup(memberships, hybrid) == "/sys/fs/cgroup/unified/user.slice/a.scope");
    CHECK(own_cgroup("0::/\n", hybrid) == "/sys/fs/cgroup/unified");
    CHECK_FALSE(own_cgroup("0::/../other\n", hybrid));
    CHECK_FALSE(own_cgroup("4:memory:/a\n", hybrid));
    CHECK_FALSE(own_cgroup("0::/\n", "24 1 0:22 / /sys rw - sysfs sysfs rw\n"));
    CHECK_FALSE(own_cgroup("0::/\n", "25 1 0:23 /part /mnt rw - cgroup2 cgroup2 rw\n"));
    CHECK_FALSE(own_cgroup("", ""));
}

TEST_CASE("a command's exit status is its own, and its environment says the term") {
    const Pipe pipe;
    Supervised command;
    REQUIRE_FALSE(
        command.start(shell("echo term $MUSTER_TERM" + pipe.out() + "; exit 3"), under(10s)));
    CHECK(pipe.line() == "term 7");
    const CommandEnd end = wait(command);
    CHECK(end.status == 3);
    CHECK_FALSE(end.lost);
    CHECK(nothing_left());
}

TEST_CASE("a command that cannot be run ends as a shell has it") {
    Supervised missing;
    REQUIRE_FALSE(missing.start({{"/nonexistent/muster"}, {}, grace}, under(10s)));
    CHECK(wait(missing).status == 127);
    Supervised directory;
    REQUIRE_FALSE(directory.start({{"/"}, {}, grace}, under(10s)));
    CHECK(wait(directory).status == 126);
}

TEST_CASE("a command is asked to end when its renewal is overdue") {
    Supervised command;
    const Pipe pipe;
    REQUIRE_FALSE(command.start(
        shell("trap 'echo asked" + pipe.out() + "; exit 0' TERM; while :; do sleep 1 & wait; done"),
        under(200ms)));
    CHECK(pipe.line() == "asked");
    CHECK(wait(command).lost);
    CHECK(nothing_left());
}

TEST_CASE("what ignores SIGTERM, forks, or makes a session of its own is killed") {
    const char* const script = GENERATE(
        "trap '' TERM; while :; do sleep 1; done",
        "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & while :; do sleep 1; done",
        "setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" & sleep 1000",
        "setsid setsid sh -c 'sleep 1000 & sleep 1000' & disown 2>/dev/null; sleep 1000");
    Supervised command;
    REQUIRE_FALSE(command.start(shell(script), under(200ms)));
    const CommandEnd end = wait(command);
    CHECK(end.lost);
    CHECK(nothing_left());
}

TEST_CASE("what a command leaves behind ends with it") {
    Supervised command;
    REQUIRE_FALSE(command.start(shell("setsid sleep 1000 & exit 5"), under(10s)));
    const CommandEnd end = wait(command);
    CHECK(end.status == 5);
    CHECK_FALSE(end.lost);
    CHECK(nothing_left());
}

TEST_CASE("a lease that is renewed lets the command go on") {
    Supervised command;
    REQUIRE_FALSE(command.start(shell("sleep 1000"), under(150ms)));
    command.renewed(under(10s));
    pollfd report{command.descriptor(), POLLIN, 0};
    CHECK(poll(&report, 1, 400) == 0);  // longer than the first lease: it would have ended by then
    command.ask_to_end(SIGKILL);
    const CommandEnd end = wait(command);
    CHECK_FALSE(end.lost);
    CHECK(nothing_left());
}

TEST_CASE("what is said to a supervisor that has ended hurts nobody") {
    Supervised command;
    REQUIRE_FALSE(command.start(shell("exit 0"), under(10s)));
    CHECK(wait(command).status == 0);  // it is gone, and was waited for
    command.renewed(under(10s));
    command.ask_to_end(SIGTERM);
    CHECK(nothing_left());
}

TEST_CASE("a signal that is asked for reaches the command") {
    Supervised command;
    const Pipe pipe;
    REQUIRE_FALSE(command.start(
        shell("trap 'exit 9' INT; echo ready" + pipe.out() + "; while :; do sleep 1 & wait; done"),
        under(10s)));
    CHECK(pipe.line() == "ready");
    command.ask_to_end(SIGINT);
    CHECK(wait(command).status == 9);
    CHECK(nothing_left());
}

TEST_CASE("the command ends when its supervisor is killed, or stopped") {
    const int signal = GENERATE(SIGKILL, SIGSTOP);
    Supervised command;
    const Pipe pipe;
    REQUIRE_FALSE(command.start(
        shell("trap '' TERM; echo ready" + pipe.out() + "; while :; do sleep 1; done"),
        under(10s)));
    CHECK(pipe.line() == "ready");
    pid_t supervisor = 0;  // our own child: all others came of it
    for (const pid_t pid : descendants_of(getpid())) {
        std::string stat;
        std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), stat);
        if (parent_in_stat(stat) == getpid())
            supervisor = pid;
    }
    REQUIRE(supervisor != 0);
    kill(supervisor, signal);
    if (signal == SIGSTOP)
        command.kill_all();  // as the guard does when the moment has come
    CHECK(wait(command).lost);
    CHECK(nothing_left());
}

TEST_CASE("the command ends when its guard is killed, or stopped for ever") {
    const int signal = GENERATE(SIGKILL, SIGSTOP);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const Pipe pipe;
    const pid_t guard = fork();
    if (guard == 0) {
        Supervised command;
        if (command.start(
                shell("trap '' TERM; echo ready" + pipe.out() + "; while :; do sleep 1; done"),
                under(300ms)))
            _exit(1);
        pause();
        _exit(0);
    }
    CHECK(pipe.line() == "ready");
    kill(guard, signal);
    // Everything that came of it ends by itself; the guard alone, stopped, stays.
    int status = 0;
    if (signal == SIGSTOP) {
        for (;;) {
            const auto below = descendants_of(guard);
            if (below.size() <= 1)
                break;  // the supervisor waits to be reaped by it
            poll(nullptr, 0, 10);
        }
        kill(guard, SIGKILL);
    }
    while (waitpid(-1, &status, 0) > 0) {
    }
    CHECK(nothing_left());
}

}  // namespace
}  // namespace muster::process
