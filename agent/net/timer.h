// The agent's one timer: a timerfd on CLOCK_BOOTTIME, because Asio's own timers sleep through a
// suspend. It may fire a little early or late (BOOTTIME is slewed by NTP, the deadlines are not):
// whoever it wakes looks at the clock. One thread.
#pragma once

#include <functional>
#include <memory>

#include "agent/net/asio_fwd.h"
#include "agent/net/clock.h"

namespace muster::net {

class Timer {
public:
    // Throws std::system_error if the kernel gives no timer.
    Timer(asio::io_context& loop, Clock& clock, std::function<void()> fired);
    ~Timer();

    // Fires once at `deadline`, in place of what was armed before; `never` disarms. Nothing is done
    // when that deadline is armed already, so calling this after every input costs nothing.
    void arm(TimePoint deadline);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace muster::net
