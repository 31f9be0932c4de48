#include "agent/process/program.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "swim/assert.h"

namespace muster::process {

namespace {

constexpr std::string_view path_variable = "PATH=";

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> made;
    made.reserve(texts.size() + 1);
    for (std::string& text : texts)
        made.push_back(text.data());
    made.push_back(nullptr);
    return made;
}

std::string path_of(const std::vector<std::string>& environment) {
    for (const std::string& variable : environment) {
        if (variable.starts_with(path_variable))
            return variable.substr(path_variable.size());
    }
    return "/bin:/usr/bin";
}

// An empty place is the current directory, as for a shell.
std::vector<std::string> candidates(std::string_view searched, const std::string& name) {
    std::vector<std::string> found;
    for (;;) {
        const std::size_t colon = searched.find(':');
        const std::string_view place = searched.substr(0, colon);
        found.push_back(place.empty() ? name : std::string(place) + "/" + name);
        if (colon == std::string_view::npos)
            return found;
        searched.remove_prefix(colon + 1);
    }
}

bool holds_nul(const std::string& text) {
    return text.find('\0') != std::string::npos;
}

// Of the places in PATH: those where it is not, or where it cannot be seen.
bool is_elsewhere(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
           error == ENODEV || error == ETIMEDOUT;
}

// strerror() takes a lock for its translations.
std::string_view text_of(int error) {
    const char* const text = strerrordesc_np(error);
    return text != nullptr ? text : "unknown error";
}

// In one write, as others may write there too. Does not allocate.
void say(std::initializer_list<std::string_view> words) {
    constexpr std::size_t most = 8;
    iovec pieces[most];
    int count = 0;
    for (const std::string_view word : words) {
        MUSTER_ASSERT(static_cast<std::size_t>(count) < most);
        // It is only read. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
        pieces[count++] = {const_cast<char*>(word.data()), word.size()};
    }
    (void)!writev(STDERR_FILENO, pieces, count);
}

}  // namespace

Result<Program> Program::prepare(std::vector<std::string> arguments,
                                 std::vector<std::string> environment, std::string directory) {
    if (arguments.empty() || arguments.front().empty())
        return Error{"cannot run a command without a program: name one as its first word"};
    const std::string name = arguments.front();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (holds_nul(arguments[i]))
            return Error{"cannot run " + name.substr(0, name.find('\0')) + ": its word " +
                         std::to_string(i + 1) + " holds a NUL byte, which ends a word: encode it"};
    }
    for (const std::string& variable : environment) {
        if (holds_nul(variable))
            return Error{"cannot run " + name + ": the variable " +
                         variable.substr(0, variable.find_first_of(std::string_view("=\0", 2))) +
                         " holds a NUL byte, which ends a value: encode it"};
    }
    if (holds_nul(directory))
        return Error{"cannot run " + name + ": the path of its directory holds a NUL byte"};

    Program made;
    if (name.find('/') == std::string::npos) {
        made.searched_ = path_of(environment);
        made.paths_ = candidates(made.searched_, name);
    } else {
        made.paths_ = {name};
    }
    made.arguments_ = std::move(arguments);
    made.environment_ = std::move(environment);
    made.directory_ = std::move(directory);
    made.words_ = pointers(made.arguments_);
    made.variables_ = pointers(made.environment_);
    static char shell[] = "/bin/sh";
    made.script_ = {shell};
    made.script_.insert(made.script_.end(), made.words_.begin(), made.words_.end());
    return made;
}

// From here on, only calls that are safe between fork() and exec.
void Program::execute() {
    if (!directory_.empty() && chdir(directory_.c_str()) != 0) {
        say({"muster: cannot run ", arguments_.front(), " in ", directory_, ": ", text_of(errno),
             "\n"});
        _exit(cannot_execute);
    }
    int error = ENOENT;
    for (std::string& path : paths_) {
        execve(path.c_str(), words_.data(), variables_.data());
        if (errno == ENOEXEC) {
            script_[1] = path.data();
            execve(script_[0], script_.data(), variables_.data());
        }
        // Of several places, the one where it may not be executed is what a person wants to hear
        // of.
        if (error != EACCES || !is_elsewhere(errno))
            error = errno;
        if (!is_elsewhere(errno))
            break;
    }
    if (error == ENOENT && !searched_.empty())
        say({"muster: cannot run ", arguments_.front(), ": ", text_of(error),
             " (it was looked for in PATH: ", searched_, ")\n"});
    else
        say({"muster: cannot run ", arguments_.front(), ": ", text_of(error), hint(error), "\n"});
    _exit(error == ENOENT ? not_found : cannot_execute);
}

std::string_view Program::hint(int error) const {
    if (error == EACCES)
        return " (is it a file that this user may execute?)";
    if (error == ENOENT && access(paths_.front().c_str(), F_OK) == 0)
        return " (the file is there; the interpreter that its first line names is not)";
    return "";
}

}  // namespace muster::process
