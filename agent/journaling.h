// Writes down what happens: the agent's hand in agent/journal/. What is recorded goes to a thread
// of its own in batches; questions are answered there too, between two of them.
//
// With each change go the deliveries of the hooks that want it, and with the next batch what became
// of earlier ones (agent/journal/outbox.h); a hook is called for what was written, and for nothing
// else.
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
#include "agent/history/retention.h"
#include "agent/history/view.h"
#include "agent/journal/outbox.h"
#include "agent/journal/question.h"
#include "agent/net/clock.h"
#include "swim/result.h"

namespace muster {

namespace journal {
class JournalDb;
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
    // An answer, or why there is none.
    template <class Answer>
    using Answered = std::function<void(const Result<Answer>&)>;

    // `ended` is called on the agent's thread after each write: next_deadline() may have changed.
    Journaling(net::Clock& clock, Post post, Say say, Look look, std::function<void()> ended);
    ~Journaling();

    // Opens the journal in `directory`, which is locked; empty: in memory, and 1 MiB at most. The
    // error is for a person: the agent cannot start. Once.
    std::optional<Error> open(const std::string& directory,
                              const history::Retention& configured = {});

    // Takes it down, with this moment's time. Nothing waits.
    void record(history::Change change);
    // Hands on what was recorded, if nothing is being written.
    void flush(TimePoint now);
    // After a restart the members are looked at as a whole: who has not come back by then has gone.
    void look_again_at(TimePoint moment) { look_at_ = moment; }
    TimePoint next_deadline() const;
    void turn(TimePoint now);
    // Everything that was recorded is written, or cannot be.
    bool is_idle() const { return !writing_ && (!has_work() || retry_at_ != never); }
    // At the end: writes what is not written yet, and waits for it a bounded time.
    void finish();

    // Questions, answered later; or at once if there are too many, or there is no journal.
    void ask(const journal::Question& question, Answered<journal::Page> done);
    void ask(const journal::Moment& moment, Answered<journal::PastView> done);

    // ---- the outbox ----

    // All the hooks that there are, from the next batch on; what the outbox has of others goes with
    // it. Without a change, too.
    void set_routes(std::shared_ptr<const journal::Routes> routes);
    // Called on the agent's thread after each write, with what it has put into the outbox. While
    // nothing can be written it is not called, and trouble() says so. A journal_id() that is not
    // the one of before is new: the old one was damaged, and its deliveries went with it.
    void on_put(std::function<void(const journal::Put&)> put) { put_ = std::move(put); }
    // These go with the next batch: see flush(). They need no limit of their own: an outcome is of
    // a try, and while nothing is written no deliveries come that could be tried; a hook is told
    // what it lost once for each batch. Outcomes that people ask for have no such bound: who takes
    // them refuses them while there is trouble().
    void conclude(journal::Outcome outcome);
    void resync(const std::string& hook);

    // Of the journal's thread, as ask(). The hooks' own questions have places of their own, so that
    // who asks about the history keeps them from nothing. What was put before the answer came is
    // among what waits: tell them by hook and number.
    void waiting(Answered<std::vector<journal::Delivery>> done);
    void overflows(Answered<std::vector<journal::Overflow>> done);
    void changes(std::vector<std::uint64_t> seqs, Answered<std::vector<history::Change>> done);
    void dead(const std::string& hook, Answered<std::vector<journal::DeadLetter>> done);
    // The journal's id, which is half of a delivery's name; empty: it is not open.
    const std::string& journal_id() const { return id_; }

    const std::string& path() const { return path_; }        // empty: in memory
    const std::string& trouble() const { return trouble_; }  // empty: it can be written
    std::uint64_t recorded() const { return recorded_; }
    std::uint64_t lost() const { return lost_in_all_; }
    std::uint64_t failures() const { return failures_; }

    // Changes that wait to be written, at most.
    static constexpr std::size_t most_waiting = 16384;

private:
    struct Write;
    enum class Asker : std::uint8_t { Anybody, Hooks };
    struct Asking {
        Asker asker = Asker::Anybody;
        std::function<void()> done;
    };

    void ended(std::uint64_t ticket);
    void written();
    bool has_work() const;
    std::shared_ptr<Write> next_write(TimePoint now);
    [[nodiscard]] bool submit(std::uint64_t ticket, const std::shared_ptr<Write>& write);
    template <class Answer>
    void answer(Asker asker, Answered<Answer> done,
                std::function<Result<Answer>(journal::JournalDb&)> look_up);

    net::Clock& clock_;
    const Post post_;
    const Say say_;
    const Look look_;
    const std::function<void()> ended_;
    std::string path_;
    std::string trouble_;
    std::string id_;
    std::function<void(const journal::Put&)> put_;
    std::shared_ptr<const journal::Routes> routes_;
    bool has_new_routes_ = false;
    std::vector<journal::Outcome> outcomes_;
    std::vector<std::string> resync_;
    std::vector<history::Change> waiting_;
    std::shared_ptr<Write> write_;  // on its way, or to be tried again
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
    std::map<std::uint64_t, Asking> asking_;  // by ticket
    std::shared_ptr<journal::JournalDb> db_;  // a job that hangs keeps it
    std::unique_ptr<store::Worker> worker_;   // the first to go: its thread calls in here
};

}  // namespace muster
