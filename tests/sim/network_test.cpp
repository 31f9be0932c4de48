// The parts of the simulated world on their own: its order of events, its network, its streams.
#include "agent/sim/network.h"

#include <catch2/catch.hpp>

#include "agent/sim/event_queue.h"

namespace muster::sim {
namespace {

using namespace std::chrono_literals;

TEST_CASE("events come by time, and at one instant in the order in which they were scheduled") {
    EventQueue queue;
    const std::vector<std::pair<int, std::uint64_t>> pushed{{3, 0}, {1, 1}, {2, 2}, {1, 3},
                                                            {3, 4}, {1, 5}, {2, 6}};
    for (const auto& [at, item] : pushed) {
        queue.push({.at = TimePoint(Duration(at)), .item = item});
    }
    std::vector<std::uint64_t> popped;
    while (!queue.empty()) {
        popped.push_back(queue.pop().item);
    }
    CHECK(popped == std::vector<std::uint64_t>{1, 3, 5, 2, 6, 0, 4});
}

TEST_CASE("delays are at least the minimum, their mean is the mean, and some overtake others") {
    Link link;
    link.delay_min = 100us;
    link.delay_mean = 400us;
    Network network(Random(7), link);
    constexpr int count = 20000;
    Duration sum{};
    Duration last{};
    int overtakes = 0;
    for (int i = 0; i < count; ++i) {
        const Fate fate = network.datagram(0, 1, 100);
        REQUIRE(fate.verdict == Fate::Verdict::Arrives);
        REQUIRE(fate.copies == 1);
        REQUIRE(fate.delay[0] >= 100us);
        overtakes += fate.delay[0] + 50us < last ? 1 : 0;
        last = fate.delay[0];
        sum += fate.delay[0];
    }
    CHECK(sum / count > 390us);
    CHECK(sum / count < 410us);
    CHECK(overtakes > count / 10);
}

TEST_CASE("loss and duplication happen as often as they are set to") {
    Link link;
    link.loss = 0.2;
    link.duplication = 0.1;
    Network network(Random(7), link);
    constexpr int count = 20000;
    int lost = 0;
    int doubled = 0;
    for (int i = 0; i < count; ++i) {
        const Fate fate = network.datagram(0, 1, 100);
        lost += fate.verdict == Fate::Verdict::Lost ? 1 : 0;
        doubled += fate.verdict == Fate::Verdict::Arrives && fate.copies == 2 ? 1 : 0;
    }
    CHECK(lost > count * 19 / 100);
    CHECK(lost < count * 21 / 100);
    CHECK(doubled > (count - lost) * 9 / 100);
    CHECK(doubled < (count - lost) * 11 / 100);
}

Fate::Verdict verdict(Network& network, HostId from, HostId to) {
    return network.datagram(from, to, 100).verdict;
}

TEST_CASE("a block holds in one direction, and for the traffic that it names") {
    Network network(Random(7), {});
    network.block(0, 1, Traffic::Datagrams);
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Blocked);
    CHECK(verdict(network, 1, 0) == Fate::Verdict::Arrives);
    CHECK(network.stream_open(0, 1));
    network.unblock(0, 1);
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Arrives);
    network.block(0, 1, Traffic::Streams);
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Arrives);
    CHECK_FALSE(network.stream_open(0, 1));
    CHECK(network.stream_open(1, 0));
    network.heal();
    CHECK(network.stream_open(0, 1));
}

TEST_CASE("a partition parts its groups, and leaves a host of no group in touch with all") {
    Network network(Random(7), {});
    network.partition({{0, 1}, {2, 3}});
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Arrives);
    CHECK(verdict(network, 0, 2) == Fate::Verdict::Blocked);
    CHECK(verdict(network, 3, 1) == Fate::Verdict::Blocked);
    CHECK_FALSE(network.stream_open(0, 2));
    CHECK(verdict(network, 4, 0) == Fate::Verdict::Arrives);
    CHECK(verdict(network, 2, 4) == Fate::Verdict::Arrives);
    network.heal();
    CHECK(verdict(network, 0, 2) == Fate::Verdict::Arrives);
}

TEST_CASE("a host's own loss hits what it receives and what it sends, each by its rate") {
    Network network(Random(7), {});
    network.set_host_loss(1, /*in=*/1.0, /*out=*/0.0);
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Lost);
    CHECK(verdict(network, 1, 0) == Fate::Verdict::Arrives);
    CHECK(verdict(network, 0, 2) == Fate::Verdict::Arrives);
}

TEST_CASE("a host's block holds for all that it receives or sends, and heals; its sleep does not") {
    Network network(Random(7), {});
    network.block_host(1, /*in=*/true, /*out=*/false);
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Blocked);
    CHECK(verdict(network, 1, 0) == Fate::Verdict::Arrives);
    CHECK_FALSE(network.stream_open(2, 1));
    network.block_host(1, /*in=*/false, /*out=*/true);
    CHECK(verdict(network, 0, 1) == Fate::Verdict::Arrives);
    CHECK(verdict(network, 1, 2) == Fate::Verdict::Blocked);
    network.set_asleep(2, true);
    network.heal();
    CHECK(verdict(network, 1, 0) == Fate::Verdict::Arrives);
    CHECK(verdict(network, 1, 2) == Fate::Verdict::Blocked);
    CHECK(verdict(network, 2, 0) == Fate::Verdict::Blocked);
    network.set_asleep(2, false);
    CHECK(verdict(network, 2, 0) == Fate::Verdict::Arrives);
}

TEST_CASE("a datagram above the link's MTU vanishes, one of just that size does not") {
    Network network(Random(7), {});
    network.link(0, 1).mtu = 1400;
    CHECK(network.datagram(0, 1, 1400).verdict == Fate::Verdict::Arrives);
    CHECK(network.datagram(0, 1, 1401).verdict == Fate::Verdict::TooBig);
    CHECK(network.datagram(1, 0, 1401).verdict == Fate::Verdict::Arrives);
}

TEST_CASE("loss makes a stream late instead of losing it") {
    Link link;
    link.delay_min = 1ms;
    link.delay_mean = 1ms;
    Network network(Random(7), link);
    CHECK(network.stream_delay(0, 1) == 1ms);
    network.link().loss = 1.0;
    CHECK(network.stream_delay(0, 1) > 30s);
}

}  // namespace
}  // namespace muster::sim
