#include "agent/net/streams.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <map>
#include <span>

#include "agent/net/connection.h"
#include "agent/net/explain.h"
#include "agent/net/nonces.h"
#include "agent/net/sockets.h"
#include "swim/assert.h"
#include "swim/seal.h"

namespace muster::net {

using asio::ip::tcp;
using Phase = Connection::Phase;

namespace {

constexpr std::size_t read_space_size = 65536;
// After the host ran out of descriptors; a listener that tried again at once would spin.
constexpr Duration accept_pause = std::chrono::milliseconds(200);

const char* explain_timeout(Phase phase) {
    if (phase == Phase::Connecting)
        return "no answer to the connection attempt in time (is a firewall in the way?)";
    return "connected, but no answer in time";
}

}  // namespace

struct Streams::State final : ConnectionOwner, std::enable_shared_from_this<State> {
    State(asio::io_context& a_loop, Clock& a_clock, swim::Seal& a_seal, StreamsConfig a_config,
          StreamUser& a_user)
        : loop(a_loop),
          clock(a_clock),
          the_seal(a_seal),
          config(a_config),
          user(a_user),
          listener(a_loop),
          space(std::make_unique_for_overwrite<char[]>(read_space_size)) {}

    using Connections = std::map<swim::StreamId, std::shared_ptr<Connection>>;

    void accept();
    void accepted(tcp::socket socket);
    bool is_own_dial(const tcp::endpoint& visitor);
    void make_room();
    tcp::socket outgoing(asio::error_code& error);
    void drop(Connection& connection);
    // Ends one of ours and tells its user why.
    void fail(Connection& connection, const std::string& error);
    void fail_later(const swim::StreamOpen& request, std::string error);

    void on_read(Connection& connection, swim::StreamReader::Progress progress) override;
    void on_end(Connection& connection, const std::error_code& error) override;
    std::span<char> read_space() override { return {space.get(), read_space_size}; }
    swim::Seal& seal() override { return the_seal; }

