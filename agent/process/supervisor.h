// The process between `muster run` and its command. It leads the command's session, is the parent
// of whatever the command leaves behind (PR_SET_CHILD_SUBREAPER), and ends all of it when the lease
// that it was told of runs out, or when the guard, who tells it, is gone.
//
// Where a cgroup can be made, the command is in it, and its end is the kernel's.
//
// The guard does the same at the same moment: each stands in for the other when it is killed or
// stopped. Does; the moments are handed in. The guard kills and waits for all that comes of its
// process, which has nothing else to do then: `muster run`, never the daemon.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/process/command_cgroup.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::process {

struct SupervisedCommand {
    std::vector<std::string> arguments;                            // the program first
    std::vector<std::pair<std::string, std::string>> environment;  // added to ours
    Duration grace{};                                              // from SIGTERM to SIGKILL
};

// When the command is ended, as the lease has it.
struct Moments {
    TimePoint terminate;  // SIGTERM
    TimePoint kill;       // SIGKILL
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

    // Starts the command, to be ended at these moments. The error is for a person.
    // REQUIRES: SIGCHLD is not ignored; the signals that the guard waits for are blocked.
    std::optional<Error> start(const SupervisedCommand& command, const Moments& until);
    // It is to be ended at others. Of no effect once it is being ended.
    void renewed(const Moments& until) const;
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

}  // namespace muster::process
