// SIGTERM, SIGINT and SIGHUP as bytes on a descriptor, so that the loop meets them like anything
// else. The signals are blocked in every thread that starts after this object was made; children
// must unblock them.
#pragma once

#include "swim/result.h"

namespace muster {

class Signals {
public:
    // Throws std::system_error if the kernel refuses.
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    int fd() const { return fd_; }
    // What has come since the last call.
    struct Taken {
        int ends = 0;         // SIGTERM and SIGINT
        bool reload = false;  // SIGHUP
    };
    Taken take() const;

private:
    int fd_;
};

}  // namespace muster
