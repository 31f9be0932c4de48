// One stream's socket: connects, writes everything, reads through label header and decoder, lingers
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
#include "swim/stream.h"

namespace muster::net {

class Connection;

class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;
    // One message has been read, or bytes that are none: see decoder().
    virtual void on_decoded(Connection& connection, swim::StreamDecoder::Progress progress) = 0;
    virtual void on_mislabelled(Connection& connection, swim::Fault fault) = 0;
    // Everything is said, and the connection can go: `error` tells whether it was cut short.
    virtual void on_end(Connection& connection, const std::error_code& error) = 0;
    // Space to read into, shared by all connections.
    virtual std::span<char> read_space() = 0;
    virtual BytesView label() const = 0;
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
        : owner_(owner), socket_(std::move(socket)), id_(id), peer_(peer), deadline_(deadline) {}

    // Ours: connects, sends the bytes (label header included) and reads the answer, if one is
    // expected.
    void dial(const asio::ip::tcp::endpoint& to, Bytes bytes, bool expects_reply);
    // Inbound: reads the request.
    void read_request();
    // Inbound: sends the answer and closes. Ignored unless phase() is Decoded.
    void answer(Bytes bytes, TimePoint deadline);
    void end();

    swim::StreamId id() const { return id_; }
    const Endpoint& peer() const { return peer_; }
    TimePoint deadline() const { return deadline_; }
    Phase phase() const { return phase_; }
    // Our end of an outgoing connection, from the moment that it is dialled.
    const asio::ip::tcp::endpoint& local() const { return local_; }
    bool has_read() const { return has_read_; }
    const swim::StreamDecoder& decoder() const { return decoder_; }

private:
    void write();
    void written();
    void linger();
    void wait_readable();
    void readable();
    void take(BytesView bytes);
    void decode(BytesView bytes);
    void finish(const std::error_code& error);

    ConnectionOwner& owner_;
    asio::ip::tcp::socket socket_;
    swim::StreamId id_;
    Endpoint peer_;
    TimePoint deadline_;
    Phase phase_ = Phase::Reading;
    bool expects_reply_ = true;
    bool has_read_ = false;
    bool label_read_ = false;
    Bytes head_;  // what came before the label header was complete
    Bytes out_;
    asio::ip::tcp::endpoint local_;
    swim::StreamDecoder decoder_;
};

}  // namespace muster::net
