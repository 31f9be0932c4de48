// The simulated TCP: connections on which one request and at most one answer travel, as sealed
// bytes, in pieces, through the reader that the real agent uses.
//
// It decides what a process gets to see of a connection, and returns it; the world hands it to the
// node. A connection may be refused, stall behind a block until its deadline, or break in the
// middle. Retransmission makes loss into delay. Half-open connections end at the listener's own
// deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/sim/event_queue.h"
#include "agent/sim/network.h"
#include "swim/bytes.h"
#include "swim/output.h"
#include "swim/random.h"
#include "swim/seal.h"
#include "swim/stream_reader.h"
#include "swim/time.h"

namespace muster::sim {

// One life of a process on a host. 0: there is none.
using Life = std::uint32_t;

// One end of a connection.
struct Party {
    HostId host = 0;
    Life life = 0;
    Endpoint endpoint;
};

// What the process at one end learns. The views live until the next call of Streams.
struct StreamInput {
    enum class Kind : std::uint8_t { Nothing, Message, Refused, Failed };
    Kind kind = Kind::Nothing;
    HostId host = 0;
    swim::StreamId id;
    Endpoint peer;
    const swim::StreamMessage* message = nullptr;  // of Message
    const swim::StreamFault* fault = nullptr;      // of Refused
    std::string error;                             // of Failed
};

class Streams {
public:
    // The edge of a host: its label and keys, as they are when it writes or reads.
    using SealOf = std::function<swim::Seal&(HostId)>;

    // `timeout` is the listener's. Nonces come from `random`, as everything here.
    Streams(EventQueue& queue, Network& network, Random random, SealOf seal_of, Duration timeout);

    // A process dials. `target` has no value if no host owns the address: then nobody answers, and
    // the deadline ends it.
    void open(TimePoint now, const Party& opener, swim::StreamOpen&& request,
              std::optional<Party> target, TimePoint deadline);
    // The listening process answers, or closes (no bytes). Unknown and finished ids are ignored.
    void reply(TimePoint now, HostId host, swim::StreamReply&& reply);
    // A step of a connection; `lives` says which processes exist, by host.
    StreamInput advance(TimePoint now, const Event& event, const std::vector<Life>& lives);
    // The ends that a process had are reset: it is gone.
    void process_died(TimePoint now, HostId host);

    std::size_t size() const { return connections_.size(); }
    // Whether the kernel takes the step by itself, though the process is stopped.
    static bool is_kernels(const Event& event);
    // Whether the step is a deadline, which a process that was stopped sees after what it can read.
    static bool is_deadline(const Event& event);

private:
    enum class Step : std::uint8_t {
        Dialed,            // the SYN arrives
        Refused,           // the RST comes back
        Request,           // a piece of the request arrives
        Answer,            // a piece of the answer arrives
        Closed,            // the opener reads the end
        OpenerDeadline,    // the opener waits no longer
        ListenerDeadline,  // nor does the listener
    };

    struct Connection {
        Party opener, target;
        swim::StreamId id;  // the opener's name for it
        bool expects_reply = true;
        bool accepted = false;
        bool answered = false;  // the listener has closed its side
        std::size_t sent = 0;   // of `bytes`
        Bytes bytes;            // the request, later the answer
        swim::StreamReader reader{swim::StreamReader::From::Dialer};  // of what is on its way
        Duration backoff{};
        TimePoint deadline;
    };

    void schedule(TimePoint at, HostId host, std::uint64_t number, Step step);
    bool stalled(TimePoint now, const Event& event, Connection& connection);
    void dialed(TimePoint now, const Event& event, Connection& connection, Life listener);
    StreamInput request_piece(TimePoint now, const Event& event, Connection& connection);
    StreamInput answer_piece(TimePoint now, const Event& event, Connection& connection);
    void write(HostId host, BytesView message, Bytes& out);
    BytesView next_piece(Connection& connection);
    StreamInput failed(const Connection& connection, std::string error) const;
    void retire(std::uint64_t number, StreamInput& input);

    EventQueue& queue_;
    Network& network_;
    Random random_;
    SealOf seal_of_;
    Duration timeout_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, Connection> connections_;  // by the listener's number for it
    std::optional<Connection> retired_;                // keeps the views of the last input alive
};

}  // namespace muster::sim
