// The child processes of hooks: those that run now, each with a time limit. What they are run for
// is the business of agent/hooking.h. Lives on the agent's thread. Thin.
//
// All of them are behind one descriptor: when it is readable, serve().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agent/process/child.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::hooks {

class Runs {
public:
    struct Ended {
        process::End end;
        bool timed_out = false;
    };
    using Done = std::function<void(const Ended&)>;

    Runs() = default;
    // Kills those that run; `done` is not called for them.
    ~Runs();
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;

    // The error is for a person. Once, before start().
    std::optional<Error> open();
    int descriptor() const { return epoll_; }

    // `done` is called once, from serve() or turn(), unless this is an error.
    std::optional<Error> start(const process::Command& command, TimePoint now, Duration timeout,
                               Done done);
    void serve(TimePoint now);
    // Ends those whose time is up: SIGTERM to the group, and SIGKILL after a grace.
    void turn(TimePoint now);
    TimePoint next_deadline() const;
    std::size_t count() const { return running_.size(); }

    static constexpr Duration grace = std::chrono::seconds(2);

private:
    struct Run {
        process::Child child;
        Done done;
        TimePoint deadline;
        bool timed_out = false;
    };
    void watch(std::uint64_t id, const Run& run) const;
    void forget(const Run& run) const;

    int epoll_ = -1;
    std::map<std::uint64_t, Run> running_;
    std::uint64_t last_id_ = 0;
};

}  // namespace muster::hooks
