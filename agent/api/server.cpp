#include "agent/api/server.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <set>
#include <utility>

#include "agent/api/conversation.h"
#include "agent/api/listeners.h"
#include "agent/api/member_source.h"
#include "agent/api/session.h"
#include "agent/api/subscriptions.h"

namespace muster::api {

namespace {

using UnixProtocol = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;

// How long no connection is accepted after the system could not give one (no descriptors left).
constexpr auto accept_pause = std::chrono::milliseconds(100);

std::int64_t wall_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

struct Server::Parts final : SessionOwner, Subscriber {
    Parts(asio::io_context& io, Backend& its_backend, ServerConfig its_config)
        : loop(io),
          backend(its_backend),
          config(std::move(its_config)),
          members(backend),
          unix_acceptor(io),
          tcp_acceptor(io),
          unix_pause(io),
          tcp_pause(io) {}

    Premises premises() { return {backend, members, stats, config}; }

    template <class Acceptor>
    void accept(Acceptor& acceptor, asio::steady_timer& pause);
    void pause_accepting(asio::steady_timer& pause, std::function<void()> then) const;
    void begin(Session::Socket socket, bool is_local);
    void notice(Notice::Level level, std::string text) const;

    // SessionOwner
    std::span<char> read_buffer() override { return buffer; }
    void ended(const std::shared_ptr<Session>& session, const char* reason) override;

    // Subscriber. Nothing that a session does in these calls ends one: they only queue.
    void on_member_event(const MemberEvent& event) override;
    void on_user_event(const cluster::HeardEvent& event) override;
    void on_query(const cluster::HeardQuery& query) override;
    void on_leadership(const election::Event& event) override;
    void on_turnout(const Turnout& turnout) override;
    void on_view(std::uint64_t index) override;
    void on_ring_change(const RingChange& change) override;
    bool wants_ring_changes() const override;
    void on_log(LogLevel level, std::int64_t wall_ns, std::string_view text) override;

