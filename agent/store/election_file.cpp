#include "agent/store/election_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "swim/assert.h"

namespace muster::store {

namespace {

constexpr std::size_t slots = 2;
constexpr std::size_t file_size = slots * election::slot_size;

// As many bytes as there are: fewer than asked for at the end of the file, none after an error.
Bytes read_at(int fd, std::size_t offset, std::size_t size) {
    Bytes bytes(size, '\0');
    std::size_t taken = 0;
    while (taken < size) {
        const ssize_t got =
            pread(fd, bytes.data() + taken, size - taken, static_cast<off_t>(offset + taken));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        taken += static_cast<std::size_t>(got);
    }
    bytes.resize(taken);
    return bytes;
}

// 0, or the errno of what went wrong.
int write_at(int fd, std::size_t offset, BytesView bytes) {
    while (!bytes.empty()) {
        const ssize_t put = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        offset += static_cast<std::size_t>(put);
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return 0;
}

// The file's room, as far as it is missing, and its name in the directory: both on the disk.
int reserve(int fd, const std::string& path, std::size_t present) {
    if (present >= file_size)
        return 0;
    if (const int error = write_at(fd, present, Bytes(file_size - present, '\0')); error != 0)
        return error;
    if (fsync(fd) != 0)
        return errno;
    const std::string directory = path.substr(0, path.rfind('/'));
    const int above = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0)
        return errno;
    const int outcome = fsync(above) == 0 ? 0 : errno;
    close(above);
    return outcome;
}

}  // namespace

bool ElectionFile::exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

ElectionFile::Opened ElectionFile::open(const std::string& path, BytesView node_name) {
    Opened out;
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_DSYNC | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : 0;
    // What cannot be written may still say who this was, and what it promised.
    if (fd < 0)
        fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const Bytes first = fd < 0 ? Bytes() : read_at(fd, 0, election::slot_size);
    const Bytes second = fd < 0 ? Bytes() : read_at(fd, election::slot_size, election::slot_size);
    out.found = election::choose(first, second, node_name);
    out.file.reset(new ElectionFile(path, fd));
    if (error == 0)
        error = reserve(fd, path, first.size() + second.size());
    if (error != 0)
        out.failure = out.file->fail("cannot open", error);
    return out;
}

ElectionFile::~ElectionFile() {
    if (fd_ >= 0)
        close(fd_);
}

std::optional<Error> ElectionFile::fail(const std::string& what, int error) {
    broken_ = Error{what + " " + path_ + ": " + std::generic_category().message(error)};
    return broken_;
}

std::optional<Error> ElectionFile::write(std::size_t first, BytesView slot) {
    MUSTER_ASSERT(first < slots && slot.size() == election::slot_size);
    if (broken_)
        return broken_;
    for (const std::size_t at : {first, 1 - first}) {
        if (const int error = write_at(fd_, at * election::slot_size, slot); error != 0)
            return fail("cannot write", error);
    }
    return std::nullopt;
}

}  // namespace muster::store
