#include "agent/process/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

#include "agent/net/clock.h"
#include "agent/process/descendants.h"
#include "agent/process/program.h"
#include "swim/errno_text.h"

namespace muster::process {

namespace {

// Between two rounds of killing: who forks meanwhile is met by the next one.
constexpr int kill_round_ms = 5;
constexpr int longest_wait_ms = 1000;

int shell_status(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                  : signalled_status + WTERMSIG(wait_status);
}

void close_if_open(int& fd) {
    if (fd >= 0)
        close(std::exchange(fd, -1));
}

// Ours, and what is added to it.
std::vector<std::string> environment_of(const SupervisedCommand& command) {
    std::vector<std::string> all;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const bool replaced =
            std::any_of(command.environment.begin(), command.environment.end(),
                        [&](const auto& added) { return text.starts_with(added.first + "="); });
        if (!replaced)
            all.emplace_back(text);
    }
    for (const auto& [name, value] : command.environment)
        all.emplace_back(name).append("=").append(value);
    return all;
}

[[noreturn]] void execute(Program& program, const CommandCgroup& cgroup) {
    if (cgroup)
        (void)cgroup.enter();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);  // NOLINT(concurrency-mt-unsafe): one thread
    program.execute();
}

// What the guard tells the supervisor.
struct Order {
    std::int64_t terminate_at = 0;
    std::int64_t kill_at = 0;
    int signal = 0;  // not 0: send it to the command
};

Order order_of(const Moments& until) {
    return {until.terminate.time_since_epoch().count(), until.kill.time_since_epoch().count(), 0};
}

// The supervisor itself: one loop, in a process of its own.
class Supervisor {
public:
    Supervisor(Program& program, Duration grace, const CommandCgroup& cgroup, int control,
               int report)
        : program_(program), grace_(grace), cgroup_(cgroup), control_(control), report_(report) {}

    [[noreturn]] void run(const Order& first) {
        take(first);
        setsid();
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, nullptr);  // NOLINT(concurrency-mt-unsafe): one thread
        sigset_t children;
        sigemptyset(&children);
        sigaddset(&children, SIGCHLD);
        const int deaths = signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
        main_ = fork();
        if (main_ == 0)
            execute(program_, cgroup_);
        if (main_ < 0)
            finish(cannot_execute);
        while (!reap())
            turn(deaths);
        finish(status_);
    }

private:
    void take(const Order& order) {
        if (order.signal != 0) {
            signal_descendants(getpid(), order.signal);
            return;
        }
        if (!ending_) {
            terminate_at_ = TimePoint(Duration(order.terminate_at));
            kill_at_ = TimePoint(Duration(order.kill_at));
        }
    }

    // Whoever has died is taken note of. True: nobody is left.
    bool reap() {
        for (;;) {
            int status = 0;
            const pid_t pid = waitpid(-1, &status, WNOHANG);
            if (pid == main_) {
                status_ = shell_status(status);
                main_ended_ = true;
            }
            if (pid == 0)
                return false;
            if (pid < 0 && errno != EINTR)
                return true;
        }
    }

    void turn(int deaths) {
        const TimePoint now = clock_.now();
        const bool due = now >= terminate_at_;
        if (!ending_ && (due || guard_gone_ || main_ended_)) {
            ending_ = true;
            lost_ = !main_ended_;
            if (!due)
                kill_at_ = std::min(kill_at_, now + grace_);
            signal_descendants(getpid(), SIGTERM);
            signal_descendants(getpid(), SIGCONT);
        }
        const bool killing = ending_ && now >= kill_at_;
        if (killing) {
            cgroup_.kill();
            signal_descendants(getpid(), SIGKILL);
        }
        const Duration left = (ending_ ? kill_at_ : terminate_at_) - now;
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        pollfd fds[] = {{guard_gone_ ? -1 : control_, POLLIN, 0}, {deaths, POLLIN, 0}};
        poll(fds, 2,
             killing ? kill_round_ms
                     : static_cast<int>(std::clamp<std::int64_t>(ms, 0, longest_wait_ms)));
        signalfd_siginfo ignored[8];
        while (read(deaths, ignored, sizeof ignored) > 0) {
        }
        if ((fds[0].revents & (POLLIN | POLLHUP)) != 0)
            listen();
    }

    void listen() {
        Order order;
        const ssize_t size = read(control_, &order, sizeof order);
        if (size == static_cast<ssize_t>(sizeof order))
            take(order);
        else if (size == 0 || errno != EINTR)
            guard_gone_ = true;
    }

    [[noreturn]] void finish(int status) const {
        const CommandEnd end{status, lost_};
        (void)!write(report_, &end, sizeof end);
        _exit(0);
    }

    Program& program_;
    const Duration grace_;
    const CommandCgroup& cgroup_;
    const int control_;
    const int report_;
    net::Clock clock_;
    pid_t main_ = -1;
    TimePoint terminate_at_;
    TimePoint kill_at_;
    int status_ = 0;
    bool main_ended_ = false;
    bool guard_gone_ = false;
    bool ending_ = false;
    bool lost_ = false;
};

}  // namespace

Supervised::~Supervised() {
    cgroup_.remove();
    close_if_open(control_);
    close_if_open(report_);
}

std::optional<Error> Supervised::start(const SupervisedCommand& command, const Moments& until) {
    Result<Program> program = Program::prepare(command.arguments, environment_of(command), "");
    if (!program)
        return program.error();
    int control[2];
    int report[2];
    // Not a pipe: who writes to a supervisor that has just ended must not die of it.
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return Error{"cannot make a socket: " + errno_text(errno)};
    if (pipe2(report, O_CLOEXEC) != 0) {
        const int error = errno;
        close(control[0]);
        close(control[1]);
        return Error{"cannot make a pipe: " + errno_text(error)};
    }
    // If the supervisor is killed, what it leaves behind is ours.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    cgroup_ = CommandCgroup::make();
    pid_ = fork();
    if (pid_ == 0) {
        close(control[1]);
        close(report[0]);
        Supervisor(*program, command.grace, cgroup_, control[0], report[1]).run(order_of(until));
    }
    const int error = errno;
    close(control[0]);
    close(report[1]);
    control_ = control[1];
    report_ = report[0];
    if (pid_ < 0)
        return Error{"cannot start a process: " + errno_text(error)};
    return std::nullopt;
}

void Supervised::renewed(const Moments& until) const {
    const Order order = order_of(until);
    (void)send(control_, &order, sizeof order, MSG_NOSIGNAL);
}

void Supervised::ask_to_end(int signal) const {
    const Order order{0, 0, signal};
    (void)send(control_, &order, sizeof order, MSG_NOSIGNAL);
}

std::optional<CommandEnd> Supervised::take_end() const {
    CommandEnd end;
    const ssize_t size = read(report_, &end, sizeof end);
    if (size < 0)
        return std::nullopt;
    if (size != static_cast<ssize_t>(sizeof end)) {
        // Killed: it can say nothing, and whatever it kept is ours now.
        end = {signalled_status + SIGKILL, /*lost=*/true};
    }
    kill_all();
    return end;
}

void Supervised::kill_all() const {
    for (;;) {
        cgroup_.kill();
        signal_descendants(getpid(), SIGKILL);
        pid_t pid = 0;
        while ((pid = waitpid(-1, nullptr, WNOHANG)) > 0) {
        }
        if (pid < 0 && errno == ECHILD)
            return;
        poll(nullptr, 0, kill_round_ms);
    }
}

}  // namespace muster::process
