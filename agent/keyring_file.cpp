#include "agent/keyring_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace muster {

namespace {

constexpr mode_t for_owner = 0600;
constexpr mode_t for_others = 0077;

std::string last_error() {
    return std::error_code(errno, std::generic_category()).message();
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool is_open() const { return fd_ >= 0; }
    int get() const { return fd_; }

private:
    int fd_;
};

std::string octal(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
    return text.data();
}

// Where the file really is: a rename would replace a link to it.
std::string real_path(const std::string& path) {
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr),
                                                      &std::free);
    return real ? real.get() : path;
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

bool write_all(int fd, BytesView bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::write(fd, bytes.data(), bytes.size());
        if (size < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

// A new file with this content, on the disk. The error says which step failed.
std::optional<Error> write_new(const std::string& path, BytesView content) {
    // What a crash left behind.
    ::unlink(path.c_str());
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, for_owner));
    if (!file.is_open())
        return Error{"cannot create " + path + ": " + last_error()};
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0)
        return Error{"cannot write " + path + ": " + last_error()};
    return std::nullopt;
}

}  // namespace

Result<swim::Keyring> load_keyring(const std::string& path) {
    const auto refuse = [&](const std::string& why) {
        return Error{"cannot use the keyring " + path + ": " + why};
    };
    // Without waiting, in case that it is a pipe.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open())
        return refuse(last_error() + " (see --keyring)");
    struct stat is {};
    if (::fstat(file.get(), &is) != 0)
        return refuse(last_error());
    if (!S_ISREG(is.st_mode))
        return refuse("it is not a file");
    if ((is.st_mode & for_others) != 0) {
        return refuse("its mode " + octal(is.st_mode) +
                      " lets others at the keys (to do: chmod 600 " + path + ")");
    }
    // One byte more than fits tells that it is too large; reserved, so that it never moves.
    Bytes text(swim::max_keyring_text + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(last_error());
        if (got == 0)
            break;
        size += static_cast<std::size_t>(got);
    }
    Result<swim::Keyring> ring = swim::read_keyring(BytesView(text).substr(0, size));
    swim::wipe(text);
    if (!ring)
        return Error{path + ": " + ring.error().text};
    return ring;
}

std::optional<Error> save_keyring(const std::string& path, const swim::Keyring& ring) {
    const std::string target = real_path(path);
    const std::string fresh = target + ".new";
    Bytes text = swim::write_keyring(ring);
    std::optional<Error> error = write_new(fresh, text);
    swim::wipe(text);
    if (!error && ::rename(fresh.c_str(), target.c_str()) != 0)
        error = Error{"cannot replace " + target + ": " + last_error()};
    if (error) {
        ::unlink(fresh.c_str());
        return error;
    }
    // The new name, too, must be there after a crash.
    const std::string directory = directory_of(target);
    const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open() || ::fsync(folder.get()) != 0)
        return Error{target + " is replaced, but may not outlast a crash: " + last_error()};
    return std::nullopt;
}

}  // namespace muster
