#include "agent/cluster/heard_queries.h"

#include <iterator>

namespace muster::cluster {

QueryHandle HeardQueries::add(HeardQueryState query) {
    agenda_.emplace(query.deadline, ++last_);
    queries_.emplace(last_, std::move(query));
    if (queries_.size() > most_) {
        const auto latest = std::prev(agenda_.end());
        queries_.erase(latest->second);
        agenda_.erase(latest);
    }
    return last_;
}

HeardQueryState* HeardQueries::find(QueryHandle handle) {
    const auto found = queries_.find(handle);
    return found != queries_.end() ? &found->second : nullptr;
}

void HeardQueries::expire(TimePoint now) {
    while (!agenda_.empty() && agenda_.begin()->first <= now) {
        queries_.erase(agenda_.begin()->second);
        agenda_.erase(agenda_.begin());
    }
}

TimePoint HeardQueries::next_deadline() const {
    return agenda_.empty() ? never : agenda_.begin()->first;
}

}  // namespace muster::cluster
