// `muster ring status`: the query that asks every agent which ring it uses, its answer as bytes,
// and who of them agrees (docs/ring.md, "The question between agents").
//
// The query itself goes the way of all queries; in here is only what it carries and what it says.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "agent/ring/rings.h"
#include "swim/bytes.h"
#include "swim/random.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::ring {

// Its payload is the name of a ring, or empty for all.
inline constexpr const char* status_query = "muster:ring";

// What an agent says of one of its rings.
struct RingState {
    std::uint64_t in_use = 0;              // fingerprint
    std::optional<std::uint64_t> pending;  // fingerprint of what is to be used
    Duration until{};                      // then; with `pending` only

    bool operator==(const RingState&) const = default;
};

struct StatusAnswer {
    std::map<Bytes, RingState, std::less<>> rings;
    std::vector<Bytes> held;    // held out there
    std::size_t held_more = 0;  // that did not fit

    bool operator==(const StatusAnswer&) const = default;
};

// The answer to a query with this payload.
StatusAnswer answer_status(TimePoint now, const Rings& rings, BytesView payload,
                           std::vector<Bytes> held);
// How long to wait before it is sent, so that those of many agents do not meet:
//
//     from [0, min(timeout / 4, members * 1 ms))
Duration answer_delay(Duration timeout, std::size_t members, Random& random);

// At most `limit` bytes: names, and rings after the first, are left out if they do not fit.
Bytes encode_status(const StatusAnswer& answer, std::size_t limit);
// The error names the field, what was expected and what was found.
Result<StatusAnswer> decode_status(BytesView payload);

inline constexpr std::size_t max_held_names = 1024;  // in an answer that is read

// What the answers say about one ring.
struct Agreement {
    // One that uses another ring than we, or has none of the name.
    struct Differing {
        Bytes name;
        std::optional<RingState> state;  // none: it has no such ring, or its answer was refused
        std::vector<Bytes> held;
        std::size_t held_more = 0;
        std::string error;  // why its answer was refused
    };
    std::vector<Bytes> agree;  // each of the lists by name
    std::vector<Differing> differ;
    std::vector<Bytes> silent;
};

// Gathers the answers to one query.
class Tally {
public:
    // `expected`: the members that are alive and carry the mark of muster. An agent of Serf knows
    // no such query, and is not silent.
    Tally(Bytes ring, const std::vector<Bytes>& expected);

    // Of a second answer of one member nothing is taken.
    void take(BytesView from, BytesView payload);
    // Nobody else is waited for.
    bool complete() const { return waiting_.empty(); }
    // Of whom an answer is expected, and has not come.
    const std::set<Bytes, std::less<>>& silent() const { return waiting_; }
    // `ours`: the fingerprint that we use now.
    Agreement finish(std::uint64_t ours) const;

private:
    Bytes ring_;
    std::set<Bytes, std::less<>> waiting_;
    std::map<Bytes, Result<StatusAnswer>, std::less<>> answers_;
};

}  // namespace muster::ring
