// Journaling with a clock of its own, in a test that is the agent's thread. For tests of it.
#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/journaling.h"

namespace muster::test {

using namespace std::chrono_literals;
using history::Change;

inline constexpr Duration since_1970 = 1'700'000'000s;  // when the clock was 0
inline constexpr auto patience = 60s;  // for another thread, which has nothing to wait for

class SetClock final : public net::ClockSource {
public:
    Duration read(clockid_t clock) override {
        return clock == CLOCK_REALTIME ? since_1970 + now : now;
    }
    Duration now = 100s;
};

// What is to be done on the agent's thread, which is this test's.
class Posts {
public:
    void post(std::function<void()> what) {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(what));
        any_.notify_one();
    }
    void run_one() {
        std::unique_lock lock(mutex_);
        REQUIRE(any_.wait_for(lock, patience, [this] { return !queue_.empty(); }));
        const std::function<void()> what = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        what();
    }
    // Runs what was posted until now.
    void run_all() {
        for (;;) {
            std::unique_lock lock(mutex_);
            if (queue_.empty())
                return;
            const std::function<void()> what = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            what();
        }
    }
    // Something was posted, and is not run.
    void await_one() {
        std::unique_lock lock(mutex_);
        REQUIRE(any_.wait_for(lock, patience, [this] { return !queue_.empty(); }));
    }

private:
    std::mutex mutex_;
    std::condition_variable any_;
    std::deque<std::function<void()>> queue_;
};

struct World {
    explicit World(const std::string& its_directory) : directory(its_directory) {
        journaling.emplace(
            clock, [this](std::function<void()> what) { posts.post(std::move(what)); },
            [this](Notice::Level level, const std::string& text) {
                (level == Notice::Level::Error ? errors : said).push_back(text);
            },
            [this] {
                ++looks;
                return view;
            },
            [this] { ++writes; });
    }
    void open() { REQUIRE_FALSE(journaling->open(directory)); }
    void record(Change change) { journaling->record(std::move(change)); }
    // Hands on what was recorded, and waits for the write's end.
    void write() {
        journaling->flush(clock.now());
        await_write();
    }
    void await_write() {
        for (const int before = writes; writes == before;)
            posts.run_one();
    }
    void pass(Duration time) {
        source.now += time;
        journaling->turn(clock.now());
    }
    Result<journal::Page> ask(const journal::Question& question = {}) {
        std::optional<Result<journal::Page>> answer;
        journaling->ask(question, [&](const Result<journal::Page>& page) { answer.emplace(page); });
        while (!answer)
            posts.run_one();
        return *answer;
    }
    std::vector<Change> all() {
        std::vector<Change> changes;
        journal::Question question;
        while (true) {
            const Result<journal::Page> page = ask(question);
            REQUIRE(page);
            changes.insert(changes.end(), page->changes.begin(), page->changes.end());
            if (!page->more)
                return changes;
            question.from = page->next;
        }
    }

    std::string directory;
    SetClock source;
    net::Clock clock{source};
    Posts posts;
    std::vector<std::string> errors;
    std::vector<std::string> said;
    history::View view;
    int looks = 0;
    int writes = 0;
    std::optional<Journaling> journaling;  // the first to go
};

}  // namespace muster::test
