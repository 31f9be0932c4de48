#include "agent/journaling.h"

#include <algorithm>
#include <utility>

#include "agent/journal/journal_db.h"
#include "agent/store/worker.h"

namespace muster {

namespace {

constexpr std::size_t most_questions = 32;  // of either asker
constexpr Duration write_patience_at_end = std::chrono::seconds(1);
constexpr Duration first_retry = std::chrono::seconds(1);
constexpr Duration last_retry = std::chrono::seconds(60);

}  // namespace

// A batch on its way. What came of it is the worker's until the ticket is told, or the worker
// rests.
struct Journaling::Write {
    journal::Batch batch;
    std::optional<Result<journal::Put>> outcome;  // of the last try
    std::string id;                               // of the journal that it was written to
};

Journaling::Journaling(net::Clock& clock, Post post, Say say, Look look,
                       std::function<void()> ended)
    : clock_(clock),
      post_(std::move(post)),
      say_(std::move(say)),
      look_(std::move(look)),
      ended_(std::move(ended)) {}

Journaling::~Journaling() = default;

std::optional<Error> Journaling::open(const std::string& directory,
                                      const history::Retention& configured) {
    history::Retention retention = configured;
    if (directory.empty()) {
        constexpr std::uint64_t in_memory = 1ULL << 20U;
        retention.max_size = std::min(retention.max_size, in_memory);
    } else {
        path_ = directory + "/journal.db";
    }
    Result<journal::JournalDb::Opened> opened = journal::JournalDb::open(path_, retention);
    if (!opened)
        return opened.error();
    for (const std::string& note : opened->notes)
        say_(Notice::Level::Error, note);
    db_ = std::move(opened->db);
    id_ = db_->id();
    worker_ = std::make_unique<store::Worker>(
        2 * most_questions + 1, [this](std::uint64_t ticket, const std::optional<Error>&) {
            post_([this, ticket] { ended(ticket); });
        });
    if (opened->failure) {
        trouble_ = opened->failure->text;
        say_(Notice::Level::Error,
             trouble_ + "; membership goes on, and the history is written once that is possible");
    }
    return std::nullopt;
}

void Journaling::record(history::Change change) {
    if (!worker_)
        return;
    // What follows a gap is told by the view after it.
    if (lost_ > 0 || waiting_.size() >= most_waiting) {
        if (lost_++ == 0)
            say_(Notice::Level::Error,
                 "the history is written too slowly (is the disk slow, or full?): changes are left "
                 "out of it, and counted");
        ++lost_in_all_;
        return;
    }
    const TimePoint now = clock_.now();
    change.clock_ns = now.time_since_epoch().count();
    change.wall_ns = clock_.wall(now);
    waiting_.push_back(std::move(change));
    ++recorded_;
}

bool Journaling::has_work() const {
    return !waiting_.empty() || lost_ > 0 || wants_whole_ || has_new_routes_ ||
           !outcomes_.empty() || !resync_.empty();
}

std::shared_ptr<Journaling::Write> Journaling::next_write(TimePoint now) {
    auto write = std::make_shared<Write>();
    journal::Batch& batch = write->batch;
    batch.wall_ns = clock_.wall(now);
    batch.clock_ns = now.time_since_epoch().count();
    batch.changes = std::exchange(waiting_, {});
    batch.routes = routes_;
    batch.forgets_others = std::exchange(has_new_routes_, false);
    batch.outcomes = std::exchange(outcomes_, {});
    batch.resync = std::exchange(resync_, {});
    if (lost_ > 0) {
        history::Change gap;
        gap.kind = history::Kind::Gap;
        gap.number = std::exchange(lost_, 0);
        gap.wall_ns = batch.wall_ns;
        gap.clock_ns = batch.clock_ns;
        batch.changes.push_back(std::move(gap));
        wants_whole_ = true;
        whole_cause_ = history::cause_resync;
    }
    if (std::exchange(wants_whole_, false)) {
        batch.whole = journal::Batch::Whole{look_(), whole_cause_, batch.wall_ns, batch.clock_ns};
    }
    return write;
}

bool Journaling::submit(std::uint64_t ticket, const std::shared_ptr<Write>& write) {
    return worker_->submit(ticket, [db = db_, write]() -> std::optional<Error> {
        write->outcome.emplace(db->append(write->batch));
        write->id = db->id();
        return std::nullopt;  // it is in the outcome
    });
}

void Journaling::flush(TimePoint now) {
    if (!worker_ || writing_ || retry_at_ != never)
        return;
    if (!write_) {
        if (!has_work())
            return;
        write_ = next_write(now);
    }
    writing_ = true;
    write_ticket_ = ++last_ticket_;
    // There is room: fewer questions are taken than the worker has places.
    (void)submit(write_ticket_, write_);
}

TimePoint Journaling::next_deadline() const {
    return std::min(look_at_, retry_at_);
}

void Journaling::turn(TimePoint now) {
    if (now >= look_at_) {
        look_at_ = never;
        wants_whole_ = true;
        whole_cause_ = history::cause_restart;
    }
    if (now >= retry_at_)
        retry_at_ = never;
    flush(now);
}

void Journaling::ended(std::uint64_t ticket) {
    if (ticket == write_ticket_)
        return written();
    const auto asked = asking_.find(ticket);
    if (asked == asking_.end())
        return;
    const std::function<void()> done = std::move(asked->second.done);
    asking_.erase(asked);
    done();
}

void Journaling::written() {
    writing_ = false;
    const TimePoint now = clock_.now();
    const Result<journal::Put>& outcome = *write_->outcome;
    if (!outcome) {
        ++failures_;
        backoff_ = std::clamp(2 * backoff_, first_retry, last_retry);
        retry_at_ = now + backoff_;
        if (trouble_ != outcome.error().text) {
            trouble_ = outcome.error().text;
            say_(Notice::Level::Error,
                 trouble_ + "; membership goes on, and the write is tried again");
        }
    } else {
        const std::shared_ptr<Write> write = std::exchange(write_, nullptr);
        id_ = write->id;
        backoff_ = {};
        if (!trouble_.empty()) {
            trouble_.clear();
            say_(Notice::Level::Info, path_ + " can be written again");
        }
        if (put_)
            put_(**write->outcome);
        flush(now);
    }
    ended_();
}

void Journaling::finish() {
    if (!worker_)
        return;
    bool done = worker_->flush(write_patience_at_end);
    // What a write came to is looked at here: nobody runs what was posted about it.
    write_ticket_ = 0;
    const bool was_writing = std::exchange(writing_, false);
    std::vector<std::shared_ptr<Write>> rest;
    if (write_ && done && !(was_writing && *write_->outcome))
        rest.push_back(write_);
    wants_whole_ = false;  // nobody would look at what is found by it
    if (has_work()) {
        rest.push_back(next_write(clock_.now()));
        rest.back()->batch.whole.reset();
    }
    std::optional<Error> failure;
    for (const std::shared_ptr<Write>& write : rest) {
        done = done && !failure && submit(++last_ticket_, write) &&
               worker_->flush(write_patience_at_end);
        if (done && !*write->outcome)
            failure = write->outcome->error();
    }
    if (failure)
        say_(Notice::Level::Error, "the last changes are lost: " + failure->text);
    else if (!done)
        say_(Notice::Level::Error,
             "the last changes were not written to " + path_ + ": the disk does not answer");
    worker_.reset();
}

// ---- the outbox ----

void Journaling::set_routes(std::shared_ptr<const journal::Routes> routes) {
    routes_ = std::move(routes);
    has_new_routes_ = routes_ != nullptr;
}

void Journaling::conclude(journal::Outcome outcome) {
    if (worker_)
        outcomes_.push_back(std::move(outcome));
}

void Journaling::resync(const std::string& hook) {
    if (worker_ && std::find(resync_.begin(), resync_.end(), hook) == resync_.end())
        resync_.push_back(hook);
}

// ---- questions ----

template <class Answer>
void Journaling::answer(Asker asker, Answered<Answer> done,
                        std::function<Result<Answer>(journal::JournalDb&)> look_up) {
    const auto as_many = std::count_if(asking_.begin(), asking_.end(), [asker](const auto& each) {
        return each.second.asker == asker;
    });
    if (!worker_ || static_cast<std::size_t>(as_many) >= most_questions)
        return done(Error{worker_ ? "too many questions about the history are being answered: ask "
                                    "again in a moment"
                                  : "this agent ends: its history is closed"});
    const auto found = std::make_shared<std::optional<Result<Answer>>>();
    asking_.emplace(++last_ticket_,
                    Asking{asker, [found, done = std::move(done)] { done(**found); }});
    (void)worker_->submit(last_ticket_, [db = db_, found, look_up = std::move(look_up)] {
        found->emplace(look_up(*db));
        return std::optional<Error>();
    });
}

void Journaling::ask(const journal::Question& question, Answered<journal::Page> done) {
    answer<journal::Page>(Asker::Anybody, std::move(done),
                          [question](journal::JournalDb& db) { return db.read(question); });
}

void Journaling::ask(const journal::Moment& moment, Answered<journal::PastView> done) {
    answer<journal::PastView>(Asker::Anybody, std::move(done),
                              [moment](journal::JournalDb& db) { return db.view_at(moment); });
}

void Journaling::waiting(Answered<std::vector<journal::Delivery>> done) {
    answer<std::vector<journal::Delivery>>(Asker::Hooks, std::move(done),
                                           [](journal::JournalDb& db) { return db.waiting(); });
}

void Journaling::overflows(Answered<std::vector<journal::Overflow>> done) {
    answer<std::vector<journal::Overflow>>(Asker::Hooks, std::move(done),
                                           [](journal::JournalDb& db) { return db.overflows(); });
}

void Journaling::changes(std::vector<std::uint64_t> seqs,
                         Answered<std::vector<history::Change>> done) {
    answer<std::vector<history::Change>>(
        Asker::Hooks, std::move(done),
        [seqs = std::move(seqs)](journal::JournalDb& db) { return db.changes(seqs); });
}

void Journaling::dead(const std::string& hook, Answered<std::vector<journal::DeadLetter>> done) {
    answer<std::vector<journal::DeadLetter>>(
        Asker::Anybody, std::move(done), [hook](journal::JournalDb& db) { return db.dead(hook); });
}

}  // namespace muster
