// Rings built off the loop's thread: what is done when, and by whom.
#include "agent/ring_desk.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace muster;
using namespace std::chrono_literals;

namespace {

ring::SharedMembers set_of(std::size_t count, ring::Function function = {}) {
    std::vector<ring::Member> members(count);
    for (std::size_t i = 0; i < count; ++i)
        members[i].name = "n" + std::to_string(i);
    return std::make_shared<const ring::MemberSet>(function, std::move(members));
}

struct World {
    api::RingJob job(ring::SharedMembers set, const std::string& word) {
        api::RingJob job;
        job.ring = "default";
        job.sets = {std::move(set)};
        job.work = [this, word](const std::vector<ring::SharedRing>& built) {
            worked_on = std::this_thread::get_id();
            last = built.front();
        };
        job.done = [this, word](const std::string& error) {
            said.push_back(word + (error.empty() ? "" : ": " + error));
        };
        return job;
    }
    // Runs the loop until so many jobs have ended.
    void run_until(std::size_t jobs) {
        while (said.size() < jobs)
            loop.run_one();
    }

    asio::io_context loop;
    asio::executor_work_guard<asio::io_context::executor_type> open{loop.get_executor()};
    std::vector<std::string> said;
    std::thread::id worked_on;
    ring::SharedRing last;
    RingDesk desk{[this](std::function<void()> call) { asio::post(loop, std::move(call)); }};
    TimePoint now{1h};
};

}  // namespace

TEST_CASE(
    "a ring that is not there is built on another thread, and one that is is answered at once") {
    World world;
    const ring::SharedMembers set = set_of(20);
    api::RingJob first = world.job(set, "first");
    first.is_quick = true;
    world.desk.take(std::move(first), world.now);
    CHECK(world.said.empty());
    CHECK(world.desk.memory() == 0);
    world.run_until(1);
    CHECK(world.worked_on != std::this_thread::get_id());
    CHECK(world.desk.memory() > 20 * 448 * 8);
    const ring::SharedRing built = world.last;
    api::RingJob quick = world.job(set, "quick");
    quick.is_quick = true;
    world.desk.take(std::move(quick), world.now);
    CHECK(world.said == std::vector<std::string>{"first", "quick"});
    CHECK(world.worked_on == std::this_thread::get_id());
    CHECK(world.last == built);
    // Work that is long has a thread also with its ring there.
    world.desk.take(world.job(set, "long"), world.now);
    CHECK(world.said.size() == 2);
    world.run_until(3);
    CHECK(world.last == built);
}

TEST_CASE("jobs are done one after the other, each with its own ring") {
    World world;
    for (std::size_t count = 1; count <= 5; ++count)
        world.desk.take(world.job(set_of(count), std::to_string(count)), world.now);
    world.run_until(5);
    CHECK(world.said == std::vector<std::string>{"1", "2", "3", "4", "5"});
    CHECK(world.last->set().members().size() == 5);
}

TEST_CASE("a job of two sets has both rings, and the one that it says is kept") {
    World world;
    const ring::SharedMembers before = set_of(3);
    const ring::SharedMembers after = set_of(4);
    api::RingJob job = world.job(before, "both");
    job.sets = {before, after};
    job.keeps = 1;
    std::vector<ring::SharedRing> both;
    job.work = [&both](const std::vector<ring::SharedRing>& built) { both = built; };
    world.desk.take(std::move(job), world.now);
    world.run_until(1);
    REQUIRE(both.size() == 2);
    CHECK(both[0]->shared_set() == before);
    CHECK(both[1]->shared_set() == after);
    api::RingJob quick = world.job(after, "quick");
    quick.is_quick = true;
    world.desk.take(std::move(quick), world.now);
    CHECK(world.said.back() == "quick");
}

TEST_CASE("a ring that cannot be built is an error, and the next job is done") {
    World world;
    world.desk.take(world.job(set_of(600, {ring::Algorithm::Vnodes, ring::max_vnodes}), "large"),
                    world.now);
    world.desk.take(world.job(set_of(2), "small"), world.now);
    world.run_until(2);
    CHECK_THAT(world.said[0], Catch::Matchers::StartsWith("large: the ring would have"));
    CHECK(world.said[1] == "small");
}

TEST_CASE("points that nobody has asked for a while are given back with the next change") {
    World world;
    world.desk.take(world.job(set_of(20), "first"), world.now);
    world.run_until(1);
    world.desk.adopted("default", world.now + RingDesk::kept_for);
    CHECK(world.desk.memory() > 0);
    world.desk.adopted("other", world.now + 1h);
    CHECK(world.desk.memory() > 0);
    world.desk.adopted("default", world.now + RingDesk::kept_for + 1ns);
    CHECK(world.desk.memory() == 0);
}

TEST_CASE("a desk that goes waits for its job, and tells nobody") {
    std::vector<std::string> said;
    std::atomic<bool> ended{false};
    std::promise<void> begun;
    std::promise<void> go_on;
    asio::io_context loop;
    {
        RingDesk desk([&loop](std::function<void()> call) { asio::post(loop, std::move(call)); });
        api::RingJob job;
        job.ring = "default";
        job.sets = {set_of(2)};
        job.work = [&](const std::vector<ring::SharedRing>&) {
            begun.set_value();
            go_on.get_future().wait();
            ended = true;
        };
        job.done = [&said](const std::string&) { said.emplace_back("done"); };
        desk.take(std::move(job), TimePoint(1h));
        begun.get_future().wait();
        go_on.set_value();
    }
    CHECK(ended);
    loop.run();
    CHECK(said.empty());
}