    asio::io_context& loop;
    Clock& clock;
    swim::Seal& the_seal;
    StreamsConfig config;
    StreamUser& user;
    tcp::acceptor listener;
    tcp::endpoint source;  // of our dials; port 0
    bool specific = false;
    bool ipv6 = false;
    std::unique_ptr<char[]> space;  // not zeroed: untouched pages cost nothing
    Connections connections;
    std::uint64_t last_inbound = 0;
    TimePoint resume_accepting = never;
    StreamCounters counters;
    std::size_t inbound = 0;
    bool closed = false;
};

// ---- inbound ----

void Streams::State::accept() {
    listener.async_accept(
        [self = shared_from_this()](const asio::error_code& error, tcp::socket socket) {
            if (self->closed)
                return;
            if (!error) {
                self->accepted(std::move(socket));
            } else if (error != asio::error::connection_aborted) {
                self->resume_accepting = self->clock.now() + accept_pause;
                return;
            }
            self->accept();
        });
}

void Streams::State::accepted(tcp::socket socket) {
    asio::error_code error;
    const tcp::endpoint visitor = socket.remote_endpoint(error);
    if (error || is_own_dial(visitor))
        return;
    socket.non_blocking(true, error);
    if (error)
        return;
    make_room();
    ++counters.accepted;
    ++inbound;
    const swim::StreamId id{++last_inbound, /*inbound=*/true};
    auto connection = std::make_shared<Connection>(
        *this, std::move(socket), id, from_socket(visitor), clock.now() + config.timeout);
    connections.emplace(id, connection);
    connection->read_request();
}

bool Streams::State::is_own_dial(const tcp::endpoint& visitor) {
    const Endpoint peer = from_socket(visitor);
    for (const auto& [id, connection] : connections) {
        if (!id.inbound && from_socket(connection->local()) == peer) {
            fail(*connection, "that is this agent itself");
            return true;
        }
    }
    return false;
}

void Streams::State::make_room() {
    if (inbound < config.max_inbound)
        return;
    // Ids rise, so the first that is still reading has waited longest.
    const auto idle = std::find_if(connections.begin(), connections.end(), [](const auto& entry) {
        return entry.first.inbound && (entry.second->phase() == Phase::Reading ||
                                       entry.second->phase() == Phase::Lingering);
    });
    const auto oldest = std::find_if(connections.begin(), connections.end(),
                                     [](const auto& entry) { return entry.first.inbound; });
    ++counters.evicted;
    drop(idle != connections.end() ? *idle->second : *oldest->second);
}

// ---- outgoing ----

tcp::socket Streams::State::outgoing(asio::error_code& error) {
    tcp::socket socket(loop);
    socket.open(ipv6 ? tcp::v6() : tcp::v4(), error);
    if (!error && specific) {
        // The port is left to connect(), which can share one among different peers.
        const int on = 1;
        setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        socket.bind(source, error);
    }
    if (!error)
        socket.non_blocking(true, error);
    return socket;
}

// ---- what a connection tells ----

void Streams::State::on_read(Connection& connection, swim::StreamReader::Progress progress) {
    const swim::StreamId id = connection.id();
    const Endpoint peer = connection.peer();
    const TimePoint now = clock.now();
    // The message's views point into the connection's reader.
    const std::shared_ptr<Connection> keep = connection.shared_from_this();
    if (progress == swim::StreamReader::Progress::Done) {
        if (!id.inbound)
            drop(connection);
        user.stream_message(now, id, peer, keep->reader().message());
        return;
    }
    const swim::StreamFault& fault = keep->reader().fault();
    if (!id.inbound) {
        fail(connection, "its answer cannot be read: " + fault.detail);
    } else if (fault.fault == swim::Fault::Label) {
        drop(connection);
        user.stream_mislabelled(peer, fault.fault);
    } else {
        user.stream_refused(now, id, peer, fault);
    }
}

void Streams::State::on_end(Connection& connection, const std::error_code& error) {
    if (!connection.id().inbound) {
        if (error)
            return fail(connection, explain_dial(from_asio(error)));
    } else if (connection.phase() == Phase::Reading && connection.has_read()) {
        ++counters.cut_short;
    }
    drop(connection);
}

// ---- ends ----

void Streams::State::drop(Connection& connection) {
    const std::shared_ptr<Connection> keep = connection.shared_from_this();
    if (connections.erase(connection.id()) > 0 && connection.id().inbound)
        --inbound;
    keep->end();
}

void Streams::State::fail(Connection& connection, const std::string& error) {
    const swim::StreamId id = connection.id();
    const Endpoint peer = connection.peer();
    ++counters.failed;
    drop(connection);
    user.stream_failed(clock.now(), id, peer, error);
}

void Streams::State::fail_later(const swim::StreamOpen& request, std::string error) {
    ++counters.failed;
    asio::post(loop, [self = shared_from_this(), id = request.id, to = request.to,
                      text = std::move(error)] {
        if (!self->closed)
            self->user.stream_failed(self->clock.now(), id, to, text);
    });
}

// ---- the interface ----

Streams::Streams(asio::io_context& loop, Clock& clock, swim::Seal& seal, StreamsConfig config,
                 StreamUser& user)
    : state_(std::make_shared<State>(loop, clock, seal, config, user)) {
    MUSTER_ASSERT(state_->config.max_inbound > 0);
}

Streams::~Streams() {
    close();
}

Result<Endpoint> Streams::listen(const Endpoint& address) {
    State& s = *state_;
    s.ipv6 = !address.is_ipv4();
    s.specific = !address.is_wildcard();
    const SocketAddress local = to_socket(address, s.ipv6);
    s.source = tcp::endpoint(local.address, 0);
    asio::error_code error;
    asio::error_code ignored;
    s.listener.open(s.ipv6 ? tcp::v6() : tcp::v4(), error);
    if (s.ipv6)
        s.listener.set_option(asio::ip::v6_only(s.specific), ignored);
    s.listener.set_option(tcp::acceptor::reuse_address(true), ignored);
    if (!error)
        s.listener.bind(tcp::endpoint(local.address, address.port()), error);
    if (!error)
        s.listener.listen(tcp::acceptor::max_listen_connections, error);
    const tcp::endpoint bound = error ? tcp::endpoint() : s.listener.local_endpoint(error);
    if (!error)
        return from_socket(bound);
    s.listener.close(ignored);
    return Error{explain_bind(address, from_asio(error))};
}

void Streams::start() {
    state_->accept();
}

void Streams::open(const swim::StreamOpen& request) {
    State& s = *state_;
    MUSTER_ASSERT(!request.id.inbound && s.connections.count(request.id) == 0);
    ++s.counters.opened;
    const SocketAddress target = to_socket(request.to, s.ipv6);
    if (!target.fits || request.to.port() == 0) {
        return s.fail_later(request, target.fits ? "the address has no port"
                                                 : "an IPv6 address cannot be reached: this agent "
                                                   "is bound to an IPv4 address (see --bind)");
    }
    asio::error_code error;
    tcp::socket socket = s.outgoing(error);
    if (error)
        return s.fail_later(request, explain_dial(from_asio(error)));
    auto connection = std::make_shared<Connection>(s, std::move(socket), request.id, request.to,
                                                   request.deadline);
    s.connections.emplace(request.id, connection);
    Bytes bytes;
    swim::write_label(s.the_seal.label(), bytes);
    s.the_seal.seal_stream(request.bytes, nonce_for(s.the_seal), bytes);
    connection->dial(tcp::endpoint(target.address, request.to.port()), std::move(bytes),
                     request.expects_reply);
}

void Streams::reply(const swim::StreamReply& answer) {
    const auto found = state_->connections.find(answer.id);
    if (found == state_->connections.end())
        return;
    if (answer.bytes.empty()) {
        state_->drop(*found->second);
        return;
    }
    Bytes bytes;
    state_->the_seal.seal_stream(answer.bytes, nonce_for(state_->the_seal), bytes);
    found->second->answer(std::move(bytes), state_->clock.now() + state_->config.timeout);
}

TimePoint Streams::next_deadline() const {
    TimePoint next = state_->resume_accepting;
    for (const auto& [id, connection] : state_->connections)
        next = std::min(next, connection->deadline());
    return next;
}

void Streams::expire(TimePoint now) {
    State& s = *state_;
    if (now >= s.resume_accepting) {
        s.resume_accepting = never;
        s.accept();
    }
    std::vector<std::shared_ptr<Connection>> due;
    for (const auto& [id, connection] : s.connections) {
        if (connection->deadline() <= now)
            due.push_back(connection);
    }
    for (const std::shared_ptr<Connection>& connection : due) {
        if (connection->phase() == Phase::Ended)
            continue;
        if (connection->id().inbound) {
            if (connection->phase() != Phase::Lingering)
                ++s.counters.timed_out;
            s.drop(*connection);
        } else if (connection->phase() == Phase::Lingering) {
            s.drop(*connection);
        } else {
            s.fail(*connection, explain_timeout(connection->phase()));
        }
    }
}

void Streams::close() {
    State& s = *state_;
    s.closed = true;
    asio::error_code ignored;
    s.listener.close(ignored);
    while (!s.connections.empty())
        s.drop(*s.connections.begin()->second);
}

std::size_t Streams::inbound() const {
    return state_->inbound;
}

const StreamCounters& Streams::counters() const {
    return state_->counters;
}

}  // namespace muster::net
