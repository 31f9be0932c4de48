// Real child processes: what they are given, what is kept of what they write, and how they end.
#include "agent/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/process/tail.h"

namespace muster::process {
namespace {

// No test waits so long: what has not happened by then never will.
constexpr int deadline_ms = 60'000;

Child started(const Command& command) {
    Result<Child> child = Child::start(command);
    if (!child)
        FAIL(child.error().text);
    return *std::move(child);
}

// Waits until something can be done. False: nothing ever could.
bool wait_for_turn(const Child& child) {
    std::vector<pollfd> fds;
    for (const int descriptor : child.descriptors())
        fds.push_back({descriptor, POLLIN, 0});
    return poll(fds.data(), fds.size(), deadline_ms) > 0;
}

std::optional<End> turn(Child& child) {
    REQUIRE(wait_for_turn(child));
    return child.serve();
}

End ended(Child& child) {
    for (;;) {
        if (std::optional<End> end = turn(child))
            return *std::move(end);
    }
}

End run(const Command& command) {
    Child child = started(command);
    return ended(child);
}

Command words(std::vector<std::string> arguments) {
    Command command;
    command.arguments = std::move(arguments);
    return command;
}

Command shell(const std::string& script) {
    return words({"/bin/sh", "-c", script});
}

void wait_for(int descriptor) {
    pollfd ready{descriptor, POLLIN, 0};
    REQUIRE(poll(&ready, 1, deadline_ms) == 1);
}

// Until it has written something that was not read yet.
void wait_for_output(const Child& child) {
    const std::vector<int> wanted = child.descriptors();
    REQUIRE(wanted.size() >= 2);
    wait_for(wanted[1]);
}

// Until this process, which came of a child of ours, has ended.
void wait_until_gone(pid_t pid) {
    const int gone = static_cast<int>(syscall(SYS_pidfd_open, pid, 0U));
    if (gone < 0)
        return;  // and was waited for
    wait_for(gone);
    close(gone);
    waitpid(pid, nullptr, 0);
}

std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

class Folder {
public:
    Folder() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string file(const std::string& name, const std::string& text, mode_t mode) const {
        std::string path = path_ + "/" + name;
        std::ofstream(path) << text;
        chmod(path.c_str(), mode);
        return path;
    }
    const std::string& path() const { return path_; }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "muster-child.XXXXXX").string();
};

TEST_CASE("words arrive as they are: no shell looks at them") {
    const std::string word = GENERATE("", "two words", "'\"`\\", "$(touch x)", "line\nline\n", "*",
                                      "-n", "\xff\xfe", "; rm -rf x", "$HOME", "a=b");
    const End end = run(words({"printf", "[%s][%s]", word, "last"}));
    CHECK(end.output == "[" + word + "][last]");
    CHECK(end.status == 0);
}

TEST_CASE("the environment is what was given, and nothing is inherited") {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    setenv("MUSTER_INHERITED", "1", /*overwrite=*/1);
    Command command = words({"env"});
    CHECK(run(command).output.empty());
    command.environment = {"A=1", "B=two\nlines $(x)", "C=", "PATH=/usr/bin:/bin"};
    CHECK(run(command).output == "A=1\nB=two\nlines $(x)\nC=\nPATH=/usr/bin:/bin\n");
    unsetenv("MUSTER_INHERITED");  // NOLINT(concurrency-mt-unsafe)
}

TEST_CASE("the program is looked for in the PATH that it is given") {
    const Folder folder;
    folder.file("muster-probe", "#!/bin/sh\necho found\n", 0755);
    Command command = words({"muster-probe"});
    command.environment = {"PATH=/nonexistent:" + folder.path() + ":/bin"};
    CHECK(run(command).output == "found\n");
    command.environment = {"PATH=/nonexistent:/bin"};
    const End end = run(command);
    CHECK(end.status == 127);
    CHECK(end.output ==
          "muster: cannot run muster-probe: No such file or directory (it was looked for in PATH: "
          "/nonexistent:/bin)\n");
}

TEST_CASE("it begins in the directory that was asked for") {
    Command command = words({"/bin/pwd"});
    command.directory = "/usr";
    CHECK(run(command).output == "/usr\n");
    command.directory = "/nonexistent";
    const End end = run(command);
    CHECK(end.status == 126);
    CHECK(end.output == "muster: cannot run /bin/pwd in /nonexistent: No such file or directory\n");
}

TEST_CASE("what cannot be run ends as a shell has it, and says why") {
    const Folder folder;
    struct Case {
        std::string path;
        int status;
        std::string why;
    };
    const Case cases[] = {
        {"/nonexistent/muster", 127, "No such file or directory"},
        {folder.file("text", "hello", 0644), 126,
         "Permission denied (is it a file that this user may execute?)"},
        {"/", 126, "Permission denied (is it a file that this user may execute?)"},
        {folder.file("script", "#!/nonexistent/shell\n", 0755), 127,
         "No such file or directory (the file is there; the interpreter that its first line names "
         "is not)"},
        {"/bin/sh/x", 126, "Not a directory"},
    };
    for (const auto& [path, status, why] : cases) {
        const End end = run(words({path}));
        CHECK(end.status == status);
        std::string said = "muster: cannot run ";
        said.append(path).append(": ").append(why).append("\n");
        CHECK(end.output == said);
    }
}

TEST_CASE("a script that names no interpreter is the shell's") {
    const Folder folder;
    const End end = run(words({folder.file("script", "echo \"$1\"; exit 5", 0755), "a b"}));
    CHECK(end.output == "a b\n");
    CHECK(end.status == 5);
}

TEST_CASE("what cannot be started is an error that says what, and what to do") {
    CHECK(Child::start({}).error().text ==
          "cannot run a command without a program: name one as its first word");
    CHECK(Child::start(words({"cat", std::string("a\0b", 3)})).error().text ==
          "cannot run cat: its word 2 holds a NUL byte, which ends a word: encode it");
    Command command = words({"cat"});
    command.environment = {std::string("TAG=a\0b", 7)};
    CHECK(Child::start(command).error().text ==
          "cannot run cat: the variable TAG holds a NUL byte, which ends a value: encode it");

    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    const Result<Child> child = Child::start(words({"cat"}));
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(child.error().text ==
          "cannot watch a process for cat: Too many open files (raise this process's limit of open "
          "files: ulimit -n, LimitNOFILE=)");
}

TEST_CASE("the exit status is the process's, or 128 and the signal") {
    const auto [script, status] = GENERATE(table<std::string, int>({
        {"exit 0", 0},
        {"exit 3", 3},
        {"exit 255", 255},
        {"kill -TERM $$", 128 + SIGTERM},
        {"kill -KILL $$", 128 + SIGKILL},
        {"kill -PIPE $$", 128 + SIGPIPE},
    }));
    CHECK(run(shell(script)).status == status);
}

TEST_CASE("a megabyte of input goes through, and of the output the end is kept") {
    Command command = words({"cat"});
    for (int i = 0; command.input.size() < 1024 * 1024; ++i)
        command.input += std::to_string(i) + "\n";
    command.output_limit = 100;
    const End end = run(command);
    CHECK(end.status == 0);
    CHECK(end.written == command.input.size());
    CHECK(end.output == command.input.substr(command.input.size() - 100));
}

TEST_CASE("the inputs are there whole, though nobody serves the child") {
    const std::size_t size = GENERATE(std::size_t{1}, std::size_t{65536}, std::size_t{1024 * 1024});
    Command command = shell("a=$(wc -c); b=$(wc -c <&3); exit $((a == SIZE && b == SIZE))");
    command.environment = {"PATH=/bin:/usr/bin", "SIZE=" + std::to_string(size)};
    command.input = Bytes(size, 'x');
    command.second_input = command.input;
    Child child = started(command);
    wait_for(child.descriptors().front());  // its end
    CHECK(child.serve()->status == 1);
}

TEST_CASE("without input, standard input is at its end") {
    const End end = run(words({"cat"}));
    CHECK(end.status == 0);
    CHECK(end.written == 0);
}

TEST_CASE("a child that does not want its input ends nobody else") {
    Command command = shell("exec <&-; cat <&3 >/dev/null; echo done");
    command.input = Bytes(1024 * 1024, 'x');
    command.second_input = command.input;
    struct sigaction before {};
    sigaction(SIGPIPE, nullptr, &before);
    REQUIRE(before.sa_handler == SIG_DFL);
    CHECK(run(command).output == "done\n");
    sigset_t pending;
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 0);
    // Nor does one that ends without reading.
    command.arguments = {"true"};
    CHECK(run(command).status == 0);
}

