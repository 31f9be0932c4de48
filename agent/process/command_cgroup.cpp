#include "agent/process/command_cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace muster::process {

namespace {

constexpr const char* prefix = "muster-run-";

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool put(const std::string& path, std::string_view text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(fd);
    return written;
}

bool is_delegated(const std::string& path, const char* attribute) {
    char value[2] = {};
    return getxattr(path.c_str(), attribute, value, sizeof value) == 1 && value[0] == '1';
}

// Two who write to one cgroup are one too many: systemd's are left alone unless it says otherwise.
bool is_ours(const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0)
        return false;
    // Every cgroup but the root of the hierarchy says of which type it is.
    const bool is_root = access((path + "/cgroup.type").c_str(), F_OK) != 0;
    return is_root || found.st_uid != 0 || is_delegated(path, "user.delegate") ||
           is_delegated(path, "trusted.delegate");
}

// Whether the guard of a cgroup of this name runs: it is named for it.
bool is_guarded(std::string_view name) {
    pid_t guard = 0;
    name.remove_prefix(std::string_view(prefix).size());
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), guard);
    return error == std::errc{} && end == name.data() + name.size() && guard > 0 &&
           ::kill(guard, 0) == 0;
}

// What a guard that was killed has left behind; those that are in use stay.
void sweep(const std::string& parent) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(parent.c_str()), &closedir);
    // One thread: NOLINTNEXTLINE(concurrency-mt-unsafe)
    while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        if (name.starts_with(prefix) && !is_guarded(name))
            rmdir((parent + "/" + entry->d_name).c_str());
    }
}

}  // namespace

// A line of mountinfo: "id parent major:minor root mount-point options [fields] - type source ...".
std::optional<std::string> own_cgroup(const std::string& cgroup, const std::string& mountinfo) {
    std::istringstream memberships(cgroup);
    std::string line;
    std::optional<std::string> own;
    while (std::getline(memberships, line)) {
        if (line.starts_with("0::/"))
            own = line.substr(3);
    }
    std::istringstream mounts(mountinfo);
    // With "..", it is outside of what this process may see.
    while (own && own->find("/..") == std::string::npos && std::getline(mounts, line)) {
        std::istringstream words(line);
        const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
        const std::size_t separator = line.find(" - cgroup2 ");
        constexpr std::size_t root = 3;
        constexpr std::size_t mount_point = 4;
        // Of a mount that shows another part of the hierarchy our path says nothing.
        if (separator != std::string::npos && fields.size() > mount_point && fields[root] == "/")
            return fields[mount_point] + (*own == "/" ? "" : *own);
    }
    return std::nullopt;
}

CommandCgroup CommandCgroup::make() {
    const std::optional<std::string> parent =
        own_cgroup(text_of("/proc/self/cgroup"), text_of("/proc/self/mountinfo"));
    if (!parent || !is_ours(*parent))
        return {};
    sweep(*parent);
    const std::string path = *parent + "/" + prefix + std::to_string(getpid());
    constexpr mode_t mode = 0755;
    if (mkdir(path.c_str(), mode) != 0)
        return {};
    CommandCgroup made(path);
    // Before Linux 5.14 there is no way to kill all at once.
    if (access((path + "/cgroup.kill").c_str(), W_OK) != 0) {
        made.remove();
        return {};
    }
    return made;
}

bool CommandCgroup::enter() const {
    return put(path_ + "/cgroup.procs", "0");
}

void CommandCgroup::kill() const {
    if (!path_.empty())
        put(path_ + "/cgroup.kill", "1");
}

void CommandCgroup::remove() {
    if (!path_.empty())
        rmdir(path_.c_str());
    path_.clear();
}

}  // namespace muster::process
