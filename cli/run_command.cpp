// `muster run --as-leader`: the guard of a command, from before it may start until all of it is
// gone. What may happen when is decided by cli/lease.h; the processes are
// agent/process/supervisor.h's.
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "agent/api/duration.h"
#include "agent/api/messages_leader.h"
#include "agent/api/text.h"
#include "agent/net/clock.h"
#include "agent/process/supervisor.h"
#include "cli/lease.h"
#include "cli/run_parts.h"

namespace muster::cli {

using api::Command;
using std::chrono::milliseconds;

namespace {

constexpr auto wait_between = milliseconds(100);
constexpr auto answer_patience = std::chrono::seconds(10);
constexpr int signalled = 128;

// SIGTERM, SIGINT and SIGHUP as something to be read; as they were again at the end.
class AskedToEnd {
public:
    AskedToEnd() {
        sigset_t set;
        sigemptyset(&set);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP})
            sigaddset(&set, signal);
        sigprocmask(SIG_BLOCK, &set, &before_);  // NOLINT(concurrency-mt-unsafe): one thread
        descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    }
    ~AskedToEnd() {
        close(descriptor_);
        sigprocmask(SIG_SETMASK, &before_, nullptr);  // NOLINT(concurrency-mt-unsafe)
    }
    AskedToEnd(const AskedToEnd&) = delete;
    AskedToEnd& operator=(const AskedToEnd&) = delete;

    int descriptor() const { return descriptor_; }
    // The signal; 0: none.
    int take() const {
        signalfd_siginfo signal{};
        return read(descriptor_, &signal, sizeof signal) == sizeof signal
                   ? static_cast<int>(signal.ssi_signo)
                   : 0;
    }

private:
    sigset_t before_{};
    int descriptor_ = -1;
};

Duration from_ms(std::uint64_t ms) {
    return milliseconds(static_cast<std::int64_t>(ms));
}

std::uint64_t calendar_now() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

}  // namespace

// One run of a command. Parts of it are kept by name, as the rules need them in several places.
class CommandRun {
public:
    CommandRun(Client& client, const RunOptions& asked) : client_(client), asked_(asked) {}

    // Either a status, or what went wrong.
    Result<int> operator()();

private:
    Result<Led> ask(Command command, const std::string& body, Deadline deadline);
    Result<Led> hold(Deadline deadline, bool wants);
    Result<std::optional<int>> wait_to_lead();
    std::optional<Error> use_key();
    Result<int> run_it();
    void renew(TimePoint now);
    void release(bool resign);
    process::Moments moments() const { return {until_->terminate_at(), until_->kill_at()}; }

    Client& client_;
    const RunOptions& asked_;
    net::Clock clock_;
    AskedToEnd signals_;
    process::Supervised command_;
    std::optional<Countdown> until_;
    LeaseTerms terms_;
    Led held_;
    bool connected_ = true;
};

Result<Led> CommandRun::ask(Command command, const std::string& body, Deadline deadline) {
    const Result<Client::Reply> reply = client_.call_within(command, body, deadline);
    if (!reply)
        return reply.error();
    const Result<api::ReadLed> led = api::read_led(reply->body);
    if (!led)
        return led.error();
    return Led{reply->error, *led};
}

// The end counts from before the question: the answer may have lain in the socket (F21).
Result<Led> CommandRun::hold(Deadline deadline, bool wants) {
    std::string body;
    encode_body(api::HoldRequest{.name = asked_.name, .wants = wants, .unfenced = asked_.unfenced},
                body);
    const TimePoint before = clock_.now();
    Result<Led> led = ask(Command::LeaderHold, body, deadline);
    if (!led || !led->error.empty())
        return led;
    if (!until_) {
        const Duration lease = from_ms(led->reply.full_ms);
        terms_ = {lease, asked_.grace.value_or(default_grace(lease)), lease_margin(lease)};
        until_.emplace(terms_);
    }
    until_->renewed(before, clock_.now(), from_ms(led->reply.lease_ms));
    return led;
}

// None: it leads. Else the status to end with.
Result<std::optional<int>> CommandRun::wait_to_lead() {
    Deadline last;
    if (asked_.wait)
        last = Clock::now() + std::chrono::ceil<Clock::duration>(*asked_.wait);
    for (;;) {
        Result<Led> led = hold(Clock::now() + answer_patience, !asked_.no_wait);
        if (!led)
            return led.error();
        if (led->error.empty()) {
            held_ = *std::move(led);
            return std::optional<int>();
        }
        const api::ReadLed& reply = led->reply;
        if (!reply.not_leader && !reply.gives_up && !reply.held)
            return Error{led->error};
        if (asked_.no_wait || (last && Clock::now() >= *last))
            return std::optional(static_cast<int>(ExitStatus::No));
        pollfd signal{signals_.descriptor(), POLLIN, 0};
        poll(&signal, 1, static_cast<int>(wait_between.count()));
        if (const int number = signals_.take(); number != 0)
            return std::optional(signalled + number);
    }
}

