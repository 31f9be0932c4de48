#include "daemon/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace muster {

Signals::Signals() {
    // A log pipe or a client that went away is no reason to end.
    signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, nullptr);  // NOLINT(concurrency-mt-unsafe): before any thread
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd_ < 0)
        throw std::system_error(errno, std::generic_category(), "cannot listen for signals");
}

Signals::~Signals() {
    close(fd_);
}

Signals::Taken Signals::take() const {
    Taken taken;
    signalfd_siginfo one{};
    while (read(fd_, &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
        if (one.ssi_signo == SIGHUP)
            taken.reload = true;
        else
            ++taken.ends;
    }
    return taken;
}

}  // namespace muster
