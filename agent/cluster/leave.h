// Leaving, as a sequence of steps with a bound on each: our own graceful leave, and the forced
// leave of another (docs/protocol/serf.md sections 10.5 and 10.6).
//
// They decide what comes next and when; the intents, the broadcasts and the wire are their owner's.
// Unlike release 0.9.4 of the reference a graceful leave never gets stuck: a step that takes too
// long is given up, and the next one begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/config.h"
#include "agent/cluster/output.h"
#include "agent/effects.h"
#include "swim/time.h"

namespace muster::cluster {

//     Running -> Telling -> LeavingWire -> Lingering -> Left
class GracefulLeave {
public:
    enum class Phase : std::uint8_t {
        Running,
        Telling,      // the leave intent is being broadcast
        LeavingWire,  // the SWIM layer is leaving
        Lingering,    // still answers probes, so that the news can spread; not when alone
        Left,
    };

    explicit GracefulLeave(const Config& config) : config_(config) {}

    Phase phase() const { return phase_; }
    TimePoint next_deadline() const { return deadline_; }

    // Starts. `told` is the intent's broadcast, none if there is nobody to tell.
    // REQUIRES: phase() == Running
    void start(TimePoint now, std::optional<BroadcastId> told);
    // A broadcast has gone out as often as it should.
    void transmitted(TimePoint now, BroadcastId id);
    // The SWIM layer has left.
    void wire_left(TimePoint now);
    void tick(TimePoint now);

private:
    void enter(Phase phase, TimePoint deadline);
    void linger(TimePoint now);

    Config config_;
    Phase phase_ = Phase::Running;
    TimePoint deadline_ = never;
    std::optional<BroadcastId> told_;
};

// A request has ended: done, or with an error.
void finish(RequestId request, std::string error, std::vector<RequestDone>& done);

// The forced leaves that wait for their broadcast.
class ForcedLeaves {
public:
    void add(RequestId request, BroadcastId id, TimePoint deadline);
    void transmitted(BroadcastId id, std::vector<RequestDone>& done);
    // Those whose deadline has come end with the reference's error.
    void tick(TimePoint now, std::vector<RequestDone>& done);
    TimePoint next_deadline() const;

private:
    struct Waiting {
        RequestId request;
        BroadcastId id;
        TimePoint deadline;
    };
    std::vector<Waiting> waiting_;  // by deadline: all wait equally long
};

}  // namespace muster::cluster
