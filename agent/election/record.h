// The replicated record: the whole of what a cluster's voters agree on. It is replaced as one, by
// the leader alone, one voter changed at a time; there is no log of commands.
//
// A change that is in flight stands in the record itself (`added`, `removed`): from then until it
// is committed a majority is more than half of the voters AND more than half of those before. It is
// one rule, for votes, acceptances and leases alike, evaluated with the greatest record that a node
// holds, committed or not (schedules F3 and F5 in docs/election.md break simpler ones).
//
// Pure values; the bytes are those of msgpack, at most max_record_size of them, so that the message
// that carries one stays a single datagram.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/election/ids.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::election {

inline constexpr std::size_t max_voters = 9;
inline constexpr std::size_t max_name = 64;
inline constexpr std::size_t max_once = 16;
inline constexpr std::size_t max_record_size = 1100;

struct Voter {
    Bytes name;
    VoterId id = no_voter;
    std::uint8_t priority = 100;  // 0: votes, and does not lead
    bool operator==(const Voter&) const = default;
};

// A key of `--once` that has been used: it goes when the wall clocks of a majority have passed
// `expiry`.
struct OnceKey {
    std::uint64_t hash = 0;
    std::uint64_t expiry = 0;  // seconds since 1970
    bool operator==(const OnceKey&) const = default;
};

struct Record {
    Key key;
    ClusterId cluster = no_cluster;
    std::uint8_t target = 0;  // voters wanted
    std::uint32_t lease_ms = 0;
    std::uint32_t drift_ppm = 0;
    std::vector<Voter> voters;
    std::optional<Voter> added;      // is in voters, was not before
    std::optional<Voter> removed;    // was before, is not in voters
    std::uint32_t lease_before = 0;  // while a change of the lease is in flight; else 0
    std::vector<OnceKey> once;
    // Entries of a newer version, key and value as they came, and how many.
    Bytes unknown;
    std::uint8_t unknown_entries = 0;

    bool operator==(const Record&) const = default;

    bool in_flight() const { return added || removed || lease_before != 0; }
    // The leader counts with the shorter lease and asks promises for the longer, while one changes.
    std::uint32_t counted_lease_ms() const;
    std::uint32_t asked_lease_ms() const;
    std::uint32_t asked_promise_ms() const;

    // voters - added + removed.
    std::vector<Voter> before() const;
    const Voter* voter(VoterId id) const;
    const Voter* voter_named(BytesView name) const;
    // In voters, or in those before.
    bool counts(VoterId id) const;
    // Voters and those before, each once.
    std::vector<Voter> electorate() const;
};

// Whether more than half of `set` satisfy `has(id)`.
template <class Has>
bool most_of(const std::vector<Voter>& set, Has has) {
    const auto agreed =
        std::count_if(set.begin(), set.end(), [&](const Voter& each) { return has(each.id); });
    return 2 * static_cast<std::size_t>(agreed) > set.size();
}

// The one rule of majorities.
template <class Has>
bool majority(const Record& record, Has has) {
    return most_of(record.voters, has) && (!record.in_flight() || most_of(record.before(), has));
}

// Why the record is none, in words; empty if it is one.
std::string flaw(const Record& record);

// REQUIRES: the encoding fits (see fits()).
void encode(const Record& record, Bytes& out);
bool fits(const Record& record);
// The whole of `bytes`. Never answers a record with a flaw.
Result<Record> decode_record(BytesView bytes);

}  // namespace muster::election
