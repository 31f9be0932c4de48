// One client's socket: reads for its conversation, writes what that sends, and drops a client that
// keeps others waiting.
//
// Not part of the public interface (it includes Asio). Memory: what was queued, and nothing for an
// idle client. A reply of any size is written in slices between turns of the loop. Loop thread
// only; kept alive by its pending operations.
#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "agent/api/conversation.h"
#include "agent/api/link.h"

namespace muster::api {

class Session;

// Who owns the sessions.
class SessionOwner {
public:
    virtual ~SessionOwner() = default;
    // Memory to read into, shared by all sessions: used up before the call returns.
    virtual std::span<char> read_buffer() = 0;
    // It has closed. `reason` is null when the client went by itself. Called once.
    virtual void ended(const std::shared_ptr<Session>& session, const char* reason) = 0;
};

class Session final : public Link, public std::enable_shared_from_this<Session> {
public:
    using Socket = asio::generic::stream_protocol::socket;

    // REQUIRES: owner and premises outlive the session until it has closed.
    Session(Socket socket, SessionOwner& owner, Premises premises, Access access);

    void start();
    // At once; what was queued is tried once more. The owner is not told.
    void close();
    Conversation& conversation() { return *conversation_; }

    void send(BytesView bytes) override;
    void send(BytesView header, const SharedBytes& body) override;
    bool congested() const override;
    void finish() override;
    void call_again() override;
    void wake_after(Duration delay) override;
    void cancel_wake() override { wake_.cancel(); }

private:
    // Bytes to be written: our own, or shared ones.
    struct Chunk {
        std::string own;
        SharedBytes shared;
        BytesView view() const { return shared ? BytesView(*shared) : BytesView(own); }
    };

    void wait_readable();
    void read();
    void flush();
    void flush_later();
    void wait_writable();
    void drained();
    void input_ended();
    void end_if_done();
    void watch_input();
    void end(const char* reason);
    void drop_after(asio::steady_timer& timer, Duration delay, const char* reason);
    bool write_slice();
    void append(BytesView bytes);

    Socket socket_;
    SessionOwner* owner_;
    const Limits* limits_;
    std::shared_ptr<Conversation> conversation_;
    asio::steady_timer input_deadline_;
    asio::steady_timer write_deadline_;
    asio::steady_timer wake_;

    std::deque<Chunk> queue_;
    std::size_t queued_ = 0;                      // bytes in queue_
    std::size_t written_ = 0;                     // of its front
    std::uint64_t watched_request_ = UINT64_MAX;  // for which input_deadline_ runs

    bool reading_ = false;  // a wait for input is pending
    bool writing_ = false;  // a wait for room is pending
    bool flush_posted_ = false;
    bool in_read_ = false;      // read() flushes when it is done
    bool stalled_ = false;      // write_deadline_ runs
    bool input_ended_ = false;  // the client will send no more, but may still read
    bool finishing_ = false;
    bool shut_down_ = false;  // all is written; waiting for the client to close
    bool closed_ = false;
};

}  // namespace muster::api
