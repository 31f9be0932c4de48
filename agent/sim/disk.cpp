#include "agent/sim/disk.h"

#include <utility>

#include "swim/assert.h"

namespace muster::sim {

Disk::Due Disk::write(TimePoint now, DiskWrite&& record, Random& random) {
    queue_.push_back(std::move(record));
    return begin(now, random);
}

Disk::Due Disk::set_health(TimePoint now, const DiskHealth& health, Random& random) {
    MUSTER_ASSERT(health.delay_mean >= health.delay_min);
    health_ = health;
    return begin(now, random);
}

Disk::Due Disk::begin(TimePoint now, Random& random) {
    if (writing_ || queue_.empty() || health_.stuck) {
        return std::nullopt;
    }
    writing_ = true;
    return now + health_.delay_min +
           random.below((health_.delay_mean - health_.delay_min) * 2 + Duration(1));
}

std::optional<Disk::Answer> Disk::advance(TimePoint now, Random& random) {
    writing_ = false;
    if (health_.stuck || queue_.empty()) {
        return std::nullopt;
    }
    DiskWrite record = std::move(queue_.front());
    queue_.pop_front();
    Answer answer{.ticket = record.ticket, .stored = false, .next = std::nullopt};
    if (fits(record) && !(health_.failure > 0 && random.chance(health_.failure))) {
        answer.stored = true;
        put(std::move(record));
        if (!health_.lies) {
            flush();  // one order for all: what was written before is there as well
        }
    }
    answer.next = begin(now, random);
    return answer;
}

void Disk::crash(Random& random) {
    // What was answered and not written: the last of it is lost, as much as chance says.
    for (std::uint64_t lost = random.below(unsynced_.size() + 1); lost > 0; --lost) {
        Before before = std::move(unsynced_.back());
        unsynced_.pop_back();
        if (before.value) {
            records_[before.key] = std::move(*before.value);
        } else {
            records_.erase(before.key);
        }
        queue_.clear();  // and so nothing that came after it is there
    }
    abandon(random);
    flush();
}

void Disk::abandon(Random& random) {
    writing_ = false;
    for (std::uint64_t kept = random.below(queue_.size() + 1); kept > 0; --kept) {
        if (fits(queue_.front())) {
            put(std::move(queue_.front()));
        }
        queue_.pop_front();
    }
    queue_.clear();
    if (!health_.lies) {
        flush();
    }
}

bool Disk::fits(const DiskWrite& record) const {
    std::size_t used = record.key.size() + record.value.size();
    for (const auto& [key, value] : records_) {
        used += key == record.key ? 0 : key.size() + value.size();
    }
    return used <= health_.capacity;
}

void Disk::put(DiskWrite&& record) {
    const auto found = records_.find(record.key);
    unsynced_.push_back({record.key, found == records_.end()
                                         ? std::nullopt
                                         : std::optional<Bytes>(std::move(found->second))});
    records_[std::move(record.key)] = std::move(record.value);
}

}  // namespace muster::sim
