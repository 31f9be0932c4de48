// The members that failed without leaving, and when to try them again: for ever, at a falling rate,
// so that a partition of any length heals by itself (docs/detection.md, "Retry for ever").
//
// Not the wire table, which forgets a dead member after seconds: one kept there for long would
// accuse that member's next life. A try is a ping that carries the member's name: an address may
// belong to another cluster by now, and only the right name answers.
//
// Invariant: at most one try is under way; each member is tried at least every retry_max, as far as
// one at a time allows. Pure; its chance only spreads the agents' tries over time.
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

class AddressBook {
public:
    AddressBook(const Config& config, Random random);
    AddressBook(AddressBook&&) = default;
    AddressBook& operator=(AddressBook&&) = default;

    // A member is reported failed. If it is known already, it starts over with this address.
    void remember(TimePoint now, BytesView name, const Endpoint& endpoint);
    // One that failed, or fell silent, at `failed`, in an earlier life of ours.
    void recall(TimePoint now, BytesView name, const Endpoint& endpoint, TimePoint failed);
    // It is alive again, has left, or was pruned.
    void forget(BytesView name);
    // How many members are alive now, ourselves included: sets the pace.
    void count(std::size_t alive);

    // The try that is due, if any and if none is under way. Answer it with acked() or timed_out().
    std::optional<Try> next(TimePoint now);
    // When next() is worth calling.
    TimePoint next_deadline() const;

    // The try under way was answered. True if an exchange with the member is still wanted. It stays
    // remembered until the wire reports it alive, since that exchange may fail.
    bool acked(BytesView name);
    void timed_out(BytesView name);

    std::size_t size() const { return entries_.size(); }
    bool contains(BytesView name) const { return entries_.find(name) != entries_.end(); }
    // Calls visit(name, endpoint, failed) for each.
    template <class Visit>
    void each(Visit visit) const {
        for (const auto& [name, entry] : entries_) {
            visit(name, entry.endpoint, entry.failed);
        }
    }

private:
    struct Entry {
        Endpoint endpoint;
        TimePoint failed;         // forgotten forget_after later
        TimePoint last;           // when it failed, or was tried last
        unsigned tries = 0;       // in vain
        std::uint16_t early = 0;  // how much of the interval is waived by chance
        TimePoint due;
    };
    using Entries = std::map<Bytes, Entry, std::less<>>;

    void schedule(Entries::value_type& item);
    void drop(Entries::iterator position);

    Config config_;
    Random random_;
    Entries entries_;
    std::set<std::pair<TimePoint, BytesView>> agenda_;  // by due time; views into the keys
    std::optional<Bytes> under_way_;
    std::size_t alive_ = 1;  // the count that the due times were reckoned with
};

}  // namespace muster::cluster
