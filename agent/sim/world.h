// The simulated world: many whole nodes, one virtual clock, one network. Time jumps from event to
// event; what a daemon would do in minutes takes milliseconds.
//
// Pure and deterministic: one seed and one sequence of calls give one history, byte for byte
// (transcript()). Every datagram and stream is carried as bytes, through the edge of the wire and
// the real decoders. Nodes are woken by their deadlines alone. Not thread-safe.
//
// It knows no tests and no expectations: scenarios, invariants and reports are built on its
// questions, taps and filters. `musterd rehearse` and tests/sim use the same world.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/node.h"
#include "agent/sim/host.h"
#include "agent/sim/network.h"
#include "agent/sim/options.h"
#include "agent/sim/streams.h"
#include "agent/sim/transcript.h"
#include "swim/assert.h"

namespace muster::sim {

class World {
public:
    explicit World(Options options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // ---- hosts and processes ----

    // A machine named "n<id>" at an address of its own, its process not running.
    HostId add();
    std::size_t size() const { return hosts_.size(); }
    // What its next process starts with.
    NodeConfig& config(HostId host) { return at(host).config; }
    // Starts its process. REQUIRES: none is running.
    void boot(HostId id);
    void kill(HostId id);
    // Kills it if it runs, and starts a new life: same name, and remembering only if there are
    // disks.
    void restart(HostId id);
    void pause(HostId id);
    void resume(HostId id);
    // Every datagram takes so long to be handled; zero again: none waits.
    void set_work(HostId id, Duration work);
    // Its disk becomes a copy of another's.
    void copy_disk(HostId from, HostId to) { at(to).memory = at(from).memory; }
    void set_socket_buffer(HostId host, std::size_t bytes) { at(host).socket_buffer = bytes; }
    // The whole machine ends at once, and its disk forgets what it may forget.
    void crash(HostId id);
    // The whole machine stands still, but for its clock: what is sent to it meanwhile is lost.
    // REQUIRES: suspend: its process is running. wake_up: it was suspended.
    void suspend(HostId id);
    void wake_up(HostId id);
    // Its clock, from now on (agent/sim/clock.h). A leap is forward.
    void set_drift(HostId id, DriftPpb drift);
    void leap(HostId id, Duration by);
    void set_disk(HostId id, const DiskHealth& health);
    const Disk& disk(HostId host) const { return at(host).disk; }
    // Hands a record to its disk; the node is told how that went. REQUIRES: its process is running.
    void store(HostId id, DiskWrite&& record);
    // Moves the machine to an address that nobody has had, or to that of `former`, which is taken
    // from it. REQUIRES: no process runs there.
    void move(HostId id);
    void move_to_address_of(HostId id, HostId former);
    // One more address that leads to it, though it does not know.
    Endpoint add_address(HostId host) { return endpoint_of(new_address(host)); }
    // Its keyring and its strictness, from now on.
    void set_keys(HostId id, const swim::Keyring& keyring);
    void set_verify(HostId id, swim::Verify verify);
    // What the resolver answers it from now on.
    void set_seeds(HostId id, const Hosts& seeds);

    // ---- requests to a node; REQUIRES: its process is running ----

    RequestId join(HostId id, const Hosts& peers);
    RequestId join_endpoints(HostId id, const std::vector<Endpoint>& peers);
    RequestId leave(HostId id);
    RequestId force_leave(HostId id, BytesView name, bool prune);
    // None if the node refused them.
    std::optional<RequestId> set_tags(HostId host, const cluster::Tags& tags);
    void set_advertise(HostId id, const Endpoint& endpoint);
    // For so long; Duration::max(): until it is told otherwise; none: no longer.
    void drain(HostId host, std::optional<Duration> time);
    void set_rings(HostId host, const std::vector<ring::RingSettings>& settings);
    // None if the node refused it. What comes of it is heard by watch(), or kept of the host.
    std::optional<RequestId> user_event(HostId host, BytesView name, BytesView payload,
                                        bool coalesce = false);
    std::optional<RequestId> query(HostId host, const cluster::QueryRequest& wanted);
    std::optional<RequestId> change_keys(HostId host, cluster::KeyAction action, BytesView key);
    RequestId lead(HostId id, const election::Request& wanted);
    const election::Answer* answer(RequestId request) const;  // of lead(); null while it runs
    // What a program on a host answers to a query; nothing: it does not.
    using Responder = std::function<std::optional<Bytes>(HostId, const cluster::HeardQuery&)>;
    void respond_with(Responder responder) { responder_ = std::move(responder); }
    // How it ended; none while it runs.
    const RequestDone* outcome(RequestId request) const;
    // A packet out of nowhere, as if it had been opened.
    void inject(HostId id, const Endpoint& source, BytesView packet);
    // A datagram out of nowhere, as it travels.
    void arrive(HostId id, const Endpoint& source, BytesView datagram);

    // ---- network ----

    Network& network() { return network_; }
    using Tap = std::function<void(const Passage&)>;
    using Filter = std::function<bool(const Passage&)>;  // true: it vanishes
    // Shut for a while, open for a while, and so on until it ends, open.
    struct Flip {
        Duration shut{}, open{}, length{};
    };
    void flip_link(HostId from, HostId to, Flip flip);
    void flip_host(HostId host, bool in, bool out, Flip flip);
    void tap(Tap tap) { taps_.push_back(std::move(tap)); }
    // Replaces the filter before; an empty one lets everything pass.
    void filter(Filter filter) { filter_ = std::move(filter); }

    // ---- time ----

    TimePoint now() const { return now_; }
    Duration elapsed() const { return now_.time_since_epoch(); }
    void run_for(Duration time);
    // Until `condition` holds after an event, at most `bound`. Answers whether it does.
    bool run_until(const std::function<bool()>& condition, Duration bound);
    void after(Duration delay, std::function<void()> call);
    // Called after each input of a node, with what it wants done.
    using Watch = std::function<void(HostId, const Effects&)>;
    void watch(Watch watch) { watches_.push_back(std::move(watch)); }

    // ---- questions (world_view.cpp) ----

    Process process(HostId host) const { return at(host).process; }
    bool running(HostId host) const { return process(host) == Process::Running; }
    Life life(HostId host) const { return at(host).life; }
    const Bytes& name(HostId host) const { return at(host).config.swim.name; }
    Endpoint endpoint(HostId host) const { return endpoint_of(at(host).address); }
    const Node& node(HostId host) const;
    const Host& host(HostId host) const { return at(host); }
    const std::vector<Observed>& events(HostId host) const { return at(host).events; }
    const Traffics& traffic(HostId host) const { return at(host).traffic; }
    Traffics total_traffic() const;

    Seen sees(HostId observer, HostId subject) const;
    bool sees(HostId observer, HostId subject, cluster::Status status) const;
    // Whether every running node but the subject's reports it so.
    bool all_see(HostId subject, cluster::Status status) const;
    // Whether all running nodes report the same: each running one alive, not suspect, with its own
    // address, tags and incarnation; nobody else alive.
    bool converged() const;
    // Why not, for a person; empty if they do.
    std::string divergence() const;
    // Raised whenever an answer of the questions above may have changed.
    std::uint64_t version() const { return version_; }
    // How many events there have been.
    std::uint64_t steps() const { return steps_; }

    const Transcript& transcript() const { return transcript_; }
    std::uint64_t seed() const { return options_.seed; }

private:
    Host& at(HostId host);
    const Host& at(HostId host) const;
    static Endpoint endpoint_of(std::uint32_t address);
    std::optional<HostId> owner_of(const Endpoint& endpoint) const;
    std::uint32_t new_address(HostId owner);

    std::string judge() const;
    std::string judge(const Host& observer, const Host& subject) const;

    bool step(TimePoint limit);
    void dispatch(const Event& event);
    void deliver(std::uint64_t number);
    void handle_parcel(Host& host, std::uint64_t number);
    void work(Host& host);
    void advance_stream(const Event& event);
    void advance_disk(const Event& event);
    void tell_stored(Host& host, const Disk::Answer& answer);
    void write_election(Host& host, const election::Write& write);
    void observe_election(Host& host, Effects& effects);
    void await_disk(Host& host, Disk::Due due);
    void flip(const std::function<void(bool shut)>& set, Flip flip, TimePoint end);
    void end_process(Host& host, Process how);

    // Every input of a node goes through here: `call` makes it, its effects are performed.
    template <class Call>
    void input(Host& host, Call&& call) {
        MUSTER_ASSERT(host.process == Process::Running);
        Effects effects = call(*host.node, host.clock.local(now_));
        settle(host, std::move(effects));
    }
    void settle(Host& host, Effects&& effects);
    void perform(Host& host, Effects& effects);
    void send(Host& host, const swim::Datagram& datagram, BytesView packet);
    void dial(Host& host, swim::StreamOpen&& request);
    void reseal(Host& host) const;
    void perform(const Host& asked, const cluster::KeyRequest& request);
    void perform(const Host& asked, const cluster::HeardQuery& query);
    using Request = std::function<Result<Effects>(Node&, TimePoint, RequestId)>;
    std::optional<RequestId> request(HostId id, const char* word, const Request& call);
    void later(const Host& host, Duration delay, std::function<Effects(Host&, TimePoint)> call);
    std::optional<BytesView> open_datagram(Host& host, BytesView datagram);
    void observe(Host& host, Effects& effects);
    void rearm(Host& host);
    std::uint64_t take_parcel();
    void drop_parcel(std::uint64_t parcel);

    Options options_;
    Random random_;
    Random nonces_;
    Random disk_random_;
    TimePoint now_{};
    EventQueue queue_;
    Network network_;
    Streams streams_;
    Transcript transcript_;

    std::deque<Host> hosts_;
    std::vector<Life> lives_;                    // by host; 0: no process
    std::vector<std::optional<HostId>> owners_;  // by address
    std::vector<Parcel> parcels_;
    std::vector<std::uint64_t> free_parcels_;
    Bytes sealed_;  // the datagram that is being sent
    std::map<std::uint64_t, std::function<void()>> calls_;
    std::uint64_t last_call_ = 0;
    RequestId last_request_ = 0;
    std::map<RequestId, std::optional<RequestDone>> requests_;
    std::map<RequestId, std::optional<election::Answer>> leads_;

    std::vector<Tap> taps_;
    Filter filter_;
    Responder responder_;
    std::vector<Watch> watches_;
    std::uint64_t version_ = 0;
    std::uint64_t steps_ = 0;
    unsigned wakes_in_place_ = 0;  // without time going on: a node that never rests is a bug
    mutable std::optional<std::uint64_t> judged_;  // the version that divergence_ is of
    mutable std::string divergence_;
    mutable std::size_t suspicious_pair_ = 0;
};

}  // namespace muster::sim
