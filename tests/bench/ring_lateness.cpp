// Whether the loop is late while a ring of thousands is rebuilt: it wakes up each millisecond, as
// if a probe were due each time, and notes how late it was; first at rest, then while RingDesk
// builds one changed ring after the other. In one run, since the figures are the machine's: only
// their ratio says something.
//
//   ring_lateness [MEMBERS]
#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "agent/ring_desk.h"

namespace {

using namespace muster;
using Clock = std::chrono::steady_clock;

ring::SharedMembers set_of(std::size_t count, std::size_t without) {
    std::vector<ring::Member> members;
    for (std::size_t i = 0; i < count; ++i) {
        if (i != without) {
            members.push_back({"host-" + std::to_string(i) + ".example", 1, {}, false});
        }
    }
    return std::make_shared<const ring::MemberSet>(ring::Function{}, std::move(members));
}

double microseconds(Clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

// Runs the loop, waking up each millisecond, until `ended` says so. How late it was each time, in
// microseconds, in rising order.
template <class Ended>
std::vector<double> lateness(asio::io_context& loop, Ended ended) {
    std::vector<double> late;
    Clock::time_point due = Clock::now();
    while (!ended()) {
        due += std::chrono::milliseconds(1);
        std::this_thread::sleep_until(due);
        const Clock::time_point now = Clock::now();
        late.push_back(microseconds(now - due));
        loop.restart();
        loop.poll();
        due = std::max(due, Clock::now() - std::chrono::milliseconds(1));
    }
    std::sort(late.begin(), late.end());
    return late;
}

void say(const char* when, const std::vector<double>& late) {
    std::printf(
        "%-28s %5zu wake-ups, late by %6.0f us at the median, %6.0f at p99, %6.0f at most\n", when,
        late.size(), late[late.size() / 2], late[late.size() * 99 / 100], late.back());
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t members = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10000;
    constexpr std::size_t rebuilds = 30;
    asio::io_context loop;
    RingDesk desk([&loop](std::function<void()> call) { asio::post(loop, std::move(call)); });
    std::vector<ring::SharedMembers> sets;
    for (std::size_t i = 0; i <= rebuilds; ++i) {
        sets.push_back(set_of(members, i));
    }
    std::size_t built = 0;
    const auto build = [&](const ring::SharedMembers& set) {
        api::RingJob job;
        job.ring = "default";
        job.sets = {set};
        job.work = [](const std::vector<ring::SharedRing>&) {};
        job.done = [&built](const std::string&) { ++built; };
        desk.take(std::move(job), TimePoint());
    };
    build(sets.front());
    lateness(loop, [&] { return built == 1; });

    const Clock::time_point start = Clock::now();
    for (std::size_t i = 1; i <= rebuilds; ++i) {
        build(sets[i]);
    }
    const std::vector<double> busy = lateness(loop, [&] { return built == rebuilds + 1; });
    const Clock::duration took = Clock::now() - start;
    const Clock::time_point end = Clock::now() + took;
    const std::vector<double> idle = lateness(loop, [&] { return Clock::now() >= end; });
    std::printf("a ring of %zu members, rebuilt %zu times for one change in %.0f ms\n", members,
                rebuilds, microseconds(took) / 1000);
    say("at rest:", idle);
    say("while it is rebuilt:", busy);
    std::printf(
        "{\"experiment\":\"ring lateness p99, %zu members\",\"ours\":%.1f,\"idle\":%.1f,"
        "\"unit\":\"us\"}\n",
        members, busy[busy.size() * 99 / 100], idle[idle.size() * 99 / 100]);
    return 0;
}
