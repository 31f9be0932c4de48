// The process between `muster run` and its command. It leads the command's session, is the parent
// of whatever the command leaves behind (PR_SET_CHILD_SUBREAPER), and ends all of it when the lease
// that it was told of runs out, or when the guard, who tells it, is gone.
//
// Where a cgroup can be made, the command is in it, and its end is the kernel's.
//
// The guard does the same at the same moment: each stands in for the other when it is killed or
// stopped. Does; the moments are decided by cli/lease.h.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_cgroup.h"
#include "cli/lease.h"
#include "swim/result.h"

namespace muster::cli {

struct SupervisedCommand {
    std::vector<std::string> arguments;                            // the program first
    std::vector<std::pair<std::string, std::string>> environment;  // added to ours
    Duration grace{};                                              // from SIGTERM to SIGKILL
};

// How the command ended.
struct CommandEnd {
    int status = 0;     // as a shell shows it: the exit status, or 128 and the signal
    bool lost = false;  // it was ended, since the lease was
};

// The guard's side. One command; not to be copied.
class Supervised {
public:
    Supervised() = default;
    ~Supervised();
    Supervised(const Supervised&) = delete;
    Supervised& operator=(const Supervised&) = delete;

    // Starts the command under the lease as `until` has it. The error is for a person.
    // REQUIRES: SIGCHLD is not ignored; the signals that the guard waits for are blocked.
    std::optional<Error> start(const SupervisedCommand& command, const Countdown& until);
    // The lease has another end now.
    void renewed(const Countdown& until) const;
    // Ask the command to end, with this signal.
    void ask_to_end(int signal) const;
    // Readable when the supervisor has something to say, or is gone.
    int descriptor() const { return report_; }
    // Takes what it said. None: the command runs. REQUIRES: the descriptor was readable
    std::optional<CommandEnd> take_end() const;
    // Kills whatever there still is, until nothing is: for when the supervisor does not.
    void kill_all() const;

private:
    CommandCgroup cgroup_;
    pid_t pid_ = -1;
    int control_ = -1;
    int report_ = -1;
};

}  // namespace muster::cli
