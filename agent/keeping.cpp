#include "agent/keeping.h"

#include <iterator>
#include <utility>

#include "agent/node.h"
#include "agent/store/store.h"

namespace muster {

namespace {

// A disk that hangs does not hold up the end.
constexpr Duration patience_at_end = std::chrono::seconds(1);

}  // namespace

Keeping::Keeping(net::Clock& clock, Post post, Say say, std::function<void()> ended)
    : clock_(clock), post_(std::move(post)), say_(std::move(say)), ended_(std::move(ended)) {}

Keeping::~Keeping() = default;

// Wall time in ns = TimePoint + this, as the wall clock stands now.
std::int64_t Keeping::wall_offset() {
    const TimePoint now = clock_.now();
    return clock_.wall(now) - now.time_since_epoch().count();
}

Result<Memory> Keeping::open(const std::string& directory) {
    if (directory.empty())
        return Memory{};
    Result<store::Store::Opened> opened = store::Store::open(
        directory, wall_offset(), [this](std::uint64_t ticket, const std::optional<Error>& error) {
            post_([this, ticket, error] { ended(ticket, error); });
        });
    if (!opened)
        return opened.error();
    directory_ = directory;
    store_ = std::move(opened->store);
    for (const std::string& note : opened->notes)
        say_(Notice::Level::Error, note);
    if (opened->failure) {
        trouble_ = opened->failure->text;
        pace_.failed(clock_.now());
        say_(Notice::Level::Error,
             trouble_ + "; the agent works without, and tries again (is the disk full?)");
    }
    return std::move(opened->memory);
}

void Keeping::wanted(TimePoint now) {
    if (store_)
        pace_.wanted(now);
}

void Keeping::when_stored(TimePoint now, std::function<void(const std::string& error)> told) {
    if (!store_)
        return told({});
    waiting_.push_back(std::move(told));
    pace_.wanted(now);
}

void Keeping::turn(TimePoint now, Node& node) {
    if (store_ && now >= pace_.due())
        write(now, node);
}

void Keeping::write(TimePoint now, Node& node) {
    const bool whole = pace_.whole();
    pace_.began(now);
    being_told_.insert(being_told_.end(), std::make_move_iterator(waiting_.begin()),
                       std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    MemoryChange change = node.remember(now, whole);
    change.wall_offset = wall_offset();
    if (!store_->save(++last_ticket_, std::move(change)))
        ended(last_ticket_, Error{"cannot write " + directory_ + ": the writes before hang"});
}

void Keeping::ended(std::uint64_t /*ticket*/, const std::optional<Error>& error) {
    const TimePoint now = clock_.now();
    if (error) {
        ++failures_;
        pace_.failed(now);
        if (trouble_ != error->text) {
            trouble_ = error->text;
            say_(Notice::Level::Error,
                 trouble_ + "; membership goes on, and the write is tried again");
        }
    } else {
        ++writes_;
        pace_.stored(now);
        if (!trouble_.empty()) {
            trouble_.clear();
            say_(Notice::Level::Info, directory_ + " can be written again");
        }
    }
    for (const auto& told : std::exchange(being_told_, {}))
        told(error ? error->text : std::string());
    ended_();
}

void Keeping::finish(Node& node) {
    if (!store_)
        return;
    // The write under way is followed by one of everything that has changed since.
    store_->flush(patience_at_end);
    write(clock_.now(), node);
    if (!store_->flush(patience_at_end))
        say_(Notice::Level::Error,
             "the last state was not written to " + directory_ + ": the disk does not answer");
    store_.reset();
}

}  // namespace muster
