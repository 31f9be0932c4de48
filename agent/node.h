// One whole member: SWIM, and on it what Serf adds. Everything that a musterd decides is in here;
// the agent performs its effects, the simulator runs thousands of these.
//
// Pure: time, bytes and requests in, Effects out. Deterministic: one seed and the same inputs give
// the same effects. Not thread-safe; one thread owns it. Nothing in here waits: tick() when
// next_deadline() has come; early or twice is harmless.
//
// Two layers, never mixed (docs/detection.md): the wire table (swim/) follows memberlist exactly;
// the reported status (agent/cluster/) is Serf's. Nothing of the second changes what is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/cluster/application.h"
#include "agent/cluster/config.h"
#include "agent/cluster/coordinate.h"
#include "agent/cluster/tags.h"
#include "agent/effects.h"
#include "agent/election/leader_view.h"
#include "agent/election/request.h"
#include "agent/election/setup.h"
#include "agent/memory.h"
#include "agent/ring/settings.h"
#include "swim/config.h"
#include "swim/last_heard.h"
#include "swim/packet.h"
#include "swim/result.h"
#include "swim/stream.h"

namespace muster::election {
class Election;
}

namespace muster {

namespace ring {
class Rings;
}

struct NodeConfig {
    swim::Config swim;
    cluster::Config cluster;
    cluster::Tags tags;  // our own, as configured: they win over the live tags of the memory
    std::vector<ring::RingSettings> rings;    // as rings_of() gives them; empty: the default one
    Memory memory;                            // of an earlier life; its times are of this clock
    std::optional<election::Setup> election;  // none: no leader is known here, nor elected
    bool has_seeds = false;  // there is something to resolve when resolve_seeds is asked
    std::uint64_t seed = 1;  // of the node's chance
};

// One member as reported. Views into the node; valid until its next input.
struct MemberView {
    BytesView name;
    Endpoint endpoint;
    BytesView tags;  // encoded; cluster::decode_tags() reads it
    swim::Versions versions;
    cluster::Status status = cluster::Status::None;
    bool suspect = false;  // alive, but under suspicion on the wire
    std::uint32_t incarnation = 0;
    TimePoint since;  // of the reported status
    bool self = false;
    // Held out: back on the wire, and reported failed until then if nothing happens to it; `never`
    // while it is suspected. None: it is not.
    std::optional<TimePoint> held_until = {};
};

struct NodeStats {
    std::size_t members = 0, alive = 0, suspect = 0, leaving = 0, left = 0, failed = 0;
    unsigned health = 0;  // awareness score: 0 is healthy
    std::uint64_t member_time = 0, event_time = 0, query_time = 0;
    std::size_t intent_queue = 0, event_queue = 0, query_queue = 0, member_queue = 0;
    std::uint64_t faults[swim::fault_count] = {};
    std::uint64_t stalls = 0;
    std::uint64_t packets_in = 0, packets_out = 0, bytes_in = 0, bytes_out = 0;
    std::uint64_t probes = 0, probes_failed = 0, refutations = 0;
    std::uint64_t coordinate_resets = 0;
    // Failed members, and those that are only tried again: remembered, and not there.
    std::size_t absent = 0;
};

// How the members that answered our own probes in the last ten minutes did so.
struct ProbePaths {
    std::size_t others = 0;  // that are on the wire, heard or not
    std::size_t heard = 0;
    // Of them, with no direct answer by UDP for a minute before their last one: it came by way of
    // others, or by TCP.
    std::size_t relayed = 0;
    std::size_t streamed = 0;
};

class Node {
public:
    explicit Node(NodeConfig config);
    ~Node();
    Node(Node&&) noexcept;
    Node& operator=(Node&&) noexcept;

    // ---- inputs from the wire ----

    // One datagram, its label and encryption undone. `from` is where it came from.
    Effects receive(TimePoint now, const Endpoint& from, BytesView packet);
    // The edge refused a datagram or a stream: it is counted, and changes nothing.
    void refused(swim::Fault fault);
    // What the other side of a stream said, decoded: a request on an inbound stream, the answer on
    // ours.
    Effects receive_stream(TimePoint now, swim::StreamId id, const Endpoint& from,
                           const swim::StreamMessage& message);
    // The stream ended without one. For our own streams; `error` is for a person.
    Effects stream_failed(TimePoint now, swim::StreamId id, const std::string& error);
    // An inbound stream's bytes could not be decoded: counted; answered where the reference
    // answers.
    Effects stream_refused(TimePoint now, swim::StreamId id, const swim::StreamFault& fault);

    // ---- time ----

    // Becomes alive, and starts its timers. Once, before anything else.
    Effects start(TimePoint now);
    Effects tick(TimePoint now);
    TimePoint next_deadline() const;

    // ---- requests ----

