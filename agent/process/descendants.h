// All processes that have come of this one, found in /proc: with PR_SET_CHILD_SUBREAPER that is
// everybody that a command has started, whatever sessions and groups they have made since.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace muster::process {

// The parent in a line of /proc/PID/stat; 0 if it is none. The name in it may hold anything.
pid_t parent_in_stat(const std::string& stat);

// Of `root`, without itself, in no particular order. A process that forks meanwhile may be missed:
// ask again until there are none.
std::vector<pid_t> descendants_of(pid_t root);

// Sends it to each of them. How many there were.
std::size_t signal_descendants(pid_t root, int signal);

}  // namespace muster::process
