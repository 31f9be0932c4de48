#include "agent/api/pending_queries.h"

namespace muster::api {

std::uint64_t PendingQueries::add(cluster::QueryHandle handle) {
    if (handles_.size() >= max_kept)
        handles_.erase(handles_.begin());
    handles_.emplace(++last_id_, handle);
    return last_id_;
}

std::optional<cluster::QueryHandle> PendingQueries::find(std::uint64_t id) const {
    const auto found = handles_.find(id);
    if (found == handles_.end())
        return std::nullopt;
    return found->second;
}

}  // namespace muster::api
