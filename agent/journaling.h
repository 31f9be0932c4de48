// Writes down what happens: the agent's hand in agent/journal/. What is recorded goes to a thread
// of its own in batches; questions are answered there too, between two of them.
//
// The agent never waits for it. A journal that cannot be written is a state to be reported: what
// happens meanwhile is kept in a bounded queue, and what does not fit becomes a `gap` with the
// number of changes lost, followed by what this agent's whole view then differs in. Lives on the
// agent's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/effects.h"
#include "agent/history/change.h"
#include "agent/history/view.h"
#include "agent/journal/question.h"
#include "agent/net/clock.h"
#include "swim/result.h"

namespace muster {

namespace journal {
class JournalDb;
struct Batch;
}  // namespace journal
namespace store {
class Worker;
}

class Journaling {
public:
    // Runs a function on the agent's thread, soon; callable from any thread, for as long as this
    // lives.
    using Post = std::function<void(std::function<void()>)>;
    // Says something to a person.
    using Say = std::function<void(Notice::Level level, const std::string& text)>;
    // The members as this agent reports them now.
    using Look = std::function<history::View()>;

    // `ended` is called on the agent's thread after each write: next_deadline() may have changed.
    Journaling(net::Clock& clock, Post post, Say say, Look look, std::function<void()> ended);
    ~Journaling();

    // Opens the journal in `directory`, which is locked; empty: in memory. The error is for a
    // person: the agent cannot start. Once.
    std::optional<Error> open(const std::string& directory);

    // Takes it down, with this moment's time. Nothing waits.
    void record(history::Change change);
    // Hands on what was recorded, if nothing is being written.
    void flush(TimePoint now);
    // After a restart the members are looked at as a whole: who has not come back by then has gone.
    void look_again_at(TimePoint moment) { look_at_ = moment; }
    TimePoint next_deadline() const;
    void turn(TimePoint now);
    // At the end: writes what is not written yet, and waits for it a bounded time.
    void finish();

    // Questions, answered later; or at once if there are too many, or there is no journal.
    void ask(const journal::Question& question,
             std::function<void(const Result<journal::Page>&)> done);
    void ask(const journal::Moment& moment,
             std::function<void(const Result<journal::PastView>&)> done);

    const std::string& path() const { return path_; }        // empty: in memory
    const std::string& trouble() const { return trouble_; }  // empty: it can be written
    std::uint64_t recorded() const { return recorded_; }
    std::uint64_t lost() const { return lost_in_all_; }
    std::uint64_t failures() const { return failures_; }

    // Changes that wait to be written, at most.
    static constexpr std::size_t most_waiting = 16384;

private:
    void ended(std::uint64_t ticket, const std::optional<Error>& error);
    void written(const std::optional<Error>& error);
    std::shared_ptr<journal::Batch> next_batch(TimePoint now);
    template <class Answer, class Asked>
    void answer(const Asked& asked, std::function<void(const Result<Answer>&)> done,
                Result<Answer> (journal::JournalDb::*look_up)(const Asked&));

    net::Clock& clock_;
    const Post post_;
    const Say say_;
    const Look look_;
    const std::function<void()> ended_;
    std::string path_;
    std::string trouble_;
    std::vector<history::Change> waiting_;
    std::shared_ptr<journal::Batch> batch_;  // being written, or to be tried again
    bool writing_ = false;
    bool wants_whole_ = false;  // the view is to be compared with what was written
    Bytes whole_cause_;
    TimePoint look_at_ = never;
    TimePoint retry_at_ = never;
    Duration backoff_{};
    std::uint64_t lost_ = 0;  // since the last gap was written down
    std::uint64_t lost_in_all_ = 0;
    std::uint64_t recorded_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t last_ticket_ = 0;
    std::uint64_t write_ticket_ = 0;
    std::map<std::uint64_t, std::function<void()>> asking_;  // by ticket
    std::shared_ptr<journal::JournalDb> db_;                 // a job that hangs keeps it
    std::unique_ptr<store::Worker> worker_;  // the first to go: its thread calls in here
};

}  // namespace muster
