#include "agent/cluster/open_queries.h"

#include <utility>

#include "swim/assert.h"

namespace muster::cluster {

namespace {

// Members may join while a query runs, and answer it.
std::size_t most_answers(const OpenQuery& query) {
    constexpr std::size_t newcomers = 64;
    return 2 * query.members + newcomers;
}

}  // namespace

void OpenQueries::add(const OpenQuery& query) {
    const bool inserted = queries_.emplace(query.ltime, Open{query, {}, {}}).second;
    MUSTER_ASSERT(inserted);
    agenda_.emplace(query.deadline, query.ltime);
}

void OpenQueries::close(LamportTime ltime) {
    if (const auto found = queries_.find(ltime); found != queries_.end()) {
        agenda_.erase({found->second.query.deadline, ltime});
        queries_.erase(found);
    }
}

OpenQueries::Judgement OpenQueries::take(TimePoint now, const QueryResponse& response) {
    const auto found = queries_.find(response.ltime);
    if (found == queries_.end() || now >= found->second.query.deadline) {
        return {Verdict::Unknown, nullptr};
    }
    Open& open = found->second;
    if (open.query.id != response.id) {
        return {Verdict::Mismatch, nullptr};
    }
    const bool ack = (response.flags & response_is_ack) != 0;
    if (ack && !open.query.wants_acks) {
        return {Verdict::Unwanted, nullptr};
    }
    Names& names = ack ? open.acked : open.responded;
    if (names.find(response.from) != names.end()) {
        return {Verdict::Repeated, nullptr};
    }
    if (names.size() >= most_answers(open.query)) {
        return {Verdict::TooMany, nullptr};
    }
    names.emplace(response.from);
    return {Verdict::Counts, &open.query};
}

bool OpenQueries::holds(LamportTime ltime, std::uint32_t id) const {
    const auto found = queries_.find(ltime);
    return found != queries_.end() && found->second.query.id == id;
}

std::vector<OpenQuery> OpenQueries::expire(TimePoint now) {
    std::vector<OpenQuery> ended;
    while (!agenda_.empty() && agenda_.begin()->first <= now) {
        const LamportTime ltime = agenda_.begin()->second;
        ended.push_back(queries_.at(ltime).query);
        close(ltime);
    }
    return ended;
}

TimePoint OpenQueries::next_deadline() const {
    return agenda_.empty() ? never : agenda_.begin()->first;
}

}  // namespace muster::cluster
