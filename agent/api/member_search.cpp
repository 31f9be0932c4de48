#include "agent/api/member_search.h"

#include "agent/cluster/tags.h"

namespace muster::api {

namespace {

// Steps that one search may take in one turn: a millisecond or two at worst.
constexpr std::uint64_t steps_a_turn = 1'000'000;

std::optional<std::int64_t> held_until(const MemberView& view, const Backend& backend) {
    if (!view.held_until)
        return std::nullopt;
    return *view.held_until == never ? 0 : backend.wall_time(*view.held_until);
}

}  // namespace

MemberRecord record_of(const MemberView& view, const Backend& backend) {
    return {.name = view.name,
            .endpoint = view.endpoint,
            .tags = view.tags,
            .versions = view.versions,
            .status = view.status,
            .suspect = view.suspect,
            .incarnation = view.incarnation,
            .since_ns = backend.wall_time(view.since),
            .self = view.self,
            .held_until_ns = held_until(view, backend)};
}

void MemberSearch::begin() {
    std::vector<MemberView> views;
    backend_->members(views);
    index_ = backend_->index();
    candidates_.reserve(views.size());
    for (const MemberView& view : views)
        candidates_.push_back(record_of(view, *backend_));
    began_ = true;
}

SharedBytes MemberSearch::advance() {
    const bool is_first = !began_;
    if (is_first)
        begin();
    const bool extended = encoding_ != Encoding::Serf;
    std::uint64_t steps = 0;
    for (; next_ < candidates_.size() && steps < steps_a_turn; ++next_) {
        const MemberRecord& member = candidates_[next_];
        const BytesView shown =
            extended && member.suspect ? "suspect" : cluster::to_string(member.status);
        const cluster::Tags tags = cluster::decode_tags(member.tags);
        steps += filter_.cost(member.name, tags);
        if (filter_.matches(member.name, shown, tags))
            candidates_[matched_++] = member;
    }
    if (next_ < candidates_.size()) {
        if (is_first)
            keep();
        return nullptr;
    }
    auto body = std::make_shared<std::string>();
    write_members(*make_encoder(encoding_, *body), std::span(candidates_).first(matched_), index_);
    return body;
}

// The backend's views end with this turn.
void MemberSearch::keep() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        MemberRecord& member = candidates_[i];
        if (i >= matched_ && i < next_)
            continue;
        const Owned& owned = owned_.emplace_back(Owned{Bytes(member.name), Bytes(member.tags)});
        member.name = owned.name;
        member.tags = owned.tags;
    }
}

}  // namespace muster::api
