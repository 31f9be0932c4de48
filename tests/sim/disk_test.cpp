// A simulated disk alone: what it answers, when, and what a crash leaves.
#include "agent/sim/disk.h"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

namespace muster::sim {
namespace {

using namespace std::chrono_literals;

struct Bench {
    explicit Bench(std::uint64_t seed = 1) : random(seed) {}

    void write(std::uint64_t ticket, Bytes key, Bytes value) {
        take(disk.write(now, {ticket, std::move(key), std::move(value)}, random));
    }
    void set(const DiskHealth& health) { take(disk.set_health(now, health, random)); }
    void take(Disk::Due next) { due = next ? next : due; }

    // Until nothing is due any more.
    void run() {
        while (due) {
            now = *due;
            due.reset();
            if (const auto answer = disk.advance(now, random)) {
                (answer->stored ? stored : failed).push_back(answer->ticket);
                due = answer->next;
            }
        }
    }

    Random random;
    Disk disk;
    TimePoint now{};
    Disk::Due due;
    std::vector<std::uint64_t> stored, failed;
};

using Tickets = std::vector<std::uint64_t>;

TEST_CASE("a healthy disk stores in order, each after a while, the newest value of a key") {
    Bench bench;
    bench.write(1, "vote", "a");
    bench.write(2, "term", "7");
    bench.write(3, "vote", "b");
    CHECK(bench.stored.empty());
    CHECK(bench.disk.records().empty());
    bench.run();
    CHECK(bench.stored == Tickets{1, 2, 3});
    CHECK(bench.failed.empty());
    CHECK(bench.disk.records() == Disk::Records{{"term", "7"}, {"vote", "b"}});
    CHECK(bench.now >= TimePoint() + 600us);
    CHECK(bench.now <= TimePoint() + 15ms);
}

TEST_CASE("a slow disk answers late") {
    Bench bench;
    bench.set({.delay_min = 5s, .delay_mean = 5s});
    bench.write(1, "k", "v");
    bench.run();
    CHECK(bench.now == TimePoint() + 5s);
    CHECK(bench.stored == Tickets{1});
}

TEST_CASE("a full disk fails what does not fit, and still replaces what does") {
    Bench bench;
    bench.set({.capacity = 8});
    bench.write(1, "a", "1234");
    bench.write(2, "b", "1234");
    bench.write(3, "a", "1234567");
    bench.write(4, "a", "12345678");
    bench.run();
    CHECK(bench.stored == Tickets{1, 3});
    CHECK(bench.failed == Tickets{2, 4});
    CHECK(bench.disk.records() == Disk::Records{{"a", "1234567"}});
}

TEST_CASE("a failing disk fails as often as it is set to, and keeps what was there") {
    Bench bench;
    bench.write(1, "k", "old");
    bench.run();
    bench.set({.failure = 1.0});
    bench.write(2, "k", "new");
    bench.run();
    CHECK(bench.failed == Tickets{2});
    CHECK(bench.disk.records() == Disk::Records{{"k", "old"}});
}

TEST_CASE("a stuck disk answers nothing until it is free again, then everything, in order") {
    Bench bench;
    bench.write(1, "a", "1");
    bench.set({.stuck = true});
    bench.write(2, "b", "2");
    bench.run();
    CHECK(bench.stored.empty());
    CHECK(bench.disk.under_way() == 2);
    bench.set({});
    bench.run();
    CHECK(bench.stored == Tickets{1, 2});
}

TEST_CASE("a crash never takes what was answered, and leaves any beginning of what was not") {
    std::set<Disk::Records> left;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Bench bench(seed);
        bench.write(1, "a", "1");
        bench.run();
        bench.write(2, "b", "2");
        bench.write(3, "c", "3");
        bench.disk.crash(bench.random);
        CHECK(bench.disk.under_way() == 0);
        left.insert(bench.disk.records());
    }
    CHECK(left == std::set<Disk::Records>{{{"a", "1"}},
                                          {{"a", "1"}, {"b", "2"}},
                                          {{"a", "1"}, {"b", "2"}, {"c", "3"}}});
}

TEST_CASE(
    "a disk that lies loses in a crash what it answered, the newest first; a flush ends that") {
    std::set<Disk::Records> left;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Bench bench(seed);
        bench.set({.lies = true});
        bench.write(1, "a", "1");
        bench.run();
        bench.disk.flush();
        bench.write(2, "a", "2");
        bench.write(3, "b", "3");
        bench.run();
        CHECK(bench.stored == Tickets{1, 2, 3});
        bench.disk.crash(bench.random);
        left.insert(bench.disk.records());
    }
    CHECK(left == std::set<Disk::Records>{{{"a", "1"}}, {{"a", "2"}}, {{"a", "2"}, {"b", "3"}}});
}

TEST_CASE(
    "the end of the process alone takes nothing that was answered, even by a disk that lies") {
    Bench bench;
    bench.set({.lies = true});
    bench.write(1, "a", "1");
    bench.run();
    bench.disk.abandon(bench.random);
    CHECK(bench.disk.records() == Disk::Records{{"a", "1"}});
    // It was in the kernel's memory: the machine may still lose it.
    std::size_t lost = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Disk disk = bench.disk;
        Random random(seed);
        disk.crash(random);
        lost += disk.records().empty() ? 1U : 0U;
    }
    CHECK(lost > 10);
    CHECK(lost < 40);
}

}  // namespace
}  // namespace muster::sim
