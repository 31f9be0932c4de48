#include "agent/store/worker.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace muster::store {

namespace {

constexpr Duration patience_at_end = std::chrono::seconds(1);

}  // namespace

// What the thread needs lives as long as it does: it may sit in a write that never returns.
struct Worker::Shared {
    struct Item {
        std::uint64_t ticket = 0;
        Job job;
    };

    Shared(std::size_t a_most, Done a_done) : most(a_most), done(std::move(a_done)) {}

    bool idle() const { return jobs.empty() && !busy; }

    void run() {
        std::unique_lock lock(mutex);
        while (true) {
            wake.wait(lock, [this] { return stopping || !jobs.empty(); });
            if (stopping)
                break;
            Item item = std::move(jobs.front());
            jobs.pop_front();
            busy = true;
            lock.unlock();
            const std::optional<Error> error = item.job();
            item.job = nullptr;
            lock.lock();
            busy = false;
            if (!stopping)
                done(item.ticket, error);
            if (idle())
                rest.notify_all();
        }
        ended = true;
        rest.notify_all();
    }

    const std::size_t most;
    const Done done;
    std::mutex mutex;
    std::condition_variable wake;  // there is a job, or the end
    std::condition_variable rest;  // nothing is to be done any more
    std::deque<Item> jobs;
    bool busy = false;
    bool stopping = false;
    bool ended = false;
};

Worker::Worker(std::size_t most, Done done)
    : shared_(std::make_shared<Shared>(most, std::move(done))) {
    std::thread([shared = shared_] { shared->run(); }).detach();
}

Worker::~Worker() {
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->jobs.clear();
    shared_->wake.notify_one();
    shared_->rest.wait_for(lock, patience_at_end, [this] { return shared_->ended; });
}

bool Worker::submit(std::uint64_t ticket, Job job) {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->jobs.size() + (shared_->busy ? 1 : 0) >= shared_->most)
        return false;
    shared_->jobs.push_back({ticket, std::move(job)});
    shared_->wake.notify_one();
    return true;
}

bool Worker::flush(Duration patience) {
    std::unique_lock lock(shared_->mutex);
    return shared_->rest.wait_for(lock, patience, [this] { return shared_->idle(); });
}

}  // namespace muster::store
