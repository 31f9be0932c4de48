#include "swim/member_table.h"

#include "swim/assert.h"

namespace muster::swim {

Member* MemberTable::find(BytesView name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

const Member* MemberTable::find(BytesView name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

Member& MemberTable::insert(BytesView name, const Endpoint& endpoint, Random& random) {
    auto member = std::make_unique<Member>();
    member->name = name;
    member->endpoint = endpoint;
    Member& result = *member;
    const bool inserted = by_name_.emplace(result.name, &result).second;
    MUSTER_ASSERT(inserted);
    order_.push_back(std::move(member));
    std::swap(order_.back(), order_[static_cast<std::size_t>(random.below(order_.size()))]);
    return result;
}

void MemberTable::set_state(Member& member, State state, TimePoint now) {
    if (member.is_live()) {
        --live_;
    }
    if (member.state == State::Suspect) {
        std::erase(suspects_, &member);
        member.suspicion.reset();
    }
    member.state = state;
    member.state_change = now;
    if (member.is_live()) {
        ++live_;
    }
    if (state == State::Suspect) {
        suspects_.push_back(&member);
    }
}

std::vector<Bytes> MemberTable::reap(TimePoint before, BytesView self) {
    std::vector<Bytes> names;
    std::erase_if(order_, [&](const std::unique_ptr<Member>& member) {
        if (member->is_live() || member->state_change >= before || member->name == self) {
            return false;
        }
        by_name_.erase(member->name);
        names.push_back(std::move(member->name));
        return true;
    });
    return names;
}

void MemberTable::check() const {
    std::size_t live = 0;
    std::size_t suspects = 0;
    for (const auto& member : order_) {
        live += member->is_live() ? 1U : 0U;
        suspects += member->state == State::Suspect ? 1U : 0U;
        MUSTER_ASSERT((member->state == State::Suspect) == (member->suspicion != nullptr));
        const auto found = by_name_.find(member->name);
        MUSTER_ASSERT(found != by_name_.end() && found->second == member.get());
    }
    MUSTER_ASSERT(live == live_ && suspects == suspects_.size());
    MUSTER_ASSERT(by_name_.size() == order_.size());
}

}  // namespace muster::swim
