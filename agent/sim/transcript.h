// The history of a run, as a hash and, when asked for, as text: what two runs of one seed must have
// in common to the byte, and what a person reads to understand a failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/effects.h"
#include "agent/sim/event_queue.h"
#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::sim {

class Transcript {
public:
    explicit Transcript(bool keep_text) : keep_text_(keep_text) {}

    // A datagram was handed to the network, or came out of it; `word` says which, and its fate.
    void datagram(TimePoint at, std::string_view word, HostId from, HostId to, BytesView content);
    // A stream's bytes or its end.
    void stream(TimePoint at, std::string_view word, HostId from, HostId to, BytesView content);
    void event(TimePoint at, HostId host, const MemberEvent& event);
    // Anything else that happened to a host.
    void line(TimePoint at, HostId host, std::string_view text);

    std::uint64_t hash() const { return hash_; }
    const std::string& text() const { return text_; }

private:
    void mix(BytesView bytes);
    void mix(std::uint64_t number);
    void begin(TimePoint at, HostId host);

    bool keep_text_;
    std::uint64_t hash_ = 0;
    std::string text_;
};

// The messages in a packet whose label is gone, in short: "ping(n1) suspect(n3@2 by n0)".
std::string describe_packet(BytesView packet);

}  // namespace muster::sim
