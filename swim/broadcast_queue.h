// A transmit-limited queue: statements that are gossiped a number of times each, the newest and
// least sent first (docs/protocol/memberlist.md section 9.1; SWIM 2002 section 4.1).
//
// A broadcast is counted once for each packet that it goes out in, over all recipients. When it has
// reached the limit, or a newer statement about the same member replaced it, or the queue
// overflowed, it is finished, and its ticket is reported to whoever waits for that (a leave, an
// update).
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "swim/bytes.h"

namespace muster::swim {

class BroadcastQueue {
public:
    // Beyond `capacity` items, the most sent one is dropped. REQUIRES: capacity >= 1
    explicit BroadcastQueue(std::size_t capacity) : capacity_(capacity) {}

    // Queues `message`. With a subject, it replaces what is queued about that subject; without, it
    // replaces nothing. A ticket other than 0 is reported when this is finished. Finished tickets
    // are appended to `finished`.
    void push(BytesView subject, BytesView message, std::uint64_t ticket,
              std::vector<std::uint64_t>& finished);

    // Which round asks. An extra round is one that leaves between two gossip ticks, as soon as
    // there is news: an item takes part in one only, and with at most half of its transmissions
    // (docs/detection.md), so that the rest still spreads over time.
    enum class Round : std::uint8_t { Regular, Extra };

    // Whom a packet is for (0: nobody in particular), and how many others could have it. An item
    // that has gone there already waits for one of the others, while one of them is without: the
    // few copies of one piece of news go to different members. An item remembers four.
    struct Recipient {
        std::uint32_t id = 0;
        std::size_t others = 0;
    };

    // Takes messages for one packet: as many as fit into `budget` bytes, `overhead` counted for
    // each, until `out` holds `most`. Appends views to `out`, valid until the next call of
    // commit(), push() or clear(); answers the bytes used.
    std::size_t take(std::size_t budget, std::size_t overhead, unsigned limit, Round round,
                     Recipient recipient, std::size_t most, std::vector<BytesView>& out);
    // Counts what the last take() calls took as transmitted. REQUIRES: `limit` as in those calls.
    void commit(unsigned limit, std::vector<std::uint64_t>& finished);

    // The extra round that is going on ends: what took part in it never does again.
    void end_extra_round();

    bool empty() const { return by_rank_.empty(); }
    std::size_t size() const { return by_rank_.size(); }
    // The messages' lengths together.
    std::size_t bytes() const { return bytes_; }
    // Some item has not taken part in an extra round yet.
    bool has_news() const { return news_ > 0; }

    // Aborts if the counts are not those of the items.
    void check() const;

private:
    struct Item {
        Bytes subject;
        Bytes message;
        std::uint64_t ticket = 0;
        std::uint64_t number = 0;  // insertion order
        unsigned transmits = 0;
        unsigned extra_transmits = 0;
        std::array<std::uint32_t, 4> told{};  // the last recipients, in a circle
        unsigned told_next = 0;               // also how many, until the circle is full
        mutable bool taken = false;           // not part of the rank
    };
    // The first place in a tier where a message of at most `size` bytes can stand.
    struct Place {
        unsigned transmits;
        std::size_t size;
    };
    // Fewest transmits first, then the longest, then the newest.
    struct Rank {
        using is_transparent = void;
        bool operator()(const Item& a, const Item& b) const;
        bool operator()(const Item& a, const Place& b) const;
        bool operator()(const Place& a, const Item& b) const;
    };
    using Items = std::set<Item, Rank>;

    void finish(Items::iterator item, std::vector<std::uint64_t>& finished);
    static bool better_elsewhere(const Item& item, Recipient recipient);
    static void tell(Item& item, std::uint32_t id);
    bool is_news(const Item& item) const { return item.number >= first_news_; }

    std::size_t capacity_;
    Items by_rank_;
    std::unordered_map<Bytes, Items::iterator> by_subject_;
    std::vector<Items::iterator> taken_;
    std::uint64_t next_number_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t first_news_ = 0;  // the number from which on items are news
    std::size_t news_ = 0;          // how many of these are left
    Round last_round_ = Round::Regular;
    std::uint32_t last_recipient_ = 0;
};

}  // namespace muster::swim