std::optional<Error> CommandRun::use_key() {
    std::string body;
    const auto lasts = std::chrono::duration_cast<std::chrono::seconds>(asked_.lasts);
    encode_body(
        api::OnceRequest{.key = asked_.once,
                         .expiry = calendar_now() + static_cast<std::uint64_t>(lasts.count())},
        body);
    const Result<Led> used = ask(Command::LeaderOnce, body, Clock::now() + answer_patience);
    if (!used)
        return used.error();
    if (!used->error.empty())
        return Error{used->error};
    return std::nullopt;
}

void CommandRun::release(bool resign) {
    if (!connected_)
        return;
    std::string body;
    encode_body(api::ReleaseRequest{.name = asked_.name,
                                    .resign = resign,
                                    .hold_off = resign ? asked_.hold_off : Duration::zero()},
                body);
    (void)ask(Command::LeaderRelease, body, Clock::now() + answer_patience);
}

// Asks again. An agent that does not answer, or says no, ends the command: at once if it says so,
// else when the lease has no more room.
void CommandRun::renew(TimePoint now) {
    const Duration left = std::max(Duration::zero(), until_->terminate_at() - now);
    const Result<Led> led =
        hold(Clock::now() + std::chrono::ceil<Clock::duration>(left), /*wants=*/false);
    if (!led) {
        connected_ = false;
        return;
    }
    if (!led->error.empty() || led->reply.term != held_.reply.term)
        until_->end(clock_.now());
    command_.renewed(moments());
}

Result<int> CommandRun::run_it() {
    process::SupervisedCommand command{asked_.command, {}, terms_.grace};
    if (held_.reply.term != 0) {
        command.environment.emplace_back("MUSTER_TERM", std::to_string(held_.reply.term));
        command.environment.emplace_back("MUSTER_CLUSTER", held_.reply.cluster);
    }
    if (const auto error = command_.start(command, moments()))
        return *error;
    TimePoint next_ask = until_->ask_at(clock_.now());
    for (;;) {
        const TimePoint now = clock_.now();
        if (now >= until_->kill_at())
            command_.kill_all();  // the supervisor has not done it, or is about to
        const bool asks = connected_ && !until_->ending(now);
        if (asks && now >= next_ask) {
            renew(now);
            next_ask = until_->ask_at(clock_.now());
            continue;
        }
        const Duration left = (asks ? next_ask : until_->kill_at()) - now;
        const auto ms = std::chrono::ceil<milliseconds>(left).count();
        pollfd fds[] = {{signals_.descriptor(), POLLIN, 0}, {command_.descriptor(), POLLIN, 0}};
        poll(fds, 2, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1000)));
        if (const int signal = signals_.take(); signal != 0)
            command_.ask_to_end(signal);
        if (fds[1].revents == 0)
            continue;
        if (const std::optional<process::CommandEnd> end = command_.take_end())
            return end->lost ? asked_.lost_status : end->status;
    }
}

Result<int> CommandRun::operator()() {
    const Result<std::optional<int>> ended = wait_to_lead();
    if (!ended)
        return ended.error();
    if (*ended)
        return **ended;
    if (const std::string wrong = lease_refusal(terms_); !wrong.empty()) {
        release(/*resign=*/false);
        return Error{wrong};
    }
    if (!asked_.once.empty()) {
        if (const auto error = use_key()) {
            release(/*resign=*/false);
            return Error{"not run: " + error->text};
        }
        // Committing it has taken time.
        renew(clock_.now());
    }
    if (!connected_ || until_->ending(clock_.now())) {
        release(/*resign=*/false);
        return asked_.lost_status;
    }
    Result<int> status = run_it();
    release(/*resign=*/!asked_.no_wait);
    return status;
}

ExitStatus Run::operator()(const RunOptions& asked) {
    Result<Client> client = connect();
    if (!client)
        return fail(client.error().text);
    const Result<int> status = CommandRun(*client, asked)();
    if (!status) {
        fail(status.error().text);
        return status.error().text.starts_with("not run: ") ? ExitStatus::No : ExitStatus::Error;
    }
    return static_cast<ExitStatus>(*status);
}

}  // namespace muster::cli
