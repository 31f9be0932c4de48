#include "agent/net/connection.h"

#include <asio/buffer.hpp>
#include <asio/write.hpp>

namespace muster::net {

using asio::ip::tcp;

namespace {

// Reads of one connection before the others get their turn.
constexpr int reads_a_turn = 4;

}  // namespace

void Connection::dial(const tcp::endpoint& to, Bytes bytes, bool expects_reply) {
    phase_ = Phase::Connecting;
    expects_reply_ = expects_reply;
    out_ = std::move(bytes);
    socket_.async_connect(to, [self = shared_from_this()](const asio::error_code& error) {
        if (self->phase_ == Phase::Ended)
            return;
        if (error)
            return self->finish(error);
        self->phase_ = Phase::Sending;
        self->write();
    });
    // The kernel has chosen our end by now, and a listener of ours may meet it before we hear of
    // the connection.
    asio::error_code ignored;
    local_ = socket_.local_endpoint(ignored);
}

void Connection::read_request() {
    wait_readable();
}

void Connection::answer(Bytes bytes, TimePoint deadline) {
    if (phase_ != Phase::Decoded)
        return;
    phase_ = Phase::Answering;
    deadline_ = deadline;
    out_ = std::move(bytes);
    write();
}

void Connection::end() {
    phase_ = Phase::Ended;
    asio::error_code ignored;
    socket_.close(ignored);
}

void Connection::write() {
    asio::async_write(
        socket_, asio::buffer(out_.data(), out_.size()),
        [self = shared_from_this()](const asio::error_code& error, std::size_t /*size*/) {
            if (self->phase_ == Phase::Ended)
                return;
            if (error)
                return self->finish(error);
            self->written();
        });
}

void Connection::written() {
    Bytes().swap(out_);
    if (phase_ == Phase::Answering || !expects_reply_)
        return linger();
    phase_ = Phase::Reading;
    wait_readable();
}

// A close with bytes unread is a reset, and a reset can overtake what we have just sent. So only
// our direction is closed, and what still comes is read and thrown away until the peer closes too.
void Connection::linger() {
    phase_ = Phase::Lingering;
    asio::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    wait_readable();
}

void Connection::wait_readable() {
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const asio::error_code& error) {
                           if (self->phase_ == Phase::Ended)
                               return;
                           if (error)
                               return self->finish(error);
                           self->readable();
                       });
}

void Connection::readable() {
    for (int reads = 0; reads < reads_a_turn; ++reads) {
        const std::span<char> space = owner_.read_space();
        asio::error_code error;
        const std::size_t size = socket_.read_some(asio::buffer(space.data(), space.size()), error);
        if (error == asio::error::would_block)
            break;
        if (error)
            return finish(error);
        if (phase_ == Phase::Lingering)
            continue;
        has_read_ = true;
        take({space.data(), size});
        if (phase_ != Phase::Reading && phase_ != Phase::Lingering)
            return;
    }
    wait_readable();
}

void Connection::take(BytesView bytes) {
    const swim::StreamReader::Progress progress = reader_.feed(owner_.seal(), bytes);
    if (progress == swim::StreamReader::Progress::More)
        return;
    phase_ = Phase::Decoded;
    owner_.on_read(*this, progress);
}

void Connection::finish(const std::error_code& error) {
    // The end that lingering waits for.
    owner_.on_end(*this, phase_ == Phase::Lingering ? std::error_code{} : error);
}

}  // namespace muster::net
