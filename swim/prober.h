// Finding out who is silent: our own probes, one after the other, and pings by name for the layer
// above (docs/protocol/memberlist.md sections 8.2 and 8.3; SWIM 2002 section 3.1; Lifeguard
// sections III and IV).
//
//     ping -> (probe_timeout) -> indirect pings by relays, and a stream ping -> (interval) ->
//     suspicion
//
// Serial: of the ticks that come while a probe runs at most one is kept. What a relay does for
// others is swim/relays.h; answering is swim/swim.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "swim/awareness.h"
#include "swim/config.h"
#include "swim/membership.h"
#include "swim/output.h"
#include "swim/sender.h"

namespace muster::swim {

// Numbers that direct pings, relayed pings and streams of ours are told apart by. Wraps; 0 is never
// used.
struct Counters {
    std::uint32_t sequence = 0;
    std::uint64_t stream = 0;

    std::uint32_t next_sequence() {
        sequence = sequence + 1 == 0 ? 1 : sequence + 1;
        return sequence;
    }
    StreamId next_stream() { return {++stream, /*inbound=*/false}; }
};

class Prober {
public:
    Prober(const Config& config, MemberTable& table, Membership& membership, Sender& sender,
           Awareness& awareness, Random& random, Counters& counters);

    void start(TimePoint now);

    // An ack or nack that may be for us. True if it was for one of our pings.
    bool ack(TimePoint now, const Ack& ack, Output& out);
    void nack(const Nack& nack);
    // The answer to our stream ping, or its end without one. True if the stream was ours.
    bool stream_ack(TimePoint now, StreamId id, std::uint32_t sequence, Output& out);
    bool stream_failed(StreamId id);

    // Sends a ping that only a member of this name answers, to where it was last. Its end is a
    // PingResult.
    void ping_by_name(TimePoint now, BytesView name, const Endpoint& endpoint, Output& out);

    // We were not looking: what is in flight ends without a verdict, and nobody is accused before
    // `until`.
    void forgive(TimePoint until);
    // A probe has come to a verdict since it last forgave.
    bool has_verdict() const { return has_verdict_; }

    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

    std::uint64_t probes() const { return probes_; }
    std::uint64_t failures() const { return failures_; }

private:
    struct Probe {
        std::uint32_t sequence = 0;
        Bytes name;
        Endpoint endpoint;
        std::uint32_t incarnation = 0;
        Versions versions;
        TimePoint sent{};
        TimePoint relays_at{};  // probe_timeout after sent
        TimePoint expires{};    // the interval, scaled by our health, after sent
        bool relayed = false;
        unsigned asked = 0;  // relays that promised a nack
        unsigned nacks = 0;
        std::optional<StreamId> stream;
    };
    struct NamedPing {
        std::uint32_t sequence = 0;
        Bytes name;
        Endpoint endpoint;
        TimePoint expires{};
    };

    Member* next_target(TimePoint now);
    void begin(TimePoint now, Output& out);
    void ask_relays(TimePoint now, Output& out);
    void ping_stream(Output& out);
    void note_answer(TimePoint now, bool streamed);
    void succeed(TimePoint now, Output& out);
    void fail(TimePoint now, Output& out);
    void accuse(TimePoint now, Member& member, Output& out);
    void encode_ping(std::uint32_t sequence, BytesView node);
    void follow_up(TimePoint now, Output& out);

    const Config& config_;
    MemberTable& table_;
    Membership& membership_;
    Sender& sender_;
    Awareness& awareness_;
    Random& random_;
    Counters& counters_;

    TimePoint next_tick_ = never;
    bool tick_kept_ = false;
    std::size_t index_ = 0;  // in the probe order
    bool probing_ = false;
    Probe probe_;
    std::vector<NamedPing> named_;
    TimePoint forgiving_until_{};
    bool has_verdict_ = true;
    std::uint64_t probes_ = 0;
    std::uint64_t failures_ = 0;
    Bytes message_;   // being encoded
    Bytes message2_;  // its companion in a compound
    std::vector<Member*> chosen_;
};

}  // namespace muster::swim
