// The members that failed without leaving, and when to try them again: for ever, at a falling rate,
// so that a partition of any length heals by itself (docs/detection.md, "Retry for ever").
//
// Not the wire table, which forgets a dead member after seconds; a member kept there for long would
// accuse that member's next life. A try is a ping that carries the member's name: an address may
// belong to another cluster by now, and only the right name answers.
//
// Invariant: at most one try is under way; each member is tried at least every retry_max. Pure; its
// chance only spreads the agents' tries over time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agent/cluster/config.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/random.h"
#include "swim/time.h"

namespace muster::cluster {

// Whom to ping, by name.
struct Try {
    Bytes name;
    Endpoint endpoint;
};

// How long to wait after a number of tries in vain: first * 2^tries * alive, at most `max`. Scaled
// by the members alive, because each of them tries: a dead address of 1,000 agents is not pinged
// 500 times a second.
Duration retry_interval(Duration first, Duration max, unsigned tries, std::size_t alive);

class AddressBook {
public:
    AddressBook(const Config& config, Random random);

    // A member is reported failed. Known already: its new address counts, and its tries start over.
    void remember(TimePoint now, BytesView name, const Endpoint& endpoint, std::size_t alive);
    // It is alive again, has left, or was pruned.
    void forget(BytesView name);

    // The try that is due, if any and if none is under way. Answer it with acked() or timed_out().
    std::optional<Try> next(TimePoint now, std::size_t alive);

    // The one under way was answered: true if an exchange with it is still wanted. The member stays
    // remembered until the wire reports it alive, since that exchange may fail.
    bool acked(TimePoint now, BytesView name);
    void timed_out(TimePoint now, BytesView name);

    // When next() is worth calling. A change of the alive count may bring it forward: next() sees
    // to that.
    TimePoint next_deadline() const;

    std::size_t size() const { return entries_.size(); }
    bool contains(BytesView name) const { return entries_.find(name) != entries_.end(); }

private:
    struct Entry {
        Endpoint endpoint;
        TimePoint failed;  // when it was reported failed: forgotten forget_after later
        TimePoint last;    // when it failed or was tried last
        unsigned tries = 0;
        std::uint32_t early;  // how much of the interval is waived by chance, of 2^32
        TimePoint due;
    };
    using Entries = std::map<Bytes, Entry, std::less<>>;

    TimePoint due_time(const Entry& entry) const;
    void schedule(Entries::value_type& item);
    void reschedule_all(std::size_t alive);
    void drop(Entries::iterator position);
    void make_room();

    Config config_;
    Random random_;
    Entries entries_;
    std::set<std::pair<TimePoint, BytesView>> agenda_;  // by due time; views into the keys
    std::optional<Bytes> under_way_;
    std::size_t alive_ = 1;  // the count that the due times were reckoned with
};

}  // namespace muster::cluster