    asio::io_context& loop;
    Backend& backend;
    ServerConfig config;
    MemberSource members;
    ServerStats stats;
    std::array<char, 64 * 1024> buffer{};
    UnixProtocol::acceptor unix_acceptor;
    Tcp::acceptor tcp_acceptor;
    asio::steady_timer unix_pause;
    asio::steady_timer tcp_pause;
    UnixListener unix_listener;
    std::set<std::shared_ptr<Session>> sessions;
    bool subscribed = false;
    // Handlers hold a weak one: what comes after stop() finds nothing.
    std::shared_ptr<Parts*> self = std::make_shared<Parts*>(this);
};

Server::Server(asio::io_context& loop, Backend& backend, ServerConfig config)
    : parts_(std::make_unique<Parts>(loop, backend, std::move(config))) {}

Server::~Server() {
    stop();
}

std::optional<Error> Server::start() {
    Parts& parts = *parts_;
    if (!parts.config.path.empty()) {
        Result<UnixListener> listener = listen_unix(parts.config.path, parts.config.mode);
        if (!listener)
            return listener.error();
        parts.unix_listener = *listener;
        parts.unix_acceptor.assign(UnixProtocol(), listener->descriptor);
    }
    if (parts.config.rpc) {
        const Result<int> listener = listen_tcp(*parts.config.rpc, !parts.config.auth_key.empty());
        if (!listener) {
            stop();
            return listener.error();
        }
        const bool v4 = local_endpoint(*listener).ip().size() == 4;
        parts.tcp_acceptor.assign(v4 ? Tcp::v4() : Tcp::v6(), *listener);
    }
    if (parts.unix_acceptor.is_open())
        parts.accept(parts.unix_acceptor, parts.unix_pause);
    if (parts.tcp_acceptor.is_open())
        parts.accept(parts.tcp_acceptor, parts.tcp_pause);
    parts.backend.subscribe(parts);
    parts.subscribed = true;
    return std::nullopt;
}

void Server::stop() {
    Parts& parts = *parts_;
    parts.self.reset();
    if (std::exchange(parts.subscribed, false))
        parts.backend.unsubscribe(parts);
    if (parts.unix_acceptor.is_open())
        remove_socket_file(parts.config.path, parts.unix_listener);
    asio::error_code ignored;
    parts.unix_acceptor.close(ignored);
    parts.tcp_acceptor.close(ignored);
    parts.unix_pause.cancel();
    parts.tcp_pause.cancel();
    for (const auto& session : std::exchange(parts.sessions, {}))
        session->close();
    parts.stats.connections = 0;
}

ServerStats Server::stats() const {
    return parts_->stats;
}

Endpoint Server::rpc_endpoint() const {
    asio::ip::tcp::acceptor& acceptor = parts_->tcp_acceptor;
    return acceptor.is_open() ? local_endpoint(acceptor.native_handle()) : Endpoint();
}

template <class Acceptor>
void Server::Parts::accept(Acceptor& acceptor, asio::steady_timer& pause) {
    acceptor.async_accept([this, alive = std::weak_ptr(self), &acceptor, &pause](
                              asio::error_code error, auto socket) {
        if (alive.expired())
            return;
        if (error && error != asio::error::connection_aborted) {
            notice(Notice::Level::Warning, "cannot accept a client of the API: " + error.message() +
                                               " (are descriptors running out?)");
            return pause_accepting(pause, [this, &acceptor, &pause] { accept(acceptor, pause); });
        }
        if (!error) {
            constexpr bool is_local = std::is_same_v<Acceptor, UnixProtocol::acceptor>;
            if constexpr (!is_local) {
                asio::error_code ignored;
                socket.set_option(Tcp::no_delay(true), ignored);
                socket.set_option(Tcp::socket::keep_alive(true), ignored);
            }
            begin(std::move(socket), is_local);
        }
        accept(acceptor, pause);
    });
}

void Server::Parts::pause_accepting(asio::steady_timer& pause, std::function<void()> then) const {
    pause.expires_after(accept_pause);
    pause.async_wait([alive = std::weak_ptr(self), then = std::move(then)](asio::error_code error) {
        if (!error && !alive.expired())
            then();
    });
}

void Server::Parts::begin(Session::Socket socket, bool is_local) {
    ++stats.accepted;
    if (sessions.size() >= config.limits.connections) {
        ++stats.refused["too-many-connections"];
        return notice(Notice::Level::Warning,
                      "refused a client of the API: " + std::to_string(sessions.size()) +
                          " are connected, which is the limit");
    }
    Access access;
    if (is_local) {
        const std::optional<uid_t> peer = peer_uid(socket.native_handle());
        if (!peer)
            return;
        access = unix_access(*peer, ::geteuid(), config.writers);
    } else {
        access.may_change = true;
        access.needs_auth = !config.auth_key.empty();
    }
    const auto session =
        std::make_shared<Session>(std::move(socket), *this, premises(), std::move(access));
    sessions.insert(session);
    stats.connections = sessions.size();
    session->start();
}

void Server::Parts::ended(const std::shared_ptr<Session>& session, const char* reason) {
    sessions.erase(session);
    stats.connections = sessions.size();
    if (reason == nullptr)
        return;
    ++stats.refused[reason];
    notice(Notice::Level::Warning,
           std::string("dropped a client of the API: ") +
               (std::string_view(reason) == "stalled-write" ? "it does not read what it asked for"
                                                            : "it did not finish its request"));
}

void Server::Parts::notice(Notice::Level level, std::string text) const {
    if (config.notice)
        config.notice({.level = level, .text = std::move(text)});
}

void Server::Parts::on_member_event(const MemberEvent& event) {
    EventRecord record(event, wall_now(), event.name == backend.self());
    for (const auto& session : sessions)
        session->conversation().on_event(record);
}

void Server::Parts::on_user_event(const cluster::HeardEvent& event) {
    UserEventRecord record(event, wall_now());
    for (const auto& session : sessions)
        session->conversation().on_user_event(record);
}

void Server::Parts::on_query(const cluster::HeardQuery& query) {
    const QueryNews news{
        .query = query, .deadline_ns = backend.wall_time(query.deadline), .wall_ns = wall_now()};
    for (const auto& session : sessions)
        session->conversation().on_query(news);
}

void Server::Parts::on_leadership(const election::Event& event) {
    LeadershipRecord record(event, wall_now());
    for (const auto& session : sessions)
        session->conversation().on_leadership(record);
}

void Server::Parts::on_turnout(const Turnout& turnout) {
    TurnoutRecord record(turnout, wall_now());
    for (const auto& session : sessions)
        session->conversation().on_turnout(record);
}

void Server::Parts::on_view(std::uint64_t index) {
    for (const auto& session : sessions)
        session->conversation().on_view(index);
}

void Server::Parts::on_ring_change(const RingChange& change) {
    RingChangeRecord record(change, wall_now());
    for (const auto& session : sessions)
        session->conversation().on_ring_change(record);
}

bool Server::Parts::wants_ring_changes() const {
    return std::any_of(sessions.begin(), sessions.end(), [](const auto& session) {
        return session->conversation().wants_ring_changes();
    });
}

void Server::Parts::on_log(LogLevel level, std::int64_t wall_ns, std::string_view text) {
    MonitorRecord record({.level = level, .wall_ns = wall_ns, .text = text});
    for (const auto& session : sessions)
        session->conversation().on_log(record);
}

}  // namespace muster::api
