#include "agent/journaling.h"

#include <algorithm>
#include <utility>

#include "agent/journal/journal_db.h"
#include "agent/store/worker.h"

namespace muster {

namespace {

constexpr std::size_t most_questions = 32;
constexpr Duration write_patience_at_end = std::chrono::seconds(1);
constexpr Duration first_retry = std::chrono::seconds(1);
constexpr Duration last_retry = std::chrono::seconds(60);

}  // namespace

Journaling::Journaling(net::Clock& clock, Post post, Say say, Look look,
                       std::function<void()> ended)
    : clock_(clock),
      post_(std::move(post)),
      say_(std::move(say)),
      look_(std::move(look)),
      ended_(std::move(ended)) {}

Journaling::~Journaling() = default;

std::optional<Error> Journaling::open(const std::string& directory) {
    history::Retention retention;
    if (directory.empty()) {
        constexpr std::uint64_t in_memory = 1ULL << 20U;
        retention.max_size = in_memory;
    } else {
        path_ = directory + "/journal.db";
    }
    Result<journal::JournalDb::Opened> opened = journal::JournalDb::open(path_, retention);
    if (!opened)
        return opened.error();
    for (const std::string& note : opened->notes)
        say_(Notice::Level::Error, note);
    db_ = std::move(opened->db);
    worker_ = std::make_unique<store::Worker>(
        most_questions + 1, [this](std::uint64_t ticket, const std::optional<Error>& error) {
            post_([this, ticket, error] { ended(ticket, error); });
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

std::shared_ptr<journal::Batch> Journaling::next_batch(TimePoint now) {
    auto batch = std::make_shared<journal::Batch>();
    batch->changes = std::exchange(waiting_, {});
    const std::int64_t wall_ns = clock_.wall(now);
    const std::int64_t clock_ns = now.time_since_epoch().count();
    if (lost_ > 0) {
        history::Change gap;
        gap.kind = history::Kind::Gap;
        gap.number = std::exchange(lost_, 0);
        gap.wall_ns = wall_ns;
        gap.clock_ns = clock_ns;
        batch->changes.push_back(std::move(gap));
        wants_whole_ = true;
        whole_cause_ = history::cause_resync;
    }
    if (std::exchange(wants_whole_, false))
        batch->whole = journal::Batch::Whole{look_(), whole_cause_, wall_ns, clock_ns};
    return batch;
}

void Journaling::flush(TimePoint now) {
    if (!worker_ || writing_ || retry_at_ != never)
        return;
    if (!batch_) {
        if (waiting_.empty() && lost_ == 0 && !wants_whole_)
            return;
        batch_ = next_batch(now);
    }
    writing_ = true;
    write_ticket_ = ++last_ticket_;
    // There is room: fewer questions are taken than the worker has places.
    (void)worker_->submit(write_ticket_, [db = db_, batch = batch_] { return db->append(*batch); });
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

void Journaling::ended(std::uint64_t ticket, const std::optional<Error>& error) {
    if (ticket == write_ticket_)
        return written(error);
    const auto asked = asking_.find(ticket);
    if (asked == asking_.end())
        return;
    const std::function<void()> done = std::move(asked->second);
    asking_.erase(asked);
    done();
}

void Journaling::written(const std::optional<Error>& error) {
    writing_ = false;
    const TimePoint now = clock_.now();
    if (error) {
        ++failures_;
        backoff_ = std::clamp(2 * backoff_, first_retry, last_retry);
        retry_at_ = now + backoff_;
        if (trouble_ != error->text) {
            trouble_ = error->text;
            say_(Notice::Level::Error,
                 trouble_ + "; membership goes on, and the write is tried again");
        }
    } else {
        batch_.reset();
        backoff_ = {};
        if (!trouble_.empty()) {
            trouble_.clear();
            say_(Notice::Level::Info, path_ + " can be written again");
        }
        flush(now);
    }
    ended_();
}

void Journaling::finish() {
    if (!worker_)
        return;
    bool done = worker_->flush(write_patience_at_end);
    std::vector<std::shared_ptr<journal::Batch>> rest;
    if (batch_ && !writing_)
        rest.push_back(batch_);  // it failed, and waits for its next try
    if (!waiting_.empty() || lost_ > 0) {
        rest.push_back(next_batch(clock_.now()));
        rest.back()->whole.reset();
    }
    const auto failure = std::make_shared<std::optional<Error>>();
    for (const std::shared_ptr<journal::Batch>& batch : rest) {
        done = done && worker_->submit(++last_ticket_, [db = db_, batch, failure] {
            if (!*failure)
                *failure = db->append(*batch);
            return *failure;
        });
    }
    done = done && worker_->flush(write_patience_at_end);
    if (!done)
        say_(Notice::Level::Error,
             "the last changes were not written to " + path_ + ": the disk does not answer");
    else if (*failure)
        say_(Notice::Level::Error, "the last changes are lost: " + (*failure)->text);
    worker_.reset();
}

template <class Answer, class Asked>
void Journaling::answer(const Asked& asked, std::function<void(const Result<Answer>&)> done,
                        Result<Answer> (journal::JournalDb::*look_up)(const Asked&)) {
    if (!worker_ || asking_.size() >= most_questions)
        return done(Error{worker_ ? "too many questions about the history are being answered: ask "
                                    "again in a moment"
                                  : "this agent ends: its history is closed"});
    const auto found = std::make_shared<std::optional<Result<Answer>>>();
    asking_.emplace(++last_ticket_, [found, done = std::move(done)] { done(**found); });
    (void)worker_->submit(last_ticket_,
                          [db = db_, found, asked, look_up]() -> std::optional<Error> {
                              found->emplace(((*db).*look_up)(asked));
                              return std::nullopt;
                          });
}

void Journaling::ask(const journal::Question& question,
                     std::function<void(const Result<journal::Page>&)> done) {
    answer(question, std::move(done), &journal::JournalDb::read);
}

void Journaling::ask(const journal::Moment& moment,
                     std::function<void(const Result<journal::PastView>&)> done) {
    answer(moment, std::move(done), &journal::JournalDb::view_at);
}

}  // namespace muster
