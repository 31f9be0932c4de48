// A child process that is given words, an environment and an input, and whose output is kept. It
// leads a process group of its own, which is what is signalled; nothing of it blocks.
//
// Wait for descriptors() with any loop, and call serve() when one of them is ready: input is
// written, output is read, the end is noticed. Without Asio. Thin.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::process {

struct Command {
    std::vector<std::string> arguments;    // the first is looked for in PATH
    std::vector<std::string> environment;  // all of it, "NAME=VALUE"; nothing is inherited
    std::string directory;                 // empty: this process's
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
    // Returns before the program is loaded: a slow disk holds the child, not its parent.
    static Result<Child> start(const Command& command);
    // Kills the group if it has not ended.
    ~Child();
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;

    // To wait for, and whether for reading (else writing). They change with serve().
    struct Wanted {
        int descriptor;
        bool reading;
    };
    std::vector<Wanted> descriptors() const;
    // Does what can be done now. The end: the process itself has ended, whoever of its group may
    // hold its output open.
    std::optional<End> serve();
    // To the whole group.
    void signal(int number) const;
    pid_t pid() const;

private:
    struct Parts;
    explicit Child(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace muster::process
