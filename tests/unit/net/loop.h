// A loop for tests on real loopback sockets: runs until a condition holds. The limit only ends a
// test that hangs; nothing is asserted about time.
#pragma once

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
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(50));
            if (std::chrono::steady_clock::now() > limit)
                return condition();
        }
        return true;
    }
    // Everything that is ready now.
    void poll() {
        io.restart();
        io.poll();
    }

    asio::io_context io;
    net::Clock clock;
};

}  // namespace muster::test
