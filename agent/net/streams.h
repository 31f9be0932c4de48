// The TCP side of the wire: one request and at most one answer a connection
// (docs/protocol/memberlist.md section 4). Moves bytes through the seal and the stream decoder;
// what a message means is the node's.
//
// Every stream has a deadline, and a slow or silent peer is dropped at it, delaying nobody: an
// inbound request has `timeout` in all, its answer as much again; a stream of ours has the deadline
// that it was opened with. The deadlines are told by next_deadline() and kept by expire(), so that
// the agent's one timer serves them and a test owns their clock. Inbound streams are bounded: when
// there are too many, the one that has waited longest for its request gives way, so that silent
// peers cannot keep out a live one.
//
// A dial that reaches this very agent is noticed by its own listener and fails. One thread; no call
// calls back before it returns, except expire().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/net/asio_fwd.h"
#include "agent/net/clock.h"
#include "swim/output.h"
#include "swim/seal.h"
#include "swim/stream.h"

namespace muster::net {

// Who hears what streams bring. `message` and its views are valid during the call.
class StreamUser {
public:
    virtual ~StreamUser() = default;
    // A request on an inbound stream: to be answered with Streams::reply(), now or later. Or the
    // answer on one of ours, which has then ended.
    virtual void stream_message(TimePoint now, swim::StreamId id, const Endpoint& from,
                                const swim::StreamMessage& message) = 0;
    // A stream of ours ended without an answer; `error` is for a person.
    virtual void stream_failed(TimePoint now, swim::StreamId id, const Endpoint& to,
                               const std::string& error) = 0;
    // An inbound stream's bytes are no request: may be answered with Streams::reply().
    virtual void stream_refused(TimePoint now, swim::StreamId id, const Endpoint& from,
                                const swim::StreamFault& fault) = 0;
    // An inbound stream carried another label, and was closed.
    virtual void stream_mislabelled(const Endpoint& from, swim::Fault fault) = 0;
};

struct StreamsConfig {
    Duration timeout = std::chrono::seconds(10);  // TCPTimeout
    std::size_t max_inbound = 128;
};

struct StreamCounters {
    std::uint64_t accepted = 0, opened = 0;
    std::uint64_t failed = 0;     // of ours: without an answer
    std::uint64_t timed_out = 0;  // inbound: dropped at the deadline
    std::uint64_t evicted = 0;    // inbound: gave way to a newer one
    std::uint64_t cut_short = 0;  // inbound: closed by the peer within a request
};

class Streams {
public:
    // REQUIRES: clock, seal and user outlive the streams.
    Streams(asio::io_context& loop, Clock& clock, swim::Seal& seal, StreamsConfig config,
            StreamUser& user);
    ~Streams();

    // Listens; port 0 takes a free one. Answers the address as bound. Ours are opened from this
    // address too where it is a specific one. The error is for a person.
    Result<Endpoint> listen(const Endpoint& address);
    // Begins to accept. REQUIRES: listening.
    void start();

    // REQUIRES: !request.id.inbound, and the id is not in use.
    void open(const swim::StreamOpen& request);
    // Sends the bytes, if any, and closes. An id that has ended meanwhile is ignored.
    void reply(const swim::StreamReply& answer);

    // When expire() is next worth calling.
    TimePoint next_deadline() const;
    // Ends what has passed its deadline. Early or twice is harmless.
    void expire(TimePoint now);
    // Ends everything without a word to the user.
    void close();

    std::size_t inbound() const;  // now open
    const StreamCounters& counters() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace muster::net
