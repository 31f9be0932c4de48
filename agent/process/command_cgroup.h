// The cgroup of a command under `muster run`: whatever it forks is in there, and the kernel ends
// all of it at once, however fast it forks.
//
// Only where a cgroup is ours to divide: in the hierarchy of version 2, at its root (a container's
// own), delegated by systemd (`Delegate=yes`, a user's own units), or of another owner than root.
// Elsewhere there is none, and the descendants are sought in /proc. Thin.
#pragma once

#include <optional>
#include <string>

namespace muster::process {

class CommandCgroup {
public:
    // Makes one below the cgroup of this process, named for it. None where none can be made: no
    // error, as all that it does is done otherwise too.
    static CommandCgroup make();

    CommandCgroup() = default;
    explicit operator bool() const { return !path_.empty(); }
    const std::string& path() const { return path_; }

    // Puts this process in. False: it could not be, and is where it was.
    bool enter() const;
    // Kills all that are in there.
    void kill() const;
    // When nobody is in there any more.
    void remove();

private:
    explicit CommandCgroup(std::string path) : path_(std::move(path)) {}

    std::string path_;
};

// The path of this process's cgroup of version 2 in the file system, from the texts of
// /proc/self/cgroup and /proc/self/mountinfo. None: there is no such hierarchy, or it is mounted
// nowhere.
std::optional<std::string> own_cgroup(const std::string& cgroup, const std::string& mountinfo);

}  // namespace muster::process