TEST_CASE("a second input is on descriptor 3, and without one it is closed") {
    Command command = shell("cat; cat <&3");
    command.input = "first\n";
    command.second_input = "second\n";
    CHECK(run(command).output == "first\nsecond\n");
    command.second_input = "";
    CHECK(run(command).output == "first\n");
    command = shell("[ -e /proc/$$/fd/3 ] || echo closed");
    CHECK(run(command).output == "closed\n");
}

TEST_CASE("standard input can be opened again by its name") {
    Command command = shell("cat /dev/stdin; echo to >/dev/stderr");
    command.input = "from ";
    CHECK(run(command).output == "from to\n");
}

TEST_CASE("of a flood, the last 8192 bytes are kept and all are counted") {
    const End end = run(shell("head -c 5000000 /dev/zero; echo end >&2"));
    CHECK(end.status == 0);
    CHECK(end.written == 5'000'004);
    CHECK(end.output == Bytes(8188, '\0') + "end\n");
}

TEST_CASE("a flood without an end leaves the loop its turns") {
    Child child = started(words({"yes"}));
    for (int i = 0; i < 100; ++i)
        REQUIRE_FALSE(turn(child));
    child.signal(SIGKILL);
    const End end = ended(child);
    CHECK(end.status == 128 + SIGKILL);
    CHECK(end.output.size() == 8192);
}

