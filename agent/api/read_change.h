// One change of the history in the words of the API: what a client reads in a reply, and what a
// hook is given on its input. Events that this version does not know are words like all others.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/api/text.h"
#include "swim/bytes.h"

namespace muster::api {

class JsonEncoder;

struct ReadChange {
    std::uint64_t seq = 0;
    std::int64_t wall_ns = 0;
    Bytes event;    // "member-join", ...
    Bytes subject;  // member, leader, ring or user event: its name
    Bytes from;
    Bytes to;
    std::uint64_t incarnation = 0;
    Bytes addr;
    std::uint64_t port = 0;
    Bytes cause;
    Bytes by;
    std::vector<Bytes> others;
    std::uint64_t health = 0;
    TextMap tags;
    std::optional<TextMap> tags_before;  // none: they are the same
    std::uint64_t number = 0;            // term, Lamport time, changes lost, members alive
    std::uint64_t number_before = 0;     // members known
    Bytes fingerprint;
    Bytes fingerprint_before;
    Bytes payload;
};

// What sort of event it is: they have fields of their own.
bool is_of_member(const ReadChange& change);
bool is_of_leader(const ReadChange& change);
bool is_of_turnout(const ReadChange& change);
// Who claims the name, of a conflict: "10.0.0.9:7946".
std::string claimant(const ReadChange& change);

// As an object of what `json` writes.
void write(JsonEncoder& json, const ReadChange& change);
// One line, without its end: what `muster history --format json` prints.
std::string to_json(const ReadChange& change);

}  // namespace muster::api
