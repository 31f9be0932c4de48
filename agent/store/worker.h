// A thread that writes to a disk, one thing after the other, so that nobody who has better to do
// waits for one. state.db has one; what must never wait behind it (an election's vote) gets its
// own.
//
// The queue is bounded, and a job that never returns (a disk that hangs) holds up nobody: not who
// submits, and not the end of the process. Not for what must be known at once: a job's outcome is
// told later, by its ticket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "swim/result.h"
#include "swim/time.h"

namespace muster::store {

class Worker {
public:
    using Job = std::function<std::optional<Error>()>;  // none: it is stored
    // Called on the worker's thread, once for each job that ended, in their order. It must be
    // quick, must not call the worker, and is not called once the worker has gone.
    using Done = std::function<void(std::uint64_t ticket, const std::optional<Error>& error)>;

    // Holds at most `most` jobs, the running one included.
    Worker(std::size_t most, Done done);
    // What has not begun is dropped; what has is waited for, for a moment.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // False if there are too many already: then nothing has happened.
    [[nodiscard]] bool submit(std::uint64_t ticket, Job job);
    // Waits until all jobs have ended, at most so long. Whether they have.
    bool flush(Duration patience);

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace muster::store
