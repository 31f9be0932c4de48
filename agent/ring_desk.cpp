#include "agent/ring_desk.h"

#include <system_error>
#include <utility>

namespace muster {

struct RingDesk::Running {
    api::RingJob job;
    ring::SharedRing base;                // to build from; may be null
    std::vector<ring::SharedRing> built;  // of the job's sets
    std::string error;
    std::thread thread;

    // On its own thread.
    void run() {
        ring::SharedRing last = base;
        for (const ring::SharedMembers& set : job.sets) {
            if (!last || last->shared_set() != set) {
                Result<ring::SharedRing> made =
                    last ? ring::Ring::build(set, *last) : ring::Ring::build(set);
                if (!made) {
                    error = made.error().text;
                    return;
                }
                last = *std::move(made);
            }
            built.push_back(last);
        }
        job.work(built);
    }
};

RingDesk::RingDesk(Post post) : post_(std::move(post)) {}

RingDesk::~RingDesk() {
    *alive_ = false;
    if (running_ && running_->thread.joinable())
        running_->thread.join();
}

void RingDesk::take(api::RingJob job, TimePoint now) {
    Kept& kept = kept_[job.ring];
    kept.asked = now;
    const bool is_there =
        job.sets.size() == 1 && kept.ring && kept.ring->shared_set() == job.sets.front();
    if (job.is_quick && is_there) {
        job.work({kept.ring});
        return job.done({});
    }
    waiting_.push_back(std::move(job));
    start_next();
}

void RingDesk::start_next() {
    if (running_ || waiting_.empty())
        return;
    running_ = std::make_unique<Running>();
    running_->job = std::move(waiting_.front());
    waiting_.pop_front();
    running_->base = kept_[running_->job.ring].ring;
    const auto end = [this, alive = alive_] {
        post_([this, alive] {
            if (*alive)
                finished();
        });
    };
    try {
        running_->thread = std::thread([running = running_.get(), end] {
            running->run();
            end();
        });
    } catch (const std::system_error& refusal) {
        running_->error = std::string("cannot start a thread to work on the ring: ") +
                          refusal.what() + " (is a limit on threads reached?)";
        end();
    }
}

void RingDesk::finished() {
    const std::unique_ptr<Running> ended = std::move(running_);
    if (ended->thread.joinable())
        ended->thread.join();
    const api::RingJob& job = ended->job;
    if (ended->built.size() == job.sets.size()) {
        if (const auto kept = kept_.find(job.ring); kept != kept_.end())
            kept->second.ring = ended->built.at(job.keeps);
    }
    start_next();
    job.done(ended->error);
}

void RingDesk::adopted(const Bytes& ring, TimePoint now) {
    const auto kept = kept_.find(ring);
    if (kept != kept_.end() && now - kept->second.asked > kept_for)
        kept_.erase(kept);
}

std::size_t RingDesk::memory() const {
    std::size_t bytes = 0;
    for (const auto& [name, kept] : kept_)
        bytes += kept.ring ? kept.ring->memory() : 0;
    return bytes;
}

}  // namespace muster
