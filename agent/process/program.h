// A program that is about to take the place of a process: its words, its environment and the paths
// where it may be, all prepared before fork(). In the child nothing allocates and nothing takes a
// lock, which another thread of the parent may have held. Thin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "swim/result.h"

namespace muster::process {

// As a shell has it.
inline constexpr int cannot_execute = 126;
inline constexpr int not_found = 127;
inline constexpr int signalled_status = 128;  // and the signal

class Program {
public:
    // Without a slash in it, the first word is looked for in the PATH of this environment
    // ("/bin:/usr/bin" if it has none). Relative paths begin at the directory; empty: where this
    // process is. An error if a word or a variable holds a NUL byte, as it would arrive cut off.
    static Result<Program> prepare(std::vector<std::string> arguments,
                                   std::vector<std::string> environment, std::string directory);

    // Its lists point into its texts, which stay where they are when it is moved.
    Program(Program&&) = default;
    Program& operator=(Program&&) = default;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() = default;

    // After fork(), in the child. Ends it with 126 or 127 if the program cannot be run, and says so
    // on standard error. Signals and descriptors are as the caller has set them.
    [[noreturn]] void execute();

private:
    Program() = default;
    std::string_view hint(int error) const;

    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::string directory_;
    std::string searched_;  // the PATH; empty: it was not searched
    std::vector<std::string> paths_;
    std::vector<char*> words_;
    std::vector<char*> variables_;
    std::vector<char*> script_;  // the words if the file is a script that names no interpreter
};

}  // namespace muster::process
