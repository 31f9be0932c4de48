#include "agent/cluster/address_book.h"

#include <algorithm>
#include <iterator>

#include "agent/cluster/retry.h"

namespace muster::cluster {

AddressBook::AddressBook(const Config& config, Random random) : config_(config), random_(random) {}

void AddressBook::remember(TimePoint now, BytesView name, const Endpoint& endpoint) {
    recall(now, name, endpoint, now);
}

void AddressBook::recall(TimePoint now, BytesView name, const Endpoint& endpoint,
                         TimePoint failed) {
    forget(name);
    while (!entries_.empty() && entries_.size() >= config_.max_remembered) {
        // The one whose turn is farthest off: the longest tried in vain.
        drop(entries_.find(agenda_.rbegin()->second));
    }
    Entry entry;
    entry.endpoint = endpoint;
    entry.failed = failed;
    entry.last = now;
    entry.early = draw_early(random_);
    const auto [position, inserted] = entries_.emplace(Bytes(name), entry);
    agenda_.emplace(position->second.due, position->first);
    schedule(*position);
}

void AddressBook::forget(BytesView name) {
    if (const auto position = entries_.find(name); position != entries_.end()) {
        drop(position);
    }
}

void AddressBook::drop(Entries::iterator position) {
    agenda_.erase({position->second.due, position->first});
    entries_.erase(position);
}

void AddressBook::schedule(Entries::value_type& item) {
    auto& [name, entry] = item;
    const Duration interval = retry_interval(
        {.first = config_.retry_first, .max = config_.retry_max}, entry.tries, alive_);
    agenda_.erase({entry.due, name});
    entry.due =
        std::min(entry.last + spread(interval, entry.early), entry.failed + config_.forget_after);
    agenda_.emplace(entry.due, name);
}

// Followed in coarse steps: a partition that takes away a thousand members one by one must not
// cost a thousand reckonings of a thousand due times.
void AddressBook::count(std::size_t alive) {
    alive = std::max<std::size_t>(alive, 1);
    const std::size_t change = alive > alive_ ? alive - alive_ : alive_ - alive;
    if (change * 4 <= alive_) {
        return;
    }
    alive_ = alive;
    for (auto& item : entries_) {
        schedule(item);
    }
}

std::optional<Try> AddressBook::next(TimePoint now) {
    while (!under_way_ && !agenda_.empty() && agenda_.begin()->first <= now) {
        const auto position = entries_.find(agenda_.begin()->second);
        Entry& entry = position->second;
        if (now >= entry.failed + config_.forget_after) {
            drop(position);
            continue;
        }
        entry.last = now;
        ++entry.tries;
        entry.early = draw_early(random_);
        schedule(*position);
        under_way_ = position->first;
        return Try{position->first, entry.endpoint};
    }
    return std::nullopt;
}

TimePoint AddressBook::next_deadline() const {
    return under_way_ || agenda_.empty() ? never : agenda_.begin()->first;
}

bool AddressBook::acked(BytesView name) {
    timed_out(name);
    return contains(name);
}

void AddressBook::timed_out(BytesView name) {
    if (under_way_ == name) {
        under_way_.reset();
    }
}

}  // namespace muster::cluster