TEST_CASE("a tail is the last bytes, whatever pieces they came in") {
    const std::size_t limit = GENERATE(0U, 1U, 7U, 100U);
    const std::size_t piece = GENERATE(1U, 2U, 7U, 8U, 50U);
    CAPTURE(limit, piece);
    Bytes all;
    for (int i = 0; i < 70; ++i)
        all += static_cast<char>(i);
    Tail tail(limit);
    for (std::size_t at = 0; at < all.size(); at += piece)
        tail.add(BytesView(all).substr(at, piece));
    CHECK(tail.written() == all.size());
    CHECK(tail.take() == all.substr(all.size() - std::min(limit, all.size())));
}

TEST_CASE("the child leads a group of its own") {
    Child child = started(words({"cut", "-d", " ", "-f", "5", "/proc/self/stat"}));
    const pid_t pid = child.pid();
    CHECK(getpgid(pid) == pid);
    CHECK(ended(child).output == std::to_string(pid) + "\n");
}

TEST_CASE("SIGKILL ends the group of a leader that does not obey SIGTERM") {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    Child child =
        started(shell("trap 'echo asked' TERM; (trap '' TERM; exec sleep 1000) & echo $!; "
                      "while :; do wait; done"));
    wait_for_output(child);
    REQUIRE_FALSE(child.serve());
    child.signal(SIGTERM);
    wait_for_output(child);
    child.signal(SIGKILL);
    const End end = ended(child);
    CHECK(end.status == 128 + SIGKILL);
    CHECK(end.output.find("\nasked\n") != Bytes::npos);
    wait_until_gone(std::stoi(end.output));
}

TEST_CASE("who holds the output open does not delay the end, and can be signalled after it") {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    Child child = started(shell("sleep 1000 & echo $!; exit 4"));
    const End end = ended(child);
    CHECK(end.status == 4);
    CHECK(child.descriptors().empty());
    CHECK_FALSE(child.serve());
    const pid_t left = std::stoi(end.output);
    CHECK(kill(left, 0) == 0);
    child.signal(SIGKILL);
    wait_until_gone(left);
}

