#include "agent/store/worker.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace muster::store {
namespace {

using namespace std::chrono_literals;
using Ended = std::vector<std::pair<std::uint64_t, std::string>>;

// Holds up whoever passes it until it is opened.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

TEST_CASE("each job ends once, in order, stored or with its error") {
    Ended ended;
    Worker worker(8, [&](std::uint64_t ticket, const std::optional<Error>& error) {
        ended.emplace_back(ticket, error ? error->text : "");
    });
    REQUIRE(worker.submit(7, [] { return std::nullopt; }));
    REQUIRE(worker.submit(8, [] { return Error{"the disk is full"}; }));
    REQUIRE(worker.submit(9, [] { return std::nullopt; }));
    REQUIRE(worker.flush(10s));
    CHECK(ended == Ended{{7, ""}, {8, "the disk is full"}, {9, ""}});
}

TEST_CASE("a disk that hangs holds up nobody: the queue is bounded, and a flush ends") {
    Gate gate;
    std::size_t ended = 0;
    Worker worker(2, [&](std::uint64_t, const std::optional<Error>&) { ++ended; });
    const auto hang = [&gate]() -> std::optional<Error> {
        gate.pass();
        return std::nullopt;
    };
    REQUIRE(worker.submit(1, hang));
    REQUIRE(worker.submit(2, hang));
    CHECK_FALSE(worker.submit(3, hang));
    CHECK_FALSE(worker.flush(1ms));
    gate.open();
    REQUIRE(worker.flush(10s));
    CHECK(ended == 2);
    CHECK(worker.submit(4, hang));
    REQUIRE(worker.flush(10s));
}

TEST_CASE("after its end a worker tells nobody anything") {
    const auto gate = std::make_shared<Gate>();
    const auto told = std::make_shared<std::size_t>(0);
    {
        Worker worker(4, [told](std::uint64_t, const std::optional<Error>&) { ++*told; });
        REQUIRE(worker.submit(1, [gate]() -> std::optional<Error> {
            gate->pass();
            return std::nullopt;
        }));
        REQUIRE(worker.submit(2, [] { return std::nullopt; }));
    }
    CHECK(*told == 0);
    gate->open();
}

}  // namespace
}  // namespace muster::store
