#include "agent/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <utility>

#include "agent/process/descriptor.h"
#include "agent/process/program.h"
#include "agent/process/tail.h"
#include "swim/errno_text.h"

namespace muster::process {

namespace {

constexpr int second_input = 3;
constexpr std::size_t turn_bytes = 64 * 1024;
constexpr int patience_ms = 10;
// Somebody else has waited for it.
constexpr int unknown_status = 255;

// glibc 2.36 declares it without saying that it is C.
int open_pidfd(pid_t pid) {
    return static_cast<int>(syscall(SYS_pidfd_open, pid, 0U));
}

Error error_of(const std::string& what, const Command& command, int error) {
    std::string text = what + " for " + command.arguments.front() + ": " + errno_text(error);
    if (error == EMFILE)
        text += " (raise this process's limit of open files: ulimit -n, LimitNOFILE=)";
    if (error == EAGAIN)
        text += " (raise the limit of processes: ulimit -u, TasksMax=)";
    if (error == ENOSYS)
        text += " (Linux 5.3 or later is needed)";
    return Error{text};
}

struct Pipe {
    Descriptor reading;
    Descriptor writing;

    // False: errno says why.
    bool open() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        reading = Descriptor(ends[0]);
        writing = Descriptor(ends[1]);
        return lift(reading) && lift(writing);
    }

    // Above those that the child is given: where ours were closed, a pipe could be one of these,
    // and be overwritten by another before it is in its place.
    static bool lift(Descriptor& end) {
        if (end.get() > second_input)
            return true;
        Descriptor lifted(fcntl(end.get(), F_DUPFD_CLOEXEC, second_input + 1));
        const bool done = static_cast<bool>(lifted);
        end = std::move(lifted);
        return done;
    }
};

// Of the one end only: the other is a description of its own.
void do_not_block(const Descriptor& end) {
    if (end)
        fcntl(end.get(), F_SETFL, O_NONBLOCK);
}

// All signals are held back in this thread while it lives.
class SignalsHeld {
public:
    SignalsHeld() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;

private:
    sigset_t before_{};
};

// Killed, but not ended when its Child was destroyed.
class LeftBehind {
public:
    void add(pid_t pid) {
        const std::lock_guard lock(mutex_);
        pids_.push_back(pid);
    }
    void reap() {
        const std::lock_guard lock(mutex_);
        std::erase_if(pids_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
    }

private:
    std::mutex mutex_;
    std::vector<pid_t> pids_;
};

LeftBehind& left_behind() {
    static LeftBehind all;
    return all;
}

// What the child is given; -1: nothing.
struct Given {
    int input = -1;
    int output = -1;
    int second = -1;
};

void close_from(unsigned first) {
    if (close_range(first, ~0U, 0) == 0)
        return;
    // Before Linux 5.9, or forbidden.
    rlimit limit{};
    constexpr rlim_t most = 65536;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > most)
        limit.rlim_cur = most;
    for (unsigned fd = first; fd < limit.rlim_cur; ++fd)
        close(static_cast<int>(fd));
}

// In the child: only calls that are safe after fork() in a process that has threads. The parent's
// handlers must not run here, as what they write to is the parent's: signals are let in last.
[[noreturn]] void become(Program& program, const Given& given) {
    setpgid(0, 0);
    struct sigaction as_usual {};
    as_usual.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        sigaction(signal, &as_usual, nullptr);
    dup2(given.input, STDIN_FILENO);
    if (given.output >= 0) {
        dup2(given.output, STDOUT_FILENO);
        dup2(given.output, STDERR_FILENO);
    }
    if (given.second >= 0)
        dup2(given.second, second_input);
    close_from(given.second >= 0 ? second_input + 1 : second_input);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    program.execute();
}

// How much of it one write takes, again and again; the rest is what errno is about.
std::size_t write_all(int fd, BytesView bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t size = write(fd, bytes.data() + done, bytes.size() - done);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            break;
        done += static_cast<std::size_t>(size);
    }
    return done;
}

// All of it is in there before the child runs, so that one whose parent is killed meanwhile is not
// given a part of it: a pipe, which is what programs expect, or a file in memory where it is more
// than a pipe holds. None: errno says why.
Descriptor filled(BytesView bytes) {
    Pipe pipe;
    if (!pipe.open())
        return {};
    do_not_block(pipe.writing);
    if (write_all(pipe.writing.get(), bytes) == bytes.size())
        return std::move(pipe.reading);
    Descriptor file(memfd_create("input", MFD_CLOEXEC));
    if (!file || !Pipe::lift(file) || write_all(file.get(), bytes) < bytes.size() ||
        lseek(file.get(), 0, SEEK_SET) != 0)
        return {};
    return file;
}

}  // namespace