TEST_CASE("who goes on writing does not delay the end") {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    Child child = started(shell("yes & exit 4"));
    CHECK(ended(child).status == 4);
    child.signal(SIGKILL);
}

TEST_CASE("no descriptor of ours is the child's") {
    const int ours = open("/dev/null", O_RDONLY);  // not O_CLOEXEC
    const int far = fcntl(ours, F_DUPFD, 200);
    // The last one is the folder that it reads.
    CHECK(run(words({"ls", "/proc/self/fd"})).output == "0\n1\n2\n3\n");
    Command command = words({"ls", "/proc/self/fd"});
    command.second_input = "x";
    CHECK(run(command).output == "0\n1\n2\n3\n4\n");
    close(far);
    close(ours);
}

TEST_CASE("inputs and output find their places where ours were closed") {
    // Pipes are then made where the child's ends are to be.
    int kept[3];
    for (int fd = 0; fd < 3; ++fd) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        close(fd);
    }
    Command command = shell("cat; cat <&3");
    command.input = "first ";
    command.second_input = "second";
    const End end = run(command);
    for (int fd = 0; fd < 3; ++fd) {
        dup2(kept[fd], fd);
        close(kept[fd]);
    }
    CHECK(end.output == "first second");
}

TEST_CASE("nothing is left of children, however they end") {
    const std::ptrdiff_t before = open_descriptors();
    Command command = words({"cat"});
    command.input = "x";
    command.second_input = "y";
    for (int i = 0; i < 100; ++i) {
        command.arguments = {i % 3 == 0 ? "/nonexistent" : "cat"};
        if (i % 2 == 0)
            run(command);
        else
            started(command);  // and killed at once
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a child that is destroyed is killed, and waited for") {
    std::optional<Child> child = started(words({"sleep", "1000"}));
    const pid_t pid = child->pid();
    CHECK(kill(pid, 0) == 0);
    child.reset();
    // At once, or when the next one is started or destroyed.
    for (int i = 0; i < 10'000 && kill(pid, 0) == 0; ++i)
        run(words({"true"}));
    CHECK(kill(pid, 0) != 0);
}

TEST_CASE("a child that another takes the place of is killed") {
    Child child = started(words({"sleep", "1000"}));
    const pid_t first = child.pid();
    child = started(words({"true"}));
    CHECK(ended(child).status == 0);
    for (int i = 0; i < 10'000 && kill(first, 0) == 0; ++i)
        run(words({"true"}));
    CHECK(kill(first, 0) != 0);
}

TEST_CASE("no signal is blocked or ignored in the child") {
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    void (*const disposition)(int) = std::signal(SIGPIPE, SIG_IGN);
    const End end = run(words({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, &before, &after);
    std::signal(SIGPIPE, disposition);
    CHECK(end.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    // And ours are as they were.
    CHECK(sigismember(&after, SIGTERM) == 1);
    CHECK(sigismember(&after, SIGHUP) == 0);
}

TEST_CASE("output that is not kept goes where ours does") {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
    dup2(ends[1], STDOUT_FILENO);
    Command command = words({"echo", "here"});
    command.keeps_output = false;
    const End end = run(command);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ends[1]);
    char text[100];
    const ssize_t size = read(ends[0], text, sizeof text);
    close(ends[0]);
    CHECK(BytesView(text, size < 0 ? 0 : static_cast<std::size_t>(size)) == "here\n");
    CHECK(end.status == 0);
    CHECK(end.written == 0);
}

TEST_CASE("children of several threads do not hold each other's inputs open") {
    std::vector<Bytes> outputs(4);
    std::vector<std::thread> threads;
    threads.reserve(outputs.size());
    for (Bytes& output : outputs) {
        threads.emplace_back([&output] {
            Command command;
            command.arguments = {"cat"};
            command.input = "x";
            for (int i = 0; i < 20; ++i) {
                Result<Child> child = Child::start(command);
                std::optional<End> end;
                while (child && !end && wait_for_turn(*child))
                    end = child->serve();
                if (end)
                    output += end->output;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(outputs == std::vector<Bytes>(4, Bytes(20, 'x')));
}

}  // namespace
}  // namespace muster::process
