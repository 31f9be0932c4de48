#include "agent/sim/network.h"

#include <bit>

#include "swim/assert.h"

namespace muster::sim {

namespace {

constexpr Duration retransmission_first = std::chrono::milliseconds(200);
constexpr Duration retransmission_max = std::chrono::seconds(60);

}  // namespace

Link& Network::link(HostId from, HostId to) {
    return links_.try_emplace({from, to}, link_).first->second;
}

void Network::set_host_loss(HostId id, double in, double out) {
    host(id).in = in;
    host(id).out = out;
}

void Network::block_host(HostId id, bool in, bool out) {
    host(id).in_blocked = in;
    host(id).out_blocked = out;
}

void Network::set_asleep(HostId id, bool asleep) {
    host(id).asleep = asleep;
}

Network::HostRules& Network::host(HostId id) {
    if (hosts_.size() <= id) {
        hosts_.resize(id + 1);
    }
    return hosts_[id];
}

void Network::block(HostId from, HostId to, Traffic traffic) {
    if (traffic != Traffic::Streams) {
        blocked_datagrams_.insert({from, to});
    }
    if (traffic != Traffic::Datagrams) {
        blocked_streams_.insert({from, to});
    }
}

void Network::unblock(HostId from, HostId to) {
    blocked_datagrams_.erase({from, to});
    blocked_streams_.erase({from, to});
}

void Network::partition(const std::vector<Hosts>& groups) {
    group_.clear();
    std::uint32_t number = 0;
    for (const Hosts& group : groups) {
        ++number;
        for (const HostId host : group) {
            if (group_.size() <= host) {
                group_.resize(host + 1);
            }
            group_[host] = number;
        }
    }
}

void Network::heal() {
    group_.clear();
    blocked_datagrams_.clear();
    blocked_streams_.clear();
    for (HostRules& host : hosts_) {
        host.in_blocked = host.out_blocked = false;
    }
}

Fate Network::datagram(HostId from, HostId to, std::size_t size) {
    const Link& link = rules(from, to);
    Fate fate;
    if (shut(from, to) ||
        (!blocked_datagrams_.empty() && blocked_datagrams_.contains({from, to}))) {
        fate.verdict = Fate::Verdict::Blocked;
    } else if (size > link.mtu) {
        fate.verdict = Fate::Verdict::TooBig;
    } else if (random_.chance(loss(from, to, link))) {
        fate.verdict = Fate::Verdict::Lost;
    } else {
        fate.copies = link.duplication > 0 && random_.chance(link.duplication) ? 2 : 1;
        for (unsigned i = 0; i < fate.copies; ++i) {
            fate.delay[i] = delay(link);
        }
    }
    return fate;
}

Duration Network::stream_delay(HostId from, HostId to) {
    const Link& link = rules(from, to);
    Duration total = delay(link);
    Duration timeout = retransmission_first;
    while (random_.chance(loss(from, to, link)) && timeout < retransmission_max) {
        total += timeout;
        timeout *= 2;
    }
    return total;
}

bool Network::stream_breaks(HostId from, HostId to) {
    const double breakage = rules(from, to).breakage;
    return breakage > 0 && random_.chance(breakage);
}

bool Network::stream_stalls(HostId from, HostId to) {
    const double stall = rules(from, to).stall;
    return stall > 0 && random_.chance(stall);
}

bool Network::stream_open(HostId from, HostId to) const {
    return !shut(from, to) && !blocked_streams_.contains({from, to});
}

const Link& Network::rules(HostId from, HostId to) const {
    if (links_.empty()) {
        return link_;
    }
    const auto found = links_.find({from, to});
    return found == links_.end() ? link_ : found->second;
}

double Network::loss(HostId from, HostId to, const Link& rules) const {
    double arrives = 1 - rules.loss;
    if (from < hosts_.size()) {
        arrives *= 1 - hosts_[from].out;
    }
    if (to < hosts_.size()) {
        arrives *= 1 - hosts_[to].in;
    }
    return 1 - arrives;
}

// Falls off by half for every two thirds of the mean beyond the minimum: close to exponential, and
// without a logarithm, whose last bit is not the same on every machine.
Duration Network::delay(const Link& link) {
    MUSTER_ASSERT(link.delay_mean >= link.delay_min);
    const std::uint64_t dice = random_.next();
    const auto halvings = static_cast<std::uint64_t>(std::countl_zero(dice | 1U));
    const std::uint64_t fraction = dice & 0xFFFFU;
    const auto step =
        static_cast<std::uint64_t>((link.delay_mean - link.delay_min).count()) * 2 / 3;
    return link.delay_min +
           Duration(static_cast<Duration::rep>(step * halvings + step * fraction / 0x10000U));
}

bool Network::shut(HostId from, HostId to) const {
    return parted(from, to) ||
           (from < hosts_.size() && (hosts_[from].out_blocked || hosts_[from].asleep)) ||
           (to < hosts_.size() && (hosts_[to].in_blocked || hosts_[to].asleep));
}

bool Network::parted(HostId from, HostId to) const {
    const std::uint32_t source = from < group_.size() ? group_[from] : 0;
    const std::uint32_t target = to < group_.size() ? group_[to] : 0;
    return source != 0 && target != 0 && source != target;
}

}  // namespace muster::sim