struct Child::Parts {
    explicit Parts(std::size_t output_limit) : tail(output_limit) {}
    ~Parts();
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    std::optional<int> status();
    void read_output(std::size_t most);

    pid_t pid = -1;
    Descriptor end;  // its pidfd
    Descriptor output;
    Tail tail;
    bool ended = false;
    bool waited_for = false;  // by somebody else: the pid may mean another by now
};

Child::Parts::~Parts() {
    left_behind().reap();
    if (pid < 0 || waited_for)
        return;
    if (!ended) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);  // it may have gone to another group
    }
    pollfd gone{end.get(), POLLIN, 0};
    poll(&gone, 1, patience_ms);
    if (waitpid(pid, nullptr, WNOHANG) == 0)
        left_behind().add(pid);
}

// None: it has not ended. It stays to be waited for, and its pid its own.
std::optional<int> Child::Parts::status() {
    siginfo_t how{};
    if (waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED | WNOHANG | WNOWAIT) != 0) {
        waited_for = true;
        return unknown_status;
    }
    if (how.si_pid == 0)
        return std::nullopt;
    return how.si_code == CLD_EXITED ? how.si_status : signalled_status + how.si_status;
}

void Child::Parts::read_output(std::size_t most) {
    char buffer[16 * 1024];
    while (output && most > 0) {
        const ssize_t size = read(output.get(), buffer, std::min(sizeof buffer, most));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0) {
            output.close();
            return;
        }
        const auto count = static_cast<std::size_t>(size);
        tail.add({buffer, count});
        most -= count;
    }
}

Result<Child> Child::start(const Command& command) {
    left_behind().reap();
    Result<Program> program =
        Program::prepare(command.arguments, command.environment, command.directory);
    if (!program)
        return program.error();
    // Before anything runs: that there may be one, and room for it.
    Descriptor room(open_pidfd(getpid()));
    if (!room)
        return error_of("cannot watch a process", command, errno);
    const Descriptor input = filled(command.input);
    if (!input)
        return error_of("cannot make an input", command, errno);
    const Descriptor second = command.second_input ? filled(*command.second_input) : Descriptor();
    if (command.second_input && !second)
        return error_of("cannot make an input", command, errno);
    Pipe output;
    if (command.keeps_output && !output.open())
        return error_of("cannot make a pipe", command, errno);
    do_not_block(output.reading);
    auto parts = std::make_unique<Parts>(command.output_limit);
    {
        const SignalsHeld held;
        parts->pid = fork();
        if (parts->pid == 0)
            become(*program, {input.get(), output.writing.get(), second.get()});
        if (parts->pid < 0)
            return error_of("cannot start a process", command, errno);
    }
    // Both do it, so that it is done when either goes on.
    setpgid(parts->pid, parts->pid);
    room.close();
    parts->end = Descriptor(open_pidfd(parts->pid));
    if (!parts->end)
        return error_of("cannot watch a process", command, errno);
    parts->output = std::move(output.reading);
    return Child(std::move(parts));
}

Child::Child(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Child::~Child() = default;
Child::Child(Child&& other) noexcept = default;
Child& Child::operator=(Child&& other) noexcept = default;

std::vector<int> Child::descriptors() const {
    std::vector<int> wanted;
    if (parts_->ended)
        return wanted;
    wanted.push_back(parts_->end.get());
    if (parts_->output)
        wanted.push_back(parts_->output.get());
    return wanted;
}

std::optional<End> Child::serve() {
    if (parts_->ended)
        return std::nullopt;
    // First: what it has written before its end is then in the pipe.
    const std::optional<int> status = parts_->status();
    if (!status) {
        parts_->read_output(turn_bytes);
        return std::nullopt;
    }
    // What there is, and no more: others may write on for ever.
    int left = 0;
    if (parts_->output && ioctl(parts_->output.get(), FIONREAD, &left) == 0)
        parts_->read_output(static_cast<std::size_t>(left));
    parts_->output.close();
    parts_->ended = true;
    const std::uint64_t written = parts_->tail.written();
    return End{*status, parts_->tail.take(), written};
}

void Child::signal(int number) const {
    if (!parts_->waited_for)
        kill(-parts_->pid, number);
}

pid_t Child::pid() const {
    return parts_->pid;
}

}  // namespace muster::process
