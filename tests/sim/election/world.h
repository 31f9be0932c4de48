// A world for elections alone: hosts with clocks that run wrong, disks that are slow, torn and
// lost, and a network that loses, repeats, delays and splits; in virtual true time, from one seed.
//
// It performs what Election asks for and decides nothing: every message passes through the codec
// and every state through the two slots. After each step it calls `observe`, which is where
// invariants are checked.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/election/election.h"
#include "swim/random.h"

namespace muster::election::sim {

using namespace std::chrono_literals;

using HostId = std::size_t;
// True time, which no host can read.
using Moment = Duration;

// A clock that runs at its own rate, and may be set to another one while it runs.
class DriftingClock {
public:
    TimePoint at(Moment now) const {
        return local_ + Duration((now - since_).count() / million * (million + ppm_) +
                                 (now - since_).count() % million * (million + ppm_) / million);
    }
    // The first moment at which it shows `local`, or later.
    Moment when(TimePoint local) const;
    void set_rate(Moment now, std::int64_t ppm);
    void jump(Duration by) { local_ += by; }

private:
    static constexpr std::int64_t million = 1000000;
    Moment since_{};
    TimePoint local_ = TimePoint{} + std::chrono::hours(1);
    std::int64_t ppm_ = 0;
};

struct Network {
    double loss = 0;
    double duplication = 0;
    Duration delay_min = 200us;
    Duration delay_spread = 1ms;
    std::set<std::pair<HostId, HostId>> blocked;  // from, to
    std::map<std::pair<HostId, HostId>, Moment> clogged;
};

struct Disk {
    Bytes slots[2];
    Duration latency = 2ms;
    bool failing = false;
    State held;  // what would be found at a start: the slots, decoded
    // The write that is running: which slots it has reached so far is drawn at a crash.
    std::optional<Write> running;
    Bytes acknowledged;  // the last slot whose ticket was reported
};

// Somebody who acts by a host's leadership, as `muster run` does: it has asked, and knows until
// when it may act, on its own clock.
struct Runner {
    HolderId holder = 0;
    Term term = 0;
    ClusterId cluster = no_cluster;
    TimePoint end = TimePoint::min();
    bool told_to_end = false;
    bool obstinate = false;  // acts until its end, whatever it is told
    Bytes name;
};

struct Host {
    Bytes name;
    Config config;
    DriftingClock clock;
    Disk disk;
    std::optional<Election> election;  // none: down
    bool paused = false;
    Seen seen;          // what gossip last heard of it
    unsigned life = 0;  // raised by each start: what was on its way to the former one is void
    std::vector<std::function<void()>> backlog;
    Moment tick_at = Moment::max();
    std::optional<Runner> runner;
    std::vector<Runner> orphans;  // whose agent died: they act until their end
    Output out;
    std::uint64_t refused = 0;
};

struct WorldOptions {
    std::uint64_t seed = 1;
    Timing timing = standard_timing;
    bool gossip = false;  // hosts hear of each other
    double lies = 0;      // of what they hear, wrongly said to be dead or alive
    bool runners = true;  // hosts that lead have somebody who acts by it
};

class World {
public:
    explicit World(WorldOptions options);

    // ---- building ----

    HostId add_host();
    // As if `members` had founded a cluster: each has the record, and is down.
    void found(const std::vector<HostId>& members, std::uint8_t target);
    void boot(HostId id);

    // ---- faults ----

    // Ends the process. A write that is running reaches neither slot, the first (whole or torn), or
    // both.
    void crash(HostId id);
    void pause(HostId id);
    void resume(HostId id);
    void wipe(HostId id);  // an empty data directory. REQUIRES: down

    // ---- time ----

    Moment now() const { return now_; }
    void run_for(Duration span);
    // At that moment, between two steps.
    void at(Moment moment, std::function<void()> what) { schedule(moment, std::move(what)); }
    // The next thing happens; false if nothing is due before `end`.
    bool step(Moment end);
    // Gives an input to a host now, as its process would, and carries out what comes of it.
    void input(HostId id, const std::function<void(Election&, TimePoint, Output&)>& give);

    // ---- questions ----

    std::vector<Host>& hosts() { return hosts_; }
    const std::vector<Host>& hosts() const { return hosts_; }
    Host& operator[](HostId host) { return hosts_[host]; }
    bool up(HostId host) const { return hosts_[host].election.has_value(); }
    TimePoint local(HostId host) const { return hosts_[host].clock.at(now_); }
    bool leads(HostId id) const;
    std::optional<HostId> leader() const;
    const State& on_disk(HostId host) const { return hosts_[host].disk.held; }
    Random& random() { return random_; }
    Network& network() { return network_; }
    const WorldOptions& options() const { return options_; }
    std::uint64_t messages() const { return messages_; }

    // Called after each input of a host, before anything else happens, and for each message that
    // leaves, before it does.
    std::function<void(HostId)> observe = [](HostId) {};
    std::function<void(HostId, const Message&)> sending = [](HostId, const Message&) {};
    std::function<void(HostId, const RequestDone&)> finished = [](HostId, const RequestDone&) {};
    std::function<void(HostId, const Event&)> event = [](HostId, const Event&) {};
    std::function<void(HostId, const Runner&)> holding = [](HostId, const Runner&) {};
    std::function<void(HostId, const Message&)> delivering = [](HostId, const Message&) {};

private:
    struct Due {
        Moment at;
        std::uint64_t order;
        bool operator<(const Due& other) const {
            return std::tie(at, order) < std::tie(other.at, other.order);
        }
    };
    void schedule(Moment at, std::function<void()> what);
    // Happens in this life of the host, and waits while it is paused.
    void at_host(HostId id, Moment at, std::function<void()> what);
    void perform(HostId id);
    void transmit(HostId from, const Outgoing& outgoing);
    void start_write(HostId id);
    void end_write(HostId id, std::uint64_t ticket, bool failed);
    void arm(HostId id);
    void run_runner(HostId id);
    void gossip();
    void reread(HostId id);
    HostId find(const Outgoing& message) const;

    WorldOptions options_;
    Random random_;
    Moment now_{};
    std::uint64_t order_ = 0;
    unsigned at_once_ = 0;  // steps since time went on
    std::map<Due, std::function<void()>> queue_;
    std::vector<Host> hosts_;
    Network network_;
    std::uint64_t messages_ = 0;
    HolderId next_holder_ = 1;
};

}  // namespace muster::election::sim
