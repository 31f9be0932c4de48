#include "agent/api/listeners.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "swim/errno_text.h"

namespace muster::api {

namespace {

constexpr int backlog = 128;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

sockaddr_un unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Makes way for our own socket at `path`, or says why it cannot be there.
std::optional<Error> make_way(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0)
        return std::nullopt;  // nothing there, or bind() will say what is wrong
    if (!S_ISSOCK(found.st_mode))
        return Error{"cannot listen on " + path +
                     ": there is a file that is no socket (move it away, or see --api)"};
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_un address = unix_address(path);
    const int outcome = ::connect(probe.get(), generic(address), sizeof address);
    if (outcome == 0 || errno == EAGAIN || errno == EINPROGRESS)
        return Error{"cannot listen on " + path +
                     ": another musterd answers there (stop it, or see --api)"};
    if (errno == ECONNREFUSED && ::unlink(path.c_str()) == 0)
        return std::nullopt;
    return Error{"cannot replace the old socket " + path + ": " + errno_text(errno) +
                 " (remove it, or see --api)"};
}

socklen_t tcp_address(const Endpoint& endpoint, sockaddr_storage& storage) {
    const BytesView ip = endpoint.ip();
    if (ip.size() == 4) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port());
        std::memcpy(&address.sin_addr, ip.data(), ip.size());
        std::memcpy(&storage, &address, sizeof address);
        return sizeof address;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port());
    std::memcpy(&address.sin6_addr, ip.data(), ip.size());
    std::memcpy(&storage, &address, sizeof address);
    return sizeof address;
}

}  // namespace

Result<UnixListener> listen_unix(const std::string& path, unsigned mode) {
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return Error{"cannot listen on " + path + ": the path has " + std::to_string(path.size()) +
                     " bytes, a socket's may have 107 (see --api)"};
    if (auto error = make_way(path))
        return *error;
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const sockaddr_un address = unix_address(path);
    struct stat made {};
    if (socket.get() < 0 || ::bind(socket.get(), generic(address), sizeof address) != 0)
        return Error{"cannot listen on " + path + ": " + errno_text(errno) +
                     " (does its directory exist, and may this user write to it? see --api)"};
    // Until listen(), nobody can connect: the mode comes first.
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0 || ::stat(path.c_str(), &made) != 0 ||
        ::listen(socket.get(), backlog) != 0)
        return Error{"cannot listen on " + path + ": " + errno_text(errno) + " (see --api)"};
    return UnixListener{
        .descriptor = socket.release(), .device = made.st_dev, .inode = made.st_ino};
}

void remove_socket_file(const std::string& path, const UnixListener& listener) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0 && found.st_dev == listener.device &&
        found.st_ino == listener.inode)
        ::unlink(path.c_str());
}

Result<int> listen_tcp(const Endpoint& endpoint, bool clients_authenticate) {
    const Endpoint plain = endpoint.plain();
    if (!plain.is_loopback() && !clients_authenticate)
        return Error{"refusing to serve the RPC on " + plain.to_string() +
                     " without a token: whoever reaches it could change the cluster (listen on "
                     "127.0.0.1, or set rpc_auth)"};
    sockaddr_storage address{};
    const socklen_t size = tcp_address(plain, address);
    Descriptor socket(
        ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (socket.get() < 0 || ::bind(socket.get(), generic(address), size) != 0 ||
        ::listen(socket.get(), backlog) != 0)
        return Error{"cannot serve the RPC on " + plain.to_string() + ": " + errno_text(errno) +
                     (errno == EADDRINUSE ? " (is another musterd or serf running? see --rpc-addr)"
                                          : " (see --rpc-addr)")};
    return socket.release();
}

Endpoint local_endpoint(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return {};
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return *Endpoint::from_bytes({reinterpret_cast<const char*>(&v4.sin_addr), 4},
                                     ntohs(v4.sin_port));
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return *Endpoint::from_bytes({reinterpret_cast<const char*>(&v6.sin6_addr), 16},
                                 ntohs(v6.sin6_port));
}

std::optional<uid_t> peer_uid(int descriptor) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return std::nullopt;
    return credentials.uid;
}

}  // namespace muster::api
