#include "agent/ring/view.h"

#include <algorithm>
#include <utility>

#include "swim/assert.h"

namespace muster::ring {

View::View(RingSettings settings, TimePoint born)
    : settings_(std::move(settings)),
      settled_from_(born + first_life),
      in_use_(std::make_shared<const MemberSet>(settings_.function, std::vector<Member>())),
      since_(born) {}

// ---- inputs ----

void View::put(TimePoint now, BytesView name, Standing standing, const cluster::Tags& tags,
               bool drained) {
    const auto position = eligible_.find(name);
    if (standing == Standing::Here && settings_.passes(tags)) {
        Member member = member_of(name, tags, settings_.tags, drained);
        if (position == eligible_.end()) {
            eligible_.emplace(Bytes(name), std::move(member));
            changed(now);
        } else if (position->second != member) {
            position->second = std::move(member);
            changed(now);
        }
        return;
    }
    if (position != eligible_.end()) {
        eligible_.erase(position);
        changed(now);
    }
    // Also of one that failed before, and is still in use.
    if (standing == Standing::Left && in_use_->find(name) != nobody) {
        left_.emplace(name);
        changed(now);
    }
}

void View::joined() {
    at_once_ = true;
}

void View::configure(TimePoint now, RingSettings settings) {
    settings_ = std::move(settings);
    eligible_.clear();
    changed(now);
}

void View::changed(TimePoint now) {
    if (first_change_ == never) {
        first_change_ = now;
    }
    last_change_ = now;
}

// ---- time ----

TimePoint View::settled_at() const {
    if (first_change_ == never) {
        return never;
    }
    if (at_once_) {
        return last_change_;
    }
    if (last_change_ < settled_from_) {
        return std::max(last_change_, since_ + breath);
    }
    return std::min(last_change_ + settings_.settle,
                    first_change_ + longest_unquiet * settings_.settle);
}

TimePoint View::next_deadline() const {
    return left_.empty() ? settled_at() : std::min(settled_at(), since_ + breath);
}

void View::tick(TimePoint now, std::vector<Adoption>& adoptions) {
    if (settled_at() <= now) {
        adopt(now, eligible_now(), adoptions);
        first_change_ = last_change_ = never;
        left_.clear();
    } else if (since_ + breath <= now) {
        drop_left(now, adoptions);
    }
    at_once_ = false;
}

// Those that left are taken out of what is in use, which is otherwise left alone.
void View::drop_left(TimePoint now, std::vector<Adoption>& adoptions) {
    std::erase_if(left_, [this](const Bytes& name) { return eligible_.count(name) > 0; });
    if (left_.empty()) {
        return;
    }
    std::vector<Member> members = in_use_->members();
    std::erase_if(members, [this](const Member& member) { return left_.count(member.name) > 0; });
    left_.clear();
    adopt(now, std::make_shared<const MemberSet>(in_use_->function(), std::move(members)),
          adoptions);
    if (in_use_is_eligible()) {
        first_change_ = last_change_ = never;
    }
}

// What eligible_now() would be, without making it.
bool View::in_use_is_eligible() const {
    return in_use_->function() == settings_.function &&
           std::equal(eligible_.begin(), eligible_.end(), in_use_->members().begin(),
                      in_use_->members().end(), [](const auto& entry, const Member& member) {
                          return entry.second == member;
                      });
}

void View::adopt(TimePoint now, SharedMembers after, std::vector<Adoption>& adoptions) {
    if (*after == *in_use_) {
        return;
    }
    adoptions.push_back({settings_.name, in_use_, after});
    in_use_ = std::move(after);
    since_ = now;
}

// ---- questions ----

SharedMembers View::eligible_now() const {
    std::vector<Member> members;
    members.reserve(eligible_.size());
    for (const auto& [name, member] : eligible_) {
        members.push_back(member);
    }
    return std::make_shared<const MemberSet>(settings_.function, std::move(members));
}

SharedMembers View::pending() const {
    if (first_change_ == never || in_use_is_eligible()) {
        return nullptr;
    }
    return eligible_now();
}

void View::check(TimePoint now) const {
    MUSTER_ASSERT((first_change_ == never) == (last_change_ == never));
    MUSTER_ASSERT(!at_once_);
    if (first_change_ == never) {
        MUSTER_ASSERT(left_.empty());
        MUSTER_ASSERT(in_use_is_eligible());
    } else {
        MUSTER_ASSERT(next_deadline() > now);
        MUSTER_ASSERT(
            next_deadline() <=
            std::max(first_change_ + longest_unquiet * settings_.settle, since_ + breath));
    }
}

}  // namespace muster::ring
