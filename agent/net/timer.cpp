#include "agent/net/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <system_error>

namespace muster::net {

namespace {

int new_timerfd() {
    const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), "cannot create a timer");
    return fd;
}

}  // namespace

struct Timer::State : std::enable_shared_from_this<State> {
    State(asio::io_context& loop, Clock& a_clock, std::function<void()> when_fired)
        : descriptor(loop, new_timerfd()), clock(a_clock), fired(std::move(when_fired)) {}

    void wait() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](const asio::error_code& error) {
                                  if (!error)
                                      self->readable();
                              });
    }

    void readable() {
        std::uint64_t expirations = 0;
        // Nothing to read: it was armed anew between firing and now.
        const bool due = read(descriptor.native_handle(), &expirations, sizeof expirations) ==
                         static_cast<ssize_t>(sizeof expirations);
        wait();
        if (due) {
            armed = never;
            fired();
        }
    }

    asio::posix::stream_descriptor descriptor;
    Clock& clock;
    std::function<void()> fired;
    TimePoint armed = never;
};

Timer::Timer(asio::io_context& loop, Clock& clock, std::function<void()> fired)
    : state_(std::make_shared<State>(loop, clock, std::move(fired))) {
    state_->wait();
}

Timer::~Timer() {
    asio::error_code ignored;
    state_->descriptor.close(ignored);
}

void Timer::arm(TimePoint deadline) {
    if (deadline == state_->armed)
        return;
    state_->armed = deadline;
    itimerspec at{};
    if (deadline != never) {
        // All zero would disarm it.
        const Duration left = std::max(deadline - state_->clock.now(), Duration(1));
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        at.it_value.tv_sec = seconds.count();
        at.it_value.tv_nsec = (left - seconds).count();
    }
    timerfd_settime(state_->descriptor.native_handle(), 0, &at, nullptr);
}

}  // namespace muster::net
