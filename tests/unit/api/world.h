// A server of ours and its clients, on real sockets in one thread: a client's socket is read
// between turns of the loop, so nothing here sleeps; a wait ends when its condition holds.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/api/server.h"
#include "tests/unit/api/fake_backend.h"

namespace muster::api {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        char name[] = "/tmp/muster-api-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    std::string operator/(const char* name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

// A client's end: reads only when it is told to.
class Peer {
public:
    explicit Peer(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    }
    explicit Peer(const Endpoint& endpoint) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port());
        std::memcpy(&address.sin_addr, endpoint.ip().data(), 4);
        REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() { ::close(socket_); }

    void send(BytesView bytes) const {
        REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    void end_sending() const { ::shutdown(socket_, SHUT_WR); }
    // Takes what has come so far.
    void read() {
        char buffer[64 * 1024];
        for (;;) {
            const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
            if (size > 0)
                received.append(buffer, static_cast<std::size_t>(size));
            else if (size == 0 || errno != EAGAIN)
                closed = true;
            if (size <= 0)
                return;
        }
    }
    bool has_line() {
        read();
        return received.ends_with('\n');
    }
    bool is_closed() {
        read();
        return closed;
    }

    std::string received;
    bool closed = false;

private:
    int socket_;
};

struct World {
    explicit World(Limits limits = {}) {
        config.path = directory / "muster.sock";
        config.limits = limits;
        config.notice = [this](const Notice& notice) { notices.push_back(notice.text); };
    }
    void start() {
        server = std::make_unique<Server>(loop, backend, config);
        const auto error = server->start();
        REQUIRE_FALSE(error);
    }
    std::string start_error() {
        server = std::make_unique<Server>(loop, backend, config);
        const auto error = server->start();
        REQUIRE(error);
        return error->text;
    }
    // Runs the loop until it holds.
    void until(const std::function<bool()>& condition) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < limit);
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(5));
        }
    }
    // The answer to one line of JSON.
    std::string ask(Peer& peer, const std::string& line) {
        peer.received.clear();
        peer.send(line + "\n");
        until([&] { return peer.has_line(); });
        return peer.received;
    }
    std::uint64_t refused(const char* reason) const {
        const ServerStats stats = server->stats();
        const auto found = stats.refused.find(reason);
        return found != stats.refused.end() ? found->second : 0;
    }
    void add_members(int count) {
        for (int i = 0; i < count; ++i)
            backend.add("member-" + std::to_string(i), "10.0.0.1:7946", {{"role", "something"}});
    }

    TemporaryDirectory directory;
    asio::io_context loop;
    FakeBackend backend;
    ServerConfig config;
    std::vector<std::string> notices;
    std::unique_ptr<Server> server;
};

inline constexpr char stop_line[] = R"({"Command":"stop"})";
inline constexpr char stop_answer[] = "{\"Seq\":0,\"Error\":\"\"}\n";
inline constexpr char members_line[] = R"({"Command":"members"})";

}  // namespace muster::api
