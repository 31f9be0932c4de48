// One stream's socket: connects, writes everything, reads through the seal and the decoder, lingers
// and closes. Decides nothing beyond that; deadlines are kept by its owner. Apart from streams.cpp
// to keep both small, and for agent/net only: this header includes Asio.
//
// Its owner hears of each thing at most once, never within the call that began it, and nothing
// after end(). Operations in flight keep it alive.
#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "swim/output.h"
#include "swim/stream_reader.h"

namespace muster::net {

class Connection;

class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;
    // One message has been read, or bytes that are none: see reader().
    virtual void on_read(Connection& connection, swim::StreamReader::Progress progress) = 0;
    // Everything is said, and the connection can go: `error` tells whether it was cut short.
    virtual void on_end(Connection& connection, const std::error_code& error) = 0;
    // Space to read into, shared by all connections.
    virtual std::span<char> read_space() = 0;
    virtual swim::Seal& seal() = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    enum class Phase : std::uint8_t {
        Connecting,
        Sending,    // the request
        Reading,    // a request, or an answer
        Decoded,    // has read what it can read; an inbound one awaits its answer
        Answering,  // sends the answer
        Lingering,  // has sent the last of it, and waits for the peer to close
        Ended,
    };

    // REQUIRES: owner outlives the last call before end().
    Connection(ConnectionOwner& owner, asio::ip::tcp::socket socket, swim::StreamId id,
               const Endpoint& peer, TimePoint deadline)
        : owner_(owner),
          socket_(std::move(socket)),
          id_(id),
          peer_(peer),
          deadline_(deadline),
          reader_(id.inbound ? swim::StreamReader::From::Dialer
                             : swim::StreamReader::From::Listener) {}

    // Ours: connects, sends the bytes, which are sealed, and reads the answer, if one is expected.
    void dial(const asio::ip::tcp::endpoint& to, Bytes bytes, bool expects_reply);
    // Inbound: reads the request.
    void read_request();
    // Inbound: sends the answer, which is sealed, and closes. Ignored unless phase() is Decoded.
    void answer(Bytes bytes, TimePoint deadline);
    void end();

    swim::StreamId id() const { return id_; }
    const Endpoint& peer() const { return peer_; }
    TimePoint deadline() const { return deadline_; }
    Phase phase() const { return phase_; }
    // Our end of an outgoing connection, from the moment that it is dialled.
    const asio::ip::tcp::endpoint& local() const { return local_; }
    bool has_read() const { return has_read_; }
    const swim::StreamReader& reader() const { return reader_; }

private:
    void write();
    void written();
    void linger();
    void wait_readable();
    void readable();
    void take(BytesView bytes);
    void finish(const std::error_code& error);

    ConnectionOwner& owner_;
    asio::ip::tcp::socket socket_;
    swim::StreamId id_;
    Endpoint peer_;
    TimePoint deadline_;
    Phase phase_ = Phase::Reading;
    bool expects_reply_ = true;
    bool has_read_ = false;
    Bytes out_;
    asio::ip::tcp::endpoint local_;
    swim::StreamReader reader_;
};

}  // namespace muster::net
