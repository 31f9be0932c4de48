// A child process that is given words, an environment and an input, and whose output is kept. It
// leads a process group of its own, which is what is signalled; nothing of it blocks.
//
// Wait for descriptors() with any loop, and call serve() when one of them is ready: output is read,
// the end is noticed. A turn reads at most 64 KiB, so that a flood of output never has the loop for
// itself. The inputs are whole before the program starts, whatever becomes of this process then:
// who is given a part would take it for all. No signal disposition of the process is touched.
//
// Invariant: the process is waited for by this part only, and not before its Child is destroyed, so
// the pid means nobody else until then. One thread owns a Child; several may have one each.
// Without Asio. Thin.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::process {

struct Command {
    std::vector<std::string> arguments;    // the first is looked for in the PATH of environment
    std::vector<std::string> environment;  // all of it, "NAME=VALUE"; nothing is inherited
    std::string directory;                 // empty: this process's own
    Bytes input;                           // on standard input, which is then closed
    std::optional<Bytes> second_input;     // on descriptor 3; none: it is closed
    bool keeps_output = true;              // false: it writes where this process does
    std::size_t output_limit = 8192;       // bytes kept, the last ones
};

// How it ended, as a shell says it: 128 + the signal if one ended it; 126 and 127: it could not be
// run.
struct End {
    int status = 0;
    Bytes output;               // the end of what it wrote to standard output and error
    std::uint64_t written = 0;  // bytes in all
};

class Child {
public:
    // Returns before the program is loaded: a slow disk holds the child, not its parent. That it
    // cannot be run is an end of it (126, 127), and a sentence in its output; an error is what the
    // machine or the command is to blame for: no descriptor, no process, a NUL byte in a word.
    // REQUIRES: SIGCHLD is not ignored here, or how it ended is lost (the status is 255).
    static Result<Child> start(const Command& command);
    // Kills the group if it has not ended. Waits 10 ms for that at most: a process that the kernel
    // holds is waited for when another Child is started or destroyed, or with this process's end.
    ~Child();
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;

    // To wait for until one is readable. They are this part's own: serve() closes them as it is
    // done with them, so ask again after it, and let a loop that registers descriptors forget them
    // before it.
    std::vector<int> descriptors() const;
    // Does what can be done now. The end: the process itself has ended, whoever of its group may
    // hold its output open. It is given once; there is nothing to wait for any more.
    std::optional<End> serve();
    // To the whole group. Also after the end, for those of it that are left.
    void signal(int number) const;
    pid_t pid() const;

private:
    struct Parts;
    explicit Child(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace muster::process
