#include "swim/broadcast_queue.h"

#include <algorithm>
#include <iterator>

#include "swim/assert.h"

namespace muster::swim {

namespace {

// How many items a packet is made without before it leaves with what it has. Only members that
// share an endpoint bring a queue there.
constexpr unsigned most_skipped = 1000;

}  // namespace

bool BroadcastQueue::Rank::operator()(const Item& a, const Item& b) const {
    if (a.transmits != b.transmits) {
        return a.transmits < b.transmits;
    }
    if (a.message.size() != b.message.size()) {
        return a.message.size() > b.message.size();
    }
    return a.number > b.number;
}

bool BroadcastQueue::Rank::operator()(const Item& a, const Place& b) const {
    return a.transmits != b.transmits ? a.transmits < b.transmits : a.message.size() > b.size;
}

bool BroadcastQueue::Rank::operator()(const Place& a, const Item& b) const {
    return a.transmits != b.transmits ? a.transmits < b.transmits : a.size > b.message.size();
}

void BroadcastQueue::push(BytesView subject, BytesView message, std::uint64_t ticket,
                          std::vector<std::uint64_t>& finished) {
    MUSTER_ASSERT(!message.empty() && taken_.empty());
    if (!subject.empty()) {
        if (const auto old = by_subject_.find(Bytes(subject)); old != by_subject_.end()) {
            finish(old->second, finished);
        }
    }
    if (by_rank_.size() >= capacity_) {
        finish(std::prev(by_rank_.end()), finished);
    }
    Item item;
    item.subject = subject;
    item.message = message;
    item.ticket = ticket;
    item.number = next_number_++;
    const auto inserted = by_rank_.insert(std::move(item)).first;
    if (!subject.empty()) {
        by_subject_.emplace(inserted->subject, inserted);
    }
    bytes_ += message.size();
    ++news_;
}

std::size_t BroadcastQueue::take(std::size_t budget, std::size_t overhead, unsigned limit,
                                 Round round, Recipient recipient, std::size_t most,
                                 std::vector<BytesView>& out) {
    std::size_t used = 0;
    unsigned skipped = 0;
    last_round_ = round;
    last_recipient_ = recipient.id;
    const unsigned extra_limit = limit / 2;
    auto item = by_rank_.begin();
    while (item != by_rank_.end() && used + overhead < budget && out.size() < most &&
           skipped < most_skipped) {
        const std::size_t space = budget - used - overhead;
        if (item->message.size() > space) {
            // Everything up to there is as long or longer; the place may be in the next tier.
            item = by_rank_.lower_bound(Place{item->transmits, space});
            continue;
        }
        const bool spent =
            round == Round::Extra && (!is_news(*item) || item->extra_transmits >= extra_limit);
        if (!item->taken && !spent && !better_elsewhere(*item, recipient)) {
            item->taken = true;
            taken_.push_back(item);
            out.push_back(item->message);
            used += overhead + item->message.size();
        } else {
            ++skipped;
        }
        ++item;
    }
    return used;
}

bool BroadcastQueue::better_elsewhere(const Item& item, Recipient recipient) {
    const std::size_t told = std::min<std::size_t>(item.told_next, item.told.size());
    const auto end = item.told.begin() + static_cast<std::ptrdiff_t>(told);
    return told <= recipient.others && std::find(item.told.begin(), end, recipient.id) != end;
}

void BroadcastQueue::tell(Item& item, std::uint32_t id) {
    const std::size_t told = std::min<std::size_t>(item.told_next, item.told.size());
    const auto end = item.told.begin() + static_cast<std::ptrdiff_t>(told);
    if (id != 0 && std::find(item.told.begin(), end, id) == end) {
        item.told[item.told_next++ % item.told.size()] = id;
    }
}

void BroadcastQueue::commit(unsigned limit, std::vector<std::uint64_t>& finished) {
    for (const auto position : taken_) {
        if (position->transmits + 1 >= limit) {
            finish(position, finished);
            continue;
        }
        // Extracting the node keeps its memory, and with it every iterator to it.
        auto node = by_rank_.extract(position);
        Item& item = node.value();
        item.taken = false;
        ++item.transmits;
        if (last_round_ == Round::Extra) {
            ++item.extra_transmits;
        }
        tell(item, last_recipient_);
        by_rank_.insert(std::move(node));
    }
    taken_.clear();
}

void BroadcastQueue::end_extra_round() {
    first_news_ = next_number_;
    news_ = 0;
}

void BroadcastQueue::finish(Items::iterator item, std::vector<std::uint64_t>& finished) {
    if (item->ticket != 0) {
        finished.push_back(item->ticket);
    }
    if (!item->subject.empty()) {
        by_subject_.erase(item->subject);
    }
    bytes_ -= item->message.size();
    if (is_news(*item)) {
        --news_;
    }
    by_rank_.erase(item);
}

void BroadcastQueue::check() const {
    std::size_t bytes = 0;
    std::size_t news = 0;
    std::size_t subjects = 0;
    for (const Item& item : by_rank_) {
        bytes += item.message.size();
        news += is_news(item) ? 1U : 0U;
        subjects += item.subject.empty() ? 0U : 1U;
        MUSTER_ASSERT(!item.taken);
    }
    MUSTER_ASSERT(bytes == bytes_ && news == news_ && subjects == by_subject_.size());
    MUSTER_ASSERT(by_rank_.size() <= capacity_ && taken_.empty());
}

}  // namespace muster::swim
