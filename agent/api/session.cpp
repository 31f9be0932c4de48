#include "agent/api/session.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

namespace muster::api {

namespace {

constexpr std::size_t slice_bytes = 64 * 1024;  // written in one turn of the loop
constexpr std::size_t small_bytes = 4 * 1024;   // copied together rather than kept apart

}  // namespace

Session::Session(Socket socket, SessionOwner& owner, Premises premises, Access access)
    : socket_(std::move(socket)),
      owner_(&owner),
      limits_(&premises.config.limits),
      conversation_(std::make_shared<Conversation>(premises, *this, std::move(access))),
      input_deadline_(socket_.get_executor()),
      write_deadline_(socket_.get_executor()),
      wake_(socket_.get_executor()) {}

void Session::start() {
    asio::error_code ignored;
    socket_.non_blocking(true, ignored);
    watch_input();
    wait_readable();
}

void Session::close() {
    if (closed_)
        return;
    write_slice();
    closed_ = true;
    input_deadline_.cancel();
    write_deadline_.cancel();
    wake_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
}

void Session::end(const char* reason) {
    if (closed_)
        return;
    const std::shared_ptr<Session> self = shared_from_this();
    close();
    owner_->ended(self, reason);
}

// ---- reading ----

void Session::wait_readable() {
    if (closed_ || reading_ || input_ended_ || (!shut_down_ && !conversation_->wants_input()))
        return;
    reading_ = true;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](asio::error_code error) {
        self->reading_ = false;
        if (!error)
            self->read();
    });
}

void Session::read() {
    if (closed_)
        return;
    const std::span<char> buffer = owner_->read_buffer();
    asio::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again)
        return wait_readable();
    if (error)
        return error == asio::error::eof && !shut_down_ ? input_ended() : end(nullptr);
    if (!shut_down_) {
        in_read_ = true;
        conversation_->receive({buffer.data(), size});
        in_read_ = false;
        flush();
    }
    watch_input();
    wait_readable();
}

// `echo REQUEST | socat` closes its sending side at once, and still wants the answer. Only on a
// Unix socket can that be told from a client that is gone, by the hang-up that follows.
void Session::input_ended() {
    input_ended_ = true;
    input_deadline_.cancel();
    socket_.async_wait(Socket::wait_error, [self = shared_from_this()](asio::error_code error) {
        if (!error)
            self->end(nullptr);
    });
    end_if_done();
}

void Session::end_if_done() {
    asio::error_code error;
    const bool is_local = socket_.local_endpoint(error).protocol().family() == AF_UNIX;
    const bool listens = is_local && conversation_->subscribed();
    if (input_ended_ && queue_.empty() && !listens && !conversation_->works())
        end(nullptr);
}

// A request that was begun must be finished in time; each has its own time.
void Session::watch_input() {
    if (closed_ || shut_down_ || input_ended_)
        return;
    if (!conversation_->owes_input()) {
        if (std::exchange(watched_request_, UINT64_MAX) != UINT64_MAX)
            input_deadline_.cancel();
    } else if (std::exchange(watched_request_, conversation_->requests()) !=
               conversation_->requests()) {
        drop_after(input_deadline_, limits_->half_request, "half-request");
    }
}

// ---- writing ----

void Session::append(BytesView bytes) {
    if (queue_.empty() || queue_.back().shared || queue_.back().own.size() > small_bytes)
        queue_.emplace_back();
    queue_.back().own += bytes;
    queued_ += bytes.size();
}

void Session::send(BytesView bytes) {
    if (closed_ || shut_down_)
        return;
    append(bytes);
    flush_later();
}

void Session::send(BytesView header, const SharedBytes& body) {
    if (closed_ || shut_down_)
        return;
    append(header);
    if (body->size() <= small_bytes) {
        append(*body);
    } else {
        queue_.push_back({.own = {}, .shared = body});
        queued_ += body->size();
    }
    flush_later();
}

bool Session::congested() const {
    return queued_ > limits_->queued_bytes;
}

// What one turn of the loop sends, in whatever number of pieces, goes out together.
void Session::flush_later() {
    if (in_read_ || writing_ || std::exchange(flush_posted_, true))
        return;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->flush_posted_ = false;
        self->flush();
        self->watch_input();
        self->wait_readable();
    });
}

// At most slice_bytes. False if the connection is broken.
bool Session::write_slice() {
    std::size_t budget = slice_bytes;
    while (!queue_.empty() && budget > 0) {
        const BytesView rest = queue_.front().view().substr(written_);
        asio::error_code error;
        const std::size_t size =
            socket_.write_some(asio::buffer(rest.data(), std::min(rest.size(), budget)), error);
        if (error)
            return error == asio::error::would_block || error == asio::error::try_again;
        budget -= size;
        queued_ -= size;
        written_ += size;
        if (size == rest.size()) {
            queue_.pop_front();
            written_ = 0;
        }
    }
    return true;
}

void Session::flush() {
    if (closed_ || writing_)
        return;
    const std::size_t before = queued_;
    const bool was_congested = congested();
    if (!write_slice())
        return end(nullptr);
    if (was_congested && !congested())
        call_again();
    if (queue_.empty())
        return drained();
    if (queued_ < before || !std::exchange(stalled_, true))
        drop_after(write_deadline_, limits_->stalled_write, "stalled-write");
    wait_writable();
}

void Session::wait_writable() {
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](asio::error_code error) {
        self->writing_ = false;
        if (!error)
            self->flush();
    });
}

void Session::call_again() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        if (self->closed_)
            return;
        self->conversation_->resume();
        self->flush();
        self->watch_input();
        self->wait_readable();
    });
}

void Session::finish() {
    finishing_ = true;
    flush_later();
}

void Session::drained() {
    if (std::exchange(stalled_, false))
        write_deadline_.cancel();
    if (shut_down_)
        return;
    if (!finishing_)
        return end_if_done();
    // The client reads the end of the stream, closes, and so do we: closing first, with requests of
    // it still unread, could take the last reply away from it.
    shut_down_ = true;
    asio::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    drop_after(input_deadline_, limits_->half_request, nullptr);
    wait_readable();
}

// ---- time ----

void Session::drop_after(asio::steady_timer& timer, Duration delay, const char* reason) {
    timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(delay));
    timer.async_wait([self = shared_from_this(), &timer, reason](asio::error_code error) {
        if (!error && timer.expiry() <= asio::steady_timer::clock_type::now())
            self->end(reason);
    });
}

void Session::wake_after(Duration delay) {
    wake_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(delay));
    wake_.async_wait([self = shared_from_this()](asio::error_code error) {
        if (!error && !self->closed_)
            self->conversation_->woken();
    });
}

}  // namespace muster::api
