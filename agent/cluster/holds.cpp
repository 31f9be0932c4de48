#include "agent/cluster/holds.h"

#include <algorithm>
#include <utility>

#include "swim/assert.h"

namespace muster::cluster {
namespace {

// From the seventh rise on a hold is as long as it gets.
constexpr std::size_t rises_that_count = 7;

// Appends `now` to the latest times, of which at most `most` are kept.
void note(std::vector<TimePoint>& times, TimePoint now, std::size_t most) {
    if (times.size() == most) {
        times.erase(times.begin());
    }
    times.push_back(now);
}

std::size_t recent(const std::vector<TimePoint>& times, TimePoint now) {
    return static_cast<std::size_t>(std::count_if(
        times.begin(), times.end(), [now](TimePoint time) { return now - time < restless_for; }));
}

}  // namespace

Duration hold_time(std::size_t rises) {
    Duration time = first_hold;
    for (std::size_t i = 1; i < rises && time < longest_hold; ++i) {
        time *= 2;
    }
    return std::min(time, longest_hold);
}

std::size_t heal_size(std::size_t members) {
    return std::max<std::size_t>(3, (members + 9) / 10);
}

// ---- heals ----

void RecentReturns::note(TimePoint now, BytesView name) {
    expire(now);
    const auto [position, fresh] = last_.try_emplace(Bytes(name), now);
    if (!fresh) {
        order_.erase({position->second, position->first});
        position->second = now;
    }
    order_.emplace(now, position->first);
}

void RecentReturns::expire(TimePoint now) {
    while (!order_.empty() && now - order_.begin()->first >= heal_window) {
        const auto position = last_.find(order_.begin()->second);
        order_.erase(order_.begin());
        last_.erase(position);
    }
}

void Holds::note_return(TimePoint now, BytesView name, std::size_t members) {
    returns_.expire(now);
    const bool known = returns_.size() >= heal_size_;
    returns_.note(now, name);
    heal_size_ = heal_size(members);
    if (known || returns_.size() < heal_size_) {
        return;
    }
    // When the first of them returned it was no heal yet.
    for (const auto& [each, time] : returns_.all()) {
        const auto position = records_.find(each);
        if (position != records_.end() && position->second.clean_since != never) {
            const TimePoint release = position->second.clean_since + heal_hold;
            set_release(*position, std::min(position->second.release, release));
        }
    }
}

Duration Holds::length(TimePoint now, const Entry& entry) {
    returns_.expire(now);
    const bool heal = returns_.size() >= heal_size_ && returns_.contains(entry.first);
    return heal ? heal_hold : hold_time(recent(entry.second.rises, now));
}

// ---- what happens to members ----

void Holds::failed(BytesView name, LamportTime status_ltime) {
    const auto position = records_.try_emplace(Bytes(name)).first;
    end(*position);
    position->second.failed = true;
    position->second.status_ltime = status_ltime;
}

bool Holds::returned(TimePoint now, BytesView name, const Return& how) {
    const auto position = records_.find(name);
    if (position == records_.end()) {
        return false;
    }
    Record& record = position->second;
    if (how.rose) {
        note(record.rises, now, rises_that_count);
    }
    const bool in_time = now - record.expected_at <= longest_hold;
    const Duration expected = in_time ? record.expected : Duration::zero();
    const bool failed_here = std::exchange(record.failed, false);
    record.expected = Duration::zero();
    if (!failed_here && expected == Duration::zero()) {
        return false;
    }
    if (failed_here) {
        note_return(now, name, how.members);
    }
    if (believe(now, record, how.status_ltime)) {
        return false;
    }
    record.held = true;
    start(now, *position, failed_here ? length(now, *position) : expected);
    return true;
}

void Holds::rose(TimePoint now, BytesView name, bool tags_changed) {
    const auto position =
        tags_changed ? records_.find(name) : records_.try_emplace(Bytes(name)).first;
    if (position == records_.end()) {
        return;
    }
    if (!tags_changed) {
        note(position->second.rises, now, rises_that_count);
    }
    if (position->second.held) {
        start(now, *position, length(now, *position));
    }
}

void Holds::suspected(BytesView name) {
    const auto position = records_.find(name);
    if (position != records_.end()) {
        position->second.clean_since = never;
        set_release(*position, never);
    }
}

bool Holds::joined(TimePoint now, BytesView name, LamportTime status_ltime) {
    const auto position = records_.find(name);
    if (position == records_.end() || !position->second.held ||
        !believe(now, position->second, status_ltime)) {
        return false;
    }
    end(*position);
    return true;
}

// A new life is believed, but for one too many.
bool Holds::believe(TimePoint now, Record& record, LamportTime status_ltime) {
    if (status_ltime <= record.status_ltime) {
        return false;
    }
    record.status_ltime = status_ltime;
    note(record.lives, now, lives_believed + 1);
    return recent(record.lives, now) <= lives_believed;
}

void Holds::forget(BytesView name) {
    const auto position = records_.find(name);
    if (position != records_.end()) {
        end(*position);
        records_.erase(position);
    }
}

void Holds::expect(TimePoint now, BytesView name, Duration left, LamportTime status_ltime) {
    Record& record = records_.try_emplace(Bytes(name)).first->second;
    record.expected = std::clamp(left, Duration::zero(), longest_hold);
    record.expected_at = now;
    record.status_ltime = std::max(record.status_ltime, status_ltime);
}

// ---- time ----

void Holds::start(TimePoint now, Entry& entry, Duration length) {
    entry.second.clean_since = now;
    set_release(entry, now + length);
}

void Holds::set_release(Entry& entry, TimePoint release) {
    auto& [name, record] = entry;
    if (record.release != never) {
        releases_.erase({record.release, name});
    }
    record.release = release;
    if (release != never) {
        releases_.emplace(release, name);
    }
}

void Holds::end(Entry& entry) {
    entry.second.held = false;
    entry.second.clean_since = never;
    set_release(entry, never);
}

void Holds::tick(TimePoint now, std::vector<Bytes>& released) {
    while (next_deadline() <= now) {
        const auto position = records_.find(releases_.begin()->second);
        released.push_back(position->first);
        end(*position);
    }
}

void Holds::sweep(TimePoint now) {
    returns_.expire(now);
    std::erase_if(records_, [now](const Entry& entry) {
        const Record& record = entry.second;
        const bool expected =
            record.expected > Duration::zero() && now - record.expected_at <= longest_hold;
        return !record.failed && !record.held && !expected && recent(record.rises, now) == 0 &&
               recent(record.lives, now) == 0;
    });
}

// ---- questions ----

bool Holds::held(BytesView name) const {
    const auto position = records_.find(name);
    return position != records_.end() && position->second.held;
}

std::optional<Duration> Holds::left(TimePoint now, BytesView name) const {
    const auto position = records_.find(name);
    if (position == records_.end() || !position->second.held) {
        return std::nullopt;
    }
    const Record& record = position->second;
    return record.release == never ? hold_time(recent(record.rises, now))
                                   : std::max(Duration::zero(), record.release - now);
}

std::vector<Holds::Hold> Holds::list(TimePoint now) const {
    std::vector<Hold> holds;
    for (const auto& [name, record] : records_) {
        if (record.held) {
            holds.push_back({name, *left(now, name), record.status_ltime});
        }
    }
    return holds;
}

std::vector<HeldTime> Holds::told(TimePoint now) const {
    std::vector<HeldTime> told;
    for (const Hold& hold : list(now)) {
        told.push_back({hold.name, hold.left});
    }
    return told;
}

std::optional<TimePoint> Holds::release_of(BytesView name) const {
    const auto position = records_.find(name);
    if (position == records_.end() || !position->second.held) {
        return std::nullopt;
    }
    return position->second.release;
}

void Holds::check() const {
    std::size_t released = 0;
    for (const auto& [name, record] : records_) {
        MUSTER_ASSERT(record.held || record.clean_since == never);
        MUSTER_ASSERT((record.clean_since == never) == (record.release == never));
        MUSTER_ASSERT(!record.held || !record.failed);
        MUSTER_ASSERT(record.rises.size() <= rises_that_count);
        MUSTER_ASSERT(record.lives.size() <= lives_believed + 1);
        if (record.release != never) {
            ++released;
            MUSTER_ASSERT(releases_.count({record.release, name}) == 1);
            MUSTER_ASSERT(record.release - record.clean_since <= longest_hold);
        }
    }
    MUSTER_ASSERT(released == releases_.size());
}

// ---- on the wire ----

void write_held(const std::vector<HeldTime>& holds, Bytes& out) {
    const std::size_t count = std::min(holds.size(), max_held);
    swim::write_map(count, out);
    for (std::size_t i = 0; i < count; ++i) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(holds[i].left);
        write_field(holds[i].name, static_cast<std::uint64_t>(left.count()), out);
    }
}

bool read_held(swim::MsgpackReader& reader, ReadFault& fault, std::vector<HeldTime>& held) {
    std::size_t count = 0;
    if (!reader.read_map(count) || !within(fault, held_key, count, max_held)) {
        return false;
    }
    held.clear();
    for (std::size_t i = 0; i < count; ++i) {
        HeldTime each;
        std::uint64_t milliseconds = 0;
        if (!reader.read_string(each.name) || !reader.read_uint(milliseconds, any_u64)) {
            return false;
        }
        const auto most = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(longest_hold).count());
        each.left = std::chrono::milliseconds(std::min(milliseconds, most));
        held.push_back(each);
    }
    return true;
}

}  // namespace muster::cluster
