#include "agent/hooks/lane.h"

#include <algorithm>

#include "swim/assert.h"

namespace muster::hooks {

namespace {

// Names of members, of user events and of rings are not each other's.
Bytes subject_of(history::Kind kind, BytesView name) {
    const char group = history::is_of_member(kind)        ? 'm'
                       : kind == history::Kind::UserEvent ? 'u'
                       : kind == history::Kind::Ring      ? 'r'
                       : kind == history::Kind::Conflict  ? 'c'
                       : kind == history::Kind::Start     ? 's'
                       : kind == history::Kind::Gap       ? 'g'
                                                          : 'l';
    // Who leads and whether there is a quorum is one story, whoever it is about.
    return Bytes(1, group) + (group == 'l' ? Bytes() : Bytes(name));
}

}  // namespace

void Lane::add(TimePoint now, const journal::Delivery& delivery, Duration delay,
               std::vector<std::uint64_t>& replaced) {
    if (groups_.count(delivery.seq) != 0)
        return;
    const bool member = history::is_of_member(delivery.kind);
    const bool batches = spec_->batch > Duration::zero();
    const bool gathers =
        member ? batches || spec_->serf : batches && delivery.kind == history::Kind::UserEvent;
    if (gathers && delivery.attempts == 0 && delay == Duration::zero()) {
        if (gathered_.empty())
            gathered_first_ = now;
        gathered_last_ = now;
        gathered_.push_back({delivery.seq, delivery.kind, delivery.subject});
        ++deliveries_;
        return;
    }
    Group group{.seqs = {delivery.seq},
                .kind = delivery.kind,
                .subjects = {subject_of(delivery.kind, delivery.subject)},
                .attempts = delivery.attempts,
                .added = now,
                .due = now + delay};
    if (member && spec_->debounce > Duration::zero()) {
        group.due = std::max(group.due, now + spec_->debounce);
        const auto line = lines_.find(group.subjects.front());
        if (line != lines_.end() && !line->second.empty()) {
            const GroupId before = line->second.back();
            if (!groups_.at(before).running) {
                replaced.push_back(before);
                finish(before);
            }
        }
    }
    enqueue(std::move(group));
}

TimePoint Lane::gathers_until() const {
    if (gathered_.empty())
        return never;
    if (spec_->serf) {
        return std::min(gathered_first_ + serf_coalesce_period,
                        gathered_last_ + serf_quiescent_period);
    }
    return gathered_first_ + spec_->batch;
}

void Lane::gather(TimePoint now, std::vector<std::uint64_t>& left_out) {
    if (now < gathers_until())
        return;
    const std::vector<Gathered> gathered = std::exchange(gathered_, {});
    deliveries_ -= gathered.size();
    const std::vector<Together> calls =
        spec_->serf ? calls_as_serf(gathered, told_, left_out) : calls_in_order(gathered);
    for (const Together& call : calls) {
        Group group{.kind = call.kind, .added = gathered_first_, .due = now};
        for (const Gathered& item : call.items) {
            group.seqs.push_back(item.seq);
            group.subjects.push_back(subject_of(item.kind, item.name));
        }
        std::sort(group.subjects.begin(), group.subjects.end());
        group.subjects.erase(std::unique(group.subjects.begin(), group.subjects.end()),
                             group.subjects.end());
        enqueue(std::move(group));
    }
}

void Lane::enqueue(Group group) {
    const GroupId id = group.seqs.front();
    deliveries_ += group.seqs.size();
    for (const Bytes& subject : group.subjects)
        lines_[subject].push_back(id);
    const Group& placed = groups_.insert_or_assign(id, std::move(group)).first->second;
    if (is_first(placed, id))
        startable_.emplace(placed.due, id);
}

bool Lane::is_first(const Group& group, GroupId id) const {
    return std::all_of(group.subjects.begin(), group.subjects.end(),
                       [&](const Bytes& subject) { return lines_.at(subject).front() == id; });
}

// Those that are due stand first, in the order of their numbers.
void Lane::call_due(TimePoint now) {
    for (auto it = startable_.lower_bound({TimePoint::min() + Duration(1), 0});
         it != startable_.end() && it->first <= now;) {
        startable_.emplace(TimePoint::min(), it->second);
        it = startable_.erase(it);
    }
}

std::optional<Lane::GroupId> Lane::next(GroupId after) const {
    const auto found = startable_.lower_bound({TimePoint::min(), after + 1});
    if (found != startable_.end() && found->first == TimePoint::min())
        return found->second;
    if (!startable_.empty() && startable_.begin()->first == TimePoint::min())
        return startable_.begin()->second;
    return std::nullopt;
}

void Lane::begin(GroupId id) {
    Group& group = groups_.at(id);
    MUSTER_ASSERT(!group.running);
    startable_.erase({TimePoint::min(), id});
    group.running = true;
    ++running_;
}

void Lane::postpone(GroupId id, TimePoint due, unsigned attempts) {
    Group& group = groups_.at(id);
    if (group.running) {
        group.running = false;
        --running_;
    } else {
        startable_.erase({TimePoint::min(), id});
    }
    group.due = due;
    group.attempts = attempts;
    startable_.emplace(due, id);
}

void Lane::finish(GroupId id) {
    const auto found = groups_.find(id);
    Group& group = found->second;
    if (group.running)
        --running_;
    startable_.erase({TimePoint::min(), id});
    startable_.erase({group.due, id});
    deliveries_ -= group.seqs.size();
    const std::vector<Bytes> subjects = std::move(group.subjects);
    groups_.erase(found);
    for (const Bytes& subject : subjects) {
        const auto line = lines_.find(subject);
        std::erase(line->second, id);
        if (line->second.empty())
            lines_.erase(line);
    }
    look_at_fronts(subjects);
}

void Lane::look_at_fronts(const std::vector<Bytes>& subjects) {
    for (const Bytes& subject : subjects) {
        const auto line = lines_.find(subject);
        if (line == lines_.end())
            continue;
        const GroupId id = line->second.front();
        const Group& group = groups_.at(id);
        if (!group.running && is_first(group, id) && startable_.count({TimePoint::min(), id}) == 0)
            startable_.emplace(group.due, id);
    }
}

bool Lane::drop(std::uint64_t seq) {
    const auto gathered = std::find_if(gathered_.begin(), gathered_.end(),
                                       [&](const Gathered& item) { return item.seq == seq; });
    if (gathered != gathered_.end()) {
        gathered_.erase(gathered);
        --deliveries_;
        return true;
    }
    for (auto& [id, group] : groups_) {
        const auto found = std::find(group.seqs.begin(), group.seqs.end(), seq);
        if (found == group.seqs.end())
            continue;
        if (group.running)
            return false;
        if (group.seqs.size() == 1) {
            finish(id);
        } else {
            // Its subject stays with the group: an order too strict for a moment, and no other
            // harm.
            group.seqs.erase(found);
            --deliveries_;
        }
        return true;
    }
    return false;
}

TimePoint Lane::next_deadline() const {
    const auto later = startable_.lower_bound({TimePoint::min() + Duration(1), 0});
    return later == startable_.end() ? gathers_until() : std::min(gathers_until(), later->first);
}

std::optional<TimePoint> Lane::oldest() const {
    std::optional<TimePoint> oldest;
    if (!gathered_.empty())
        oldest = gathered_first_;
    if (!groups_.empty() && (!oldest || groups_.begin()->second.added < *oldest))
        oldest = groups_.begin()->second.added;
    return oldest;
}

}  // namespace muster::hooks
