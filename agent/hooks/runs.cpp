#include "agent/hooks/runs.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>
#include <utility>

#include "swim/errno_text.h"

namespace muster::hooks {

Runs::~Runs() {
    running_.clear();
    if (epoll_ >= 0)
        close(epoll_);
}

std::optional<Error> Runs::open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0)
        return Error{"cannot wait for hooks: " + errno_text(errno)};
    return std::nullopt;
}

void Runs::watch(std::uint64_t id, const Run& run) const {
    for (const int wanted : run.child.descriptors()) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = id;
        (void)epoll_ctl(epoll_, EPOLL_CTL_ADD, wanted, &event);
    }
}

void Runs::forget(const Run& run) const {
    for (const int wanted : run.child.descriptors())
        (void)epoll_ctl(epoll_, EPOLL_CTL_DEL, wanted, nullptr);
}

std::optional<Error> Runs::start(const process::Command& command, TimePoint now, Duration timeout,
                                 Done done) {
    Result<process::Child> child = process::Child::start(command);
    if (!child)
        return child.error();
    const std::uint64_t id = ++last_id_;
    const Run& run = running_
                         .emplace(id, Run{*std::move(child), std::move(done), now + timeout,
                                          /*timed_out=*/false})
                         .first->second;
    watch(id, run);
    return std::nullopt;
}

void Runs::serve(TimePoint /*now*/) {
    epoll_event events[16];
    const int count = epoll_wait(epoll_, events, 16, 0);
    std::set<std::uint64_t> ready;
    for (int i = 0; i < count; ++i)
        ready.insert(events[i].data.u64);
    for (const std::uint64_t id : ready) {
        const auto found = running_.find(id);
        if (found == running_.end())
            continue;
        Run& run = found->second;
        forget(run);
        std::optional<process::End> end = run.child.serve();
        if (!end) {
            watch(id, run);
            continue;
        }
        // Of a run that was ended for its time, nobody of the group stays.
        if (run.timed_out)
            run.child.signal(SIGKILL);
        const Ended ended{*std::move(end), run.timed_out};
        const Done done = std::move(run.done);
        running_.erase(found);
        done(ended);
    }
}

void Runs::turn(TimePoint now) {
    for (auto& [id, run] : running_) {
        if (now < run.deadline)
            continue;
        run.child.signal(run.timed_out ? SIGKILL : SIGTERM);
        // A stopped process takes no SIGTERM.
        if (!run.timed_out)
            run.child.signal(SIGCONT);
        run.timed_out = true;
        run.deadline = now + grace;
    }
}

TimePoint Runs::next_deadline() const {
    TimePoint next = never;
    for (const auto& [id, run] : running_)
        next = std::min(next, run.deadline);
    return next;
}

}  // namespace muster::hooks
