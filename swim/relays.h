// What this agent does for others' probes: it pings on their behalf, and passes the answer back, or
// a nack when none came (docs/protocol/memberlist.md sections 8.1 and 8.6).
#pragma once

#include <cstdint>
#include <vector>

#include "swim/config.h"
#include "swim/membership.h"
#include "swim/output.h"
#include "swim/prober.h"
#include "swim/sender.h"

namespace muster::swim {

class Relays {
public:
    Relays(const Config& config, Membership& membership, Sender& sender, Counters& counters);

    void request(TimePoint now, const Endpoint& from, const IndirectPing& request, Output& out);
    // True if the ack answers a ping that was sent for somebody.
    bool ack(TimePoint now, const Ack& ack, Output& out);

    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

private:
    struct Relay {
        std::uint32_t sequence = 0;   // of our ping
        std::uint32_t requested = 0;  // the requester's
        Endpoint requester;
        bool nack = false;
        TimePoint nack_at{};
        TimePoint expires{};
    };

    const Config& config_;
    Membership& membership_;
    Sender& sender_;
    Counters& counters_;
    std::vector<Relay> relays_;
    Bytes message_;
};

// Where the answer to a message goes: to its Source if that is complete, else to where it came
// from.
Endpoint answer_to(const Source& source, const Endpoint& from);

}  // namespace muster::swim
