// Keeps what the node wants remembered: the agent's hand in agent/store/. It asks the node when the
// pace says so, gives the store what it answers, and takes note of how that ended.
//
// A store that cannot write is a state to be reported, never a reason to stop: membership goes on
// without. Lives on the agent's thread; only the store's answers come from another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "agent/memory.h"
#include "agent/net/clock.h"
#include "agent/write_pace.h"
#include "swim/result.h"

namespace muster {

class Node;
namespace store {
class Store;
}

class Keeping {
public:
    // Runs a function on the agent's thread, soon; callable from any thread, for as long as this
    // lives.
    using Post = std::function<void(std::function<void()>)>;
    // Says something to a person.
    using Say = std::function<void(Notice::Level level, const std::string& text)>;

    // `ended` is called on the agent's thread after each write: next_deadline() may have changed.
    Keeping(net::Clock& clock, Post post, Say say, std::function<void()> ended);
    ~Keeping();

    // Takes the directory, and answers what is remembered; with an empty one nothing is kept. The
    // error is for a person: the agent cannot start. Once.
    Result<Memory> open(const std::string& directory);

    // The node has something to keep.
    void wanted(TimePoint now);
    TimePoint next_deadline() const { return pace_.due(); }
    // Writes what is due.
    void turn(TimePoint now, Node& node);
    // `told` is called when all that the node wants kept by now is; with an error if that failed.
    // At once if nothing is kept at all.
    void when_stored(TimePoint now, std::function<void(const std::string& error)> told);
    // At the end: writes what is not written yet, and waits for it a bounded time.
    void finish(Node& node);

    const std::string& directory() const { return directory_; }  // empty: nothing is kept
    const std::string& trouble() const { return trouble_; }      // empty: it can be written
    std::uint64_t writes() const { return writes_; }
    std::uint64_t failures() const { return failures_; }

private:
    void write(TimePoint now, Node& node);
    void ended(std::uint64_t ticket, const std::optional<Error>& error);
    std::int64_t wall_offset();

    net::Clock& clock_;
    const Post post_;
    const Say say_;
    const std::function<void()> ended_;
    std::string directory_;
    WritePace pace_;
    std::uint64_t last_ticket_ = 0;
    std::uint64_t writes_ = 0;
    std::uint64_t failures_ = 0;
    std::string trouble_;
    using Told = std::vector<std::function<void(const std::string& error)>>;
    Told waiting_;                         // for the next write
    Told being_told_;                      // by the one under way
    std::unique_ptr<store::Store> store_;  // the first to go: its thread calls in here
};

}  // namespace muster
