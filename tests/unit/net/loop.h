// A loop for tests on real loopback sockets: runs until a condition holds. That it gives up after a
// long time in which nothing happens only ends a test that hangs.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>

#include "agent/net/clock.h"
#include "agent/net/timer.h"

namespace muster::test {

class Loop {
public:
    // True if the condition came to hold.
    bool run_until(const std::function<bool()>& condition) {
        for (int idle = 0; !condition();) {
            io.restart();
            if (io.run_one_for(std::chrono::milliseconds(50)) == 0 && ++idle == 400)
                return false;
        }
        return true;
    }
    // Everything that is ready now.
    void poll() {
        io.restart();
        io.poll();
    }

    asio::io_context io;
    // A thread may still have something to bring.
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    net::Clock clock;
};

}  // namespace muster::test
