// What the simulated network does to a datagram or to a stream on its way from one host to another:
// how late it arrives, whether it arrives, and how often.
//
// Only the rules and their dice; nothing is carried here. Reordering is not a rule of its own: it
// falls out of delays that differ. Links are directed, so every rule can hold one way only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "agent/sim/event_queue.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::sim {

using Hosts = std::vector<HostId>;

// How one direction between two hosts behaves.
struct Link {
    Duration delay_min = std::chrono::microseconds(100);
    Duration delay_mean = std::chrono::microseconds(400);  // at least delay_min
    double loss = 0;                                       // of a datagram; streams retransmit
    double duplication = 0;                                // a datagram arrives twice
    double breakage = 0;                                   // a stream breaks, at each of its pieces
    double stall = 0;         // or nothing more comes of it, and no end either
    std::size_t mtu = 65507;  // larger datagrams vanish
};

enum class Traffic : std::uint8_t { Datagrams, Streams, Both };

// What becomes of one datagram.
struct Fate {
    enum class Verdict : std::uint8_t { Arrives, Lost, Blocked, TooBig };
    Verdict verdict = Verdict::Arrives;
    unsigned copies = 1;
    Duration delay[2] = {};
};

class Network {
public:
    Network(Random random, Link link) : random_(random), link_(link) {}

    // ---- rules ----

    // Of every link without one of its own.
    Link& link() { return link_; }
    // Of one direction between two hosts: begins as a copy of link().
    Link& link(HostId from, HostId to);
    // Loss of everything that a host receives and sends, on top of its links'.
    void set_host_loss(HostId id, double in, double out);

    void block(HostId from, HostId to, Traffic traffic);
    void unblock(HostId from, HostId to);
    // Hosts of different groups cannot reach each other; a host in no group reaches everyone.
    // Replaces the partition before.
    void partition(const std::vector<Hosts>& groups);
    // Nothing reaches a host, or nothing leaves it.
    void block_host(HostId id, bool in, bool out);
    // A machine that is suspended: as if both were blocked, and heal() does not end it.
    void set_asleep(HostId id, bool asleep);
    // Ends the partition and every block. Links and losses stay.
    void heal();

    // ---- dice ----

    Fate datagram(HostId from, HostId to, std::size_t size);
    // How long a piece of a stream takes, retransmissions included.
    Duration stream_delay(HostId from, HostId to);
    bool stream_breaks(HostId from, HostId to);
    bool stream_stalls(HostId from, HostId to);
    bool stream_open(HostId from, HostId to) const;

private:
    const Link& rules(HostId from, HostId to) const;
    double loss(HostId from, HostId to, const Link& rules) const;
    Duration delay(const Link& rules);
    bool parted(HostId from, HostId to) const;
    bool shut(HostId from, HostId to) const;

    using Direction = std::pair<HostId, HostId>;
    struct HostRules {
        double in = 0, out = 0;  // loss
        bool in_blocked = false, out_blocked = false;
        bool asleep = false;
    };
    HostRules& host(HostId id);

    Random random_;
    Link link_;
    std::map<Direction, Link> links_;
    std::set<Direction> blocked_datagrams_;
    std::set<Direction> blocked_streams_;
    std::vector<std::uint32_t> group_;  // by host; 0: none
    std::vector<HostRules> hosts_;      // by host
};

}  // namespace muster::sim
