// The exit statuses of `muster`: scripts rely on them.
#pragma once

namespace muster::cli {

enum class ExitStatus : int {
    Done = 0,        // or: the answer is yes
    Error = 1,       // also: no agent answers
    Usage = 2,       // the command line is wrong
    NotReached = 3,  // not in the time given
    No = 4,          // the answer is no
};

}  // namespace muster::cli
