// Keeps what the node's election must not forget: the agent's hand in election.state. The node says
// what to write, this says when both slots are on the disk.
//
// On a thread of its own, made only for a candidate: a full journal or a slow state.db never delays
// a vote, and an fsync never delays an ack. Lives on the agent's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/election/event.h"
#include "agent/election/state.h"
#include "swim/result.h"

namespace muster::store {
class ElectionFile;
class Worker;
}  // namespace muster::store

namespace muster {

class Voting {
public:
    // Runs a function on the agent's thread, soon; callable from any thread.
    using Post = std::function<void(std::function<void()>)>;
    // How a write ended, on the agent's thread: Node::stored(), or store_failed().
    using Ended = std::function<void(std::uint64_t ticket, const std::optional<Error>& error)>;

    Voting(Post post, Ended ended);
    ~Voting();
    Voting(const Voting&) = delete;
    Voting& operator=(const Voting&) = delete;

    // Opens the file in `directory`, which is locked by us: for a candidate, or where there is one
    // of an earlier life. None: this node has nothing to do with elections. Once.
    std::optional<election::Found> open(const std::string& directory, BytesView node_name,
                                        bool candidate);
    // Both slots, then `ended`. REQUIRES: open() answered a state.
    void write(election::Write&& write);
    // At the end: waits a bounded time for what is being written.
    void finish();

    // Why nothing can be written; empty: it can.
    const std::string& trouble() const { return trouble_; }

private:
    const Post post_;
    const Ended ended_;
    std::string trouble_;
    std::shared_ptr<store::ElectionFile> file_;  // a write that hangs keeps it
    std::unique_ptr<store::Worker> worker_;      // the first to go: its thread calls in here
};

}  // namespace muster
