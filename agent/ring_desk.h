// Rings that can be asked: the points of what the node uses, built on first use and off the loop's
// thread, so that no probe waits for those of ten thousand members (design: "Ring points are built
// on first use").
//
// One thing at a time: each job has a thread of its own for as long as it takes, and the next waits
// for it; an agent whose rings nobody asks has no thread and no points. Decides nothing. Everything
// but a job's work is on the loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "agent/api/backend.h"
#include "agent/ring/ring.h"
#include "swim/time.h"

namespace muster {

class RingDesk {
public:
    // `post` runs a function on the loop's thread, soon; callable from any thread, for as long as
    // this lives.
    using Post = std::function<void(std::function<void()>)>;
    explicit RingDesk(Post post);
    // Waits for the job under way, whose end is not told any more.
    ~RingDesk();
    RingDesk(const RingDesk&) = delete;
    RingDesk& operator=(const RingDesk&) = delete;

    // Does it now if it is quick and its ring is there, else soon.
    void take(api::RingJob job, TimePoint now);
    // What a ring uses has changed: points of the old one that nobody has asked for a while are
    // given back.
    void adopted(const Bytes& ring, TimePoint now);
    // Bytes of the rings that are kept.
    std::size_t memory() const;

    // How long a ring is kept that nobody asks.
    static constexpr Duration kept_for = std::chrono::minutes(10);

private:
    struct Kept {
        ring::SharedRing ring;  // the last one built
        TimePoint asked;
    };
    struct Running;

    void start_next();
    void finished();

    const Post post_;
    std::map<Bytes, Kept, std::less<>> kept_;
    std::deque<api::RingJob> waiting_;
    std::unique_ptr<Running> running_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster
