#include "agent/voting.h"

#include <utility>

#include "agent/store/election_file.h"
#include "agent/store/worker.h"
#include "swim/assert.h"

namespace muster {

namespace {

constexpr char file_name[] = "/election.state";
// The node has one under way at a time.
constexpr std::size_t most_writes = 2;
constexpr Duration vote_patience_at_end = std::chrono::seconds(1);

}  // namespace

Voting::Voting(Post post, Ended ended) : post_(std::move(post)), ended_(std::move(ended)) {}

Voting::~Voting() = default;

std::optional<election::Found> Voting::open(const std::string& directory, BytesView node_name,
                                            bool candidate) {
    if (directory.empty())
        return std::nullopt;
    const std::string path = directory + file_name;
    if (!candidate && !store::ElectionFile::exists(path))
        return std::nullopt;
    store::ElectionFile::Opened opened = store::ElectionFile::open(path, node_name);
    if (!candidate && !opened.found.slot)
        return std::nullopt;
    if (opened.failure)
        trouble_ = opened.failure->text;
    file_ = std::move(opened.file);
    worker_ = std::make_unique<store::Worker>(
        most_writes, [this](std::uint64_t ticket, const std::optional<Error>& error) {
            post_([this, ticket, error] {
                if (error)
                    trouble_ = error->text;
                ended_(ticket, error);
            });
        });
    return std::move(opened.found);
}

void Voting::write(election::Write&& write) {
    const std::uint64_t ticket = write.ticket;
    const bool taken =
        worker_->submit(ticket, [file = file_, first = write.first, slot = std::move(write.slot)] {
            return file->write(first, slot);
        });
    MUSTER_ASSERT(taken);
}

void Voting::finish() {
    if (worker_)
        (void)worker_->flush(vote_patience_at_end);
}

}  // namespace muster
