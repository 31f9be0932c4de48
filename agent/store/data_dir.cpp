#include "agent/store/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "swim/errno_text.h"

namespace muster::store {

namespace {

constexpr char hint[] = " (see --data-dir and --ephemeral)";

// Who wrote it, or "unknown": it is a text of ours, but anybody may have edited it.
std::string holder(int fd) {
    char text[16];
    const ssize_t size = pread(fd, text, sizeof text, 0);
    std::string pid(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    pid.erase(std::find_if(pid.begin(), pid.end(), [](char c) { return c < '0' || c > '9'; }),
              pid.end());
    return pid.empty() ? "unknown" : pid;
}

}  // namespace

DataDir::DataDir(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

DataDir& DataDir::operator=(DataDir&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    return *this;
}

DataDir::~DataDir() {
    if (fd_ >= 0)
        close(fd_);
}

Result<DataDir> DataDir::lock(const std::string& path) {
    const std::string file = path + "/lock";
    int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    // A disk that went read-only still has the file, and a lock needs no more.
    if (fd < 0 && errno == EROFS)
        fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return Error{"cannot open " + file + ": " + errno_text(errno) + hint};
    DataDir directory(path, fd);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return Error{"cannot lock " + file + ": " + errno_text(errno) + hint};
        return Error{"the data directory " + path +
                     " is in use (is another musterd using it? pid " + holder(fd) +
                     "; give this one its own with --data-dir, or --ephemeral)"};
    }
    // A full disk has no room for the number: the lock holds without it.
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, pid.data(), pid.size(), 0);
    return directory;
}

}  // namespace muster::store
