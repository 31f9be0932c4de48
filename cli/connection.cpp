#include "cli/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "swim/errno_text.h"

namespace muster::cli {

namespace {

// Replies are as large as the cluster is.
constexpr std::size_t max_reply_bytes = std::size_t{1} << 30;
constexpr api::ValueLimits reply_limits{.values = std::size_t{1} << 26, .depth = 16};

Error no_answer(const std::string& peer) {
    return Error{"no agent answers at " + peer + " (is musterd running?)"};
}

// Milliseconds until the deadline, as poll() takes them, rounded up; -1: none.
int remaining_ms(Deadline deadline) {
    if (!deadline)
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
}

// False: the deadline has passed.
bool wait_for(int descriptor, decltype(pollfd::events) events, Deadline deadline) {
    pollfd waited{.fd = descriptor, .events = events, .revents = 0};
    for (;;) {
        const int ready = ::poll(&waited, 1, remaining_ms(deadline));
        if (ready > 0)
            return true;
        if (ready == 0 && deadline && Clock::now() >= *deadline)
            return false;
        if (ready < 0 && errno != EINTR)
            return true;  // the call that follows says what is wrong
    }
}

// A connected socket, or errno. Does not wait longer than the deadline.
int connect_one(const addrinfo& address, Deadline deadline) {
    const int descriptor =
        ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    int error = 0;
    if (::connect(descriptor, address.ai_addr, address.ai_addrlen) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        socklen_t size = sizeof error;
        if (!wait_for(descriptor, POLLOUT, deadline))
            error = ETIMEDOUT;
        else
            ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) {
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return descriptor;
    }
    ::close(descriptor);
    errno = error;
    return -1;
}

struct HostAndPort {
    std::string host;
    std::string port;
};

// "host:port", "[::1]:port"; none if there is no port.
std::optional<HostAndPort> split_address(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon + 1 == address.size())
        return std::nullopt;
    std::string host = address.substr(0, colon);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string::npos)
        return std::nullopt;
    return HostAndPort{host.empty() ? "127.0.0.1" : host, address.substr(colon + 1)};
}

}  // namespace

Connection::Connection(int descriptor, std::string peer)
    : descriptor_(descriptor),
      peer_(std::move(peer)),
      splitter_(api::Framing::Msgpack, max_reply_bytes, reply_limits) {}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      peer_(std::move(other.peer_)),
      received_(std::move(other.received_)),
      splitter_(std::move(other.splitter_)) {}

Connection::~Connection() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

Result<Connection> Connection::open_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{"the path " + path + " is too long for a socket (107 bytes at most)"};
    std::memcpy(address.sun_path, path.data(), path.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return Error{"cannot make a socket: " + errno_text(errno)};
    Connection connection(descriptor, path);
    // A stopped agent whose backlog is full would hold us for ever.
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return connection;
    if (errno == EACCES || errno == EPERM)
        return Error{"no permission to connect to " + path +
                     " (use sudo, or join the group that owns it)"};
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
        return no_answer(path);
    if (errno == EAGAIN)
        return Error{"the agent at " + path + " does not take our connection (is it stopped?)"};
    return Error{"cannot connect to " + path + ": " + errno_text(errno)};
}

Result<Connection> Connection::open_tcp(const std::string& address, Deadline deadline) {
    const std::optional<HostAndPort> target = split_address(address);
    if (!target)
        return Error{"'" + address + "' is not HOST:PORT (see --rpc-addr)"};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(target->host.c_str(), target->port.c_str(), &hints, &found);
        error != 0)
        return Error{"cannot look up " + address + ": " + ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
        const int descriptor = connect_one(*each, deadline);
        if (descriptor >= 0)
            return Connection(descriptor, address);
    }
    if (errno == ECONNREFUSED)
        return no_answer(address);
    return Error{"cannot connect to " + address + ": " + errno_text(errno)};
}

std::optional<Error> Connection::send(BytesView bytes, Deadline deadline) {
    while (!bytes.empty()) {
        const ssize_t size =
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(size));
        else if (errno == EAGAIN && !wait_for(descriptor_, POLLOUT, deadline))
            return Error{"the agent at " + peer_ + " does not take our request (is it stopped?)"};
        else if (errno != EAGAIN && errno != EINTR)
            return Error{"the agent at " + peer_ + " has closed the connection"};
    }
    return std::nullopt;
}

// Reads some more. False: the deadline has passed.
Result<bool> Connection::fill(Deadline deadline) {
    char buffer[64 * 1024];
    if (!wait_for(descriptor_, POLLIN, deadline))
        return false;
    const ssize_t size = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (size > 0)
        received_.append(buffer, static_cast<std::size_t>(size));
    else if (size == 0 || errno != EINTR)
        return Error{"the agent at " + peer_ + " has closed the connection" +
                     (size < 0 ? ": " + errno_text(errno) : "")};
    return true;
}

Result<std::optional<api::Value>> Connection::receive(Deadline deadline) {
    for (;;) {
        const api::Splitter::Outcome outcome =
            received_.empty() ? api::Splitter::Outcome::More : splitter_.look(received_);
        if (outcome == api::Splitter::Outcome::Whole) {
            Result<api::Value> value =
                api::parse_msgpack(BytesView(received_).substr(0, splitter_.size()), reply_limits);
            received_.erase(0, splitter_.size());
            if (!value)
                return Error{"what answers at " + peer_ + " is no agent: " + value.error().text};
            return std::optional(*std::move(value));
        }
        if (outcome != api::Splitter::Outcome::More)
            return Error{"what answers at " + peer_ + " is no agent: its reply is not msgpack"};
        const Result<bool> filled = fill(deadline);
        if (!filled)
            return filled.error();
        if (!*filled)
            return std::optional<api::Value>();
    }
}

bool Connection::has_input() {
    return !received_.empty() || wait_for(descriptor_, POLLIN, Clock::time_point());
}

}  // namespace muster::cli
