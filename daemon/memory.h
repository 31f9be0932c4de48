// An agent sits on every host and does little: what it keeps resident is what a host pays for it.
#pragma once

namespace muster {

// Once, before the first thread: one arena for all threads, small stacks.
void be_small();

// The code that only some work now over needed (starting, joining, a burst of requests) need not
// stay resident, nor the memory that it freed. Whatever is used again comes back by itself, from
// the page cache.
void forget_what_is_over();

// Says on a descriptor when that is worth doing: soon after the start, when a join is usually over,
// and then every few minutes. Throws std::system_error if the kernel refuses.
class ForgettingTimer {
public:
    ForgettingTimer();
    ~ForgettingTimer();
    ForgettingTimer(const ForgettingTimer&) = delete;
    ForgettingTimer& operator=(const ForgettingTimer&) = delete;

    int fd() const { return fd_; }
    // Without this the descriptor stays readable.
    void take() const;

private:
    int fd_;
};

}  // namespace muster
