#include "cli/keygen.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "swim/assert.h"
#include "swim/errno_text.h"
#include "swim/keyring.h"

namespace muster::cli {

namespace {

bool write_all(int file, BytesView bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Bytes random_key() {
    Bytes key(swim::max_key_size, '\0');
    // Never fails for so few bytes once the kernel is seeded, and waits until it is.
    const ssize_t size = ::getrandom(key.data(), key.size(), 0);
    MUSTER_ASSERT(size == static_cast<ssize_t>(key.size()));
    return key;
}

std::optional<Error> write_new_keyring(const std::string& path, const std::string& key) {
    const Result<swim::Key> decoded = swim::Key::from_base64(key);
    if (!decoded)
        return decoded.error();
    swim::Keyring ring;
    if (auto error = ring.install(*decoded))
        return error;
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return Error{"cannot make the keyring file " + path + ": " + errno_text(errno) +
                     (errno == EEXIST
                          ? " (a keyring is never overwritten: move it away first)"
                          : " (does its directory exist, and may this user write to it?)")};
    std::string text = swim::write_keyring(ring);
    const bool written = write_all(file, text) && ::fsync(file) == 0;
    const int error = errno;
    swim::wipe(text);
    ::close(file);
    if (written)
        return std::nullopt;
    ::unlink(path.c_str());
    return Error{"cannot write the keyring file " + path + ": " + errno_text(error)};
}

}  // namespace muster::cli