    // Exchanges everything with each of `peers`, as a join. Done with how many were reached and
    // merged; our own endpoint is skipped. An empty list is done at once.
    // `replay`: user events that the others remember are told too; else only what comes after it.
    Effects join(TimePoint now, RequestId request, std::span<const Endpoint> peers,
                 bool replay = false);
    // The answer to Effects::resolve_seeds: joins them if that is still wanted.
    Effects seeds_resolved(TimePoint now, std::span<const Endpoint> seeds);
    // Tells the others, then Effects::left. Bounded by twice broadcast_timeout +
    // leave_propagate_delay.
    // Before that, a leader hands over: for as long as its lease lasts. `for_good`: a voter also
    // asks to be replaced, and waits for that at most 5 s.
    Effects leave(TimePoint now, RequestId request, bool for_good = false);
    Effects force_leave(TimePoint now, RequestId request, BytesView name, bool prune);
    // Replaces our own tags. An error, with nothing changed, if they do not fit, or if the mark of
    // muster is one of them.
    Result<Effects> set_tags(TimePoint now, RequestId request, const cluster::Tags& tags);
    // Tells everybody, ourselves too. Done at once, with its ltime. An error, in the reference's
    // words, if it is too large; then nothing happened.
    Result<Effects> user_event(TimePoint now, RequestId request, BytesView name, BytesView payload,
                               bool coalesce);
    // Asks everybody that the filters match, ourselves too. Done at once, with its ltime; answers
    // follow as Effects::answers, the last of them of kind Done. The same errors.
    Result<Effects> query(TimePoint now, RequestId request, const cluster::QueryRequest& wanted);
    // Answers Effects::queries' `handle`. The error, in the reference's words, if that is too late,
    // too large, or was answered before.
    Result<Effects> respond(TimePoint now, cluster::QueryHandle handle, BytesView payload);
    // Installs, uses, removes or lists a key on every member. Its end is a KeyReport; of an error
    // (a key of a wrong size) nothing was sent.
    Result<Effects> keys(TimePoint now, RequestId request, cluster::KeyAction action,
                         BytesView key);
    // How Effects::key_requests' `handle` went here: told to who asked.
    Effects key_answer(TimePoint now, cluster::QueryHandle handle,
                       const cluster::KeyAnswer& answer);
    // Drains this agent until then (`never`: until it is told otherwise), or ends that: all see it
    // in its mark. Done when the others were told.
    Effects drain(TimePoint now, RequestId request, std::optional<TimePoint> until);
    // Other rings, from a reload. REQUIRES: as rings_of() gives them.
    Effects set_rings(TimePoint now, std::vector<ring::RingSettings> settings);
    // Our address has changed: announced with a higher incarnation.
    Effects set_advertise(TimePoint now, const Endpoint& advertise);

    // ---- the leader ----

    // Ends with one of Effects::leadership_answers, now or later (agent/election/request.h).
    Effects lead(TimePoint now, RequestId request, const election::Request& wanted);
    // Seconds since 1970, for what expires by the calendar. Now and then.
    void set_wall(std::uint64_t seconds);

    // ---- durable state ----

    // What is to be remembered and has changed since it was last asked for; all of it with `whole`,
    // as after a write that failed. Worth asking once Effects::remember was set.
    MemoryChange remember(TimePoint now, bool whole);

    // How Effects::election_write with this ticket ended.
    Effects stored(TimePoint now, std::uint64_t ticket);
    Effects store_failed(TimePoint now, std::uint64_t ticket);

    // ---- questions ----

    std::uint64_t index() const;  // raised by every change of what members() answers
    std::size_t member_count() const;
    // In no particular order; members().size() == member_count().
    void members(std::vector<MemberView>& out) const;
    std::optional<MemberView> member(BytesView name) const;
    const Bytes& name() const;
    const cluster::Tags& tags() const;  // our own, without the mark of muster
    // The rings as this agent uses them. REQUIRES: started.
    const ring::Rings& rings() const;
    // Whether this agent is drained: its weight is 0 in every ring, and it does not stand for
    // leader. Until when; `never`: until it is told otherwise.
    bool draining() const { return drained_until().has_value(); }
    const std::optional<TimePoint>& drained_until() const;
    Endpoint advertise() const;
    std::uint32_t incarnation() const;
    bool leaving() const;
    // Who leads, as this node can say at this very moment: worth nothing when kept.
    election::LeaderView leader(TimePoint now) const;
    // Its part in the election, for tests and the simulator; null: it has none.
    const election::Election* election() const;
    // Where a member stands, as far as our probes have told; our own for our name.
    std::optional<cluster::Coordinate> coordinate(BytesView name) const;
    // How our own probes heard a member last; none: it is not on the wire.
    std::optional<swim::LastHeard> last_heard(BytesView name) const;
    ProbePaths probe_paths(TimePoint now) const;
    NodeStats stats() const;
    // Its awareness score: 0 is healthy.
    unsigned health() const;
    // Aborts if an invariant of the node is broken. For tests and the simulator: walks everything.
    void check() const;

    // Takes the buffers back.
    void recycle(Effects&& effects);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace muster
