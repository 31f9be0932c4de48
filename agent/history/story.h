// Why a member stands as it does, in sentences: from what the journal has of it, and from what this
// agent knows of it now. What `muster explain` says. Values in, a value out. Pure.
//
// The chain of evidence begins where the member last stood quietly: with its last step from alive,
// or from nothing. It is one agent's view, and says so: rows are what this agent saw.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/history/change.h"
#include "swim/bytes.h"
#include "swim/endpoint.h"
#include "swim/time.h"

namespace muster::history {

// Who tells it, and when. Moments are nanoseconds since 1970.
struct Teller {
    Bytes self;
    std::int64_t now_ns = 0;
};

// What is known of the member now.
struct Live {
    Standing standing = Standing::None;  // as reported; None: it is no member
    bool leaving = false;
    bool self = false;  // it is the teller
    std::int64_t since_ns = 0;
    std::uint32_t incarnation = 0;
    Endpoint endpoint;
    // Held out until then; 0: while it is suspected its time does not run. None: it is not held.
    std::optional<std::int64_t> held_until_ns;
    // When its answers to our own probes came last: directly by UDP; by way of others, or late; by
    // TCP. None: never, or not while it has been on the wire.
    std::optional<std::int64_t> direct_ns;
    std::optional<std::int64_t> relayed_ns;
    std::optional<std::int64_t> streamed_ns;
    std::optional<Duration> probe_time;  // of the last direct answer
    std::optional<Duration> distance;    // as the coordinates estimate it
    std::uint64_t undeciphered = 0;      // packets of its that no key of ours opens
    unsigned health = 0;                 // the teller's own score; 0: healthy
};

struct Story {
    Bytes member;
    std::string status;  // "alive", "suspect", "leaving", "left", "failed"; "none": no member
    std::int64_t since_ns = 0;
    std::vector<std::string> sentences;  // may hold any bytes that a name may hold
    std::vector<Change> evidence;        // the rows that the sentences are from, in their order
};

// The last ones that are looked at, and told. More in number are worth no more.
inline constexpr std::size_t most_changes = 512;
inline constexpr std::size_t most_evidence = 16;

// `changes`: those of the subject `member`, in their order, the newest last; those that are of
// something else of that name are passed over. None: nothing is known of such a member.
std::optional<Story> tell(BytesView member, std::span<const Change> changes, const Live& live,
                          const Teller& teller);

// How often the member came back from suspected or failed, no earlier than `after_ns`.
std::size_t returns_after(std::span<const Change> changes, std::int64_t after_ns);

// "2026-01-31 03:12:07 UTC", and "4 min": a length of time in one unit, for people.
std::string moment_text(std::int64_t wall_ns);
std::string length_text(Duration length);

}  // namespace muster::history
