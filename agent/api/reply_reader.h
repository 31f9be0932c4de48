// Replies as a client reads them, of a musterd or of a real Serf agent. What the agent did not say
// is none: Serf knows neither incarnations nor since when a member has its status.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/fields.h"
#include "agent/api/value.h"
#include "agent/cluster/coordinate.h"
#include "swim/endpoint.h"
#include "swim/message.h"
#include "swim/result.h"

namespace muster::api {

struct ReadHeader {
    std::uint64_t seq = 0;
    Bytes error;
    bool extended = false;  // of a handshake: the extended records were granted
};

struct ReadMember {
    Bytes name;
    Endpoint endpoint;
    Bytes status;  // Serf's word, as sent
    TextMap tags;
    swim::Versions versions;
    std::optional<std::uint32_t> incarnation;
    std::optional<std::int64_t> since_ns;
    std::optional<bool> suspect;
    std::optional<bool> self;
    // Held out until then, since 1970; 0: nobody knows yet. None: it is not, or the agent knows no
    // holds.
    std::optional<std::int64_t> held_until_ns;

    // The word that people see: "suspect" for a member that is alive but suspected.
    BytesView shown_status() const;
};

struct ReadMembers {
    std::optional<std::uint64_t> index;
    std::vector<ReadMember> members;
};

struct ReadJoined {
    std::uint64_t joined = 0;
    struct Failure {
        Bytes seed;
        Bytes error;
    };
    std::optional<std::vector<Failure>> failed;
};

struct ReadStats {
    std::optional<std::uint64_t> index;
    std::optional<std::vector<Bytes>> warnings;
    std::map<Bytes, TextMap, std::less<>> sections;
};

struct ReadEvent {
    Bytes kind;  // "member-join", ..., "lost"
    std::vector<ReadMember> members;
    std::optional<std::uint64_t> lost;  // so many records were left out
};

struct ReadLog {
    Bytes text;
    std::optional<Bytes> level;  // none: the text is a line with a mark and a time of its own
    std::optional<std::int64_t> wall_ns;
    std::optional<std::uint64_t> lost;
};

struct ReadTags {
    std::optional<std::uint64_t> index;
    std::optional<TextMap> tags;
};

// Of an event or a query.
struct ReadLtime {
    std::optional<std::uint64_t> ltime;
};

struct ReadAnswer {
    Bytes type;  // "ack", "response", "done"
    Bytes from;
    Bytes payload;
    // Of the end of a query: what the agent has sent us, and what it could not.
    std::optional<std::uint64_t> acks, responses, lost;
};

struct ReadKeys {
    std::uint64_t members = 0, responses = 0, errors = 0;
    TextMap messages;
    std::optional<std::map<Bytes, std::uint64_t, std::less<>>> keys;          // of a list
    std::optional<std::map<Bytes, std::uint64_t, std::less<>>> primary_keys;  // the same, ours
    // Member -> its keys, the primary first; only of those that answered.
    std::optional<std::map<Bytes, std::vector<Bytes>, std::less<>>> key_lists;
    std::optional<std::vector<Bytes>> silent;
};

// Each: the error names the field that is not as it should be.
Result<ReadHeader> read_header(const Value& record);
Result<ReadMembers> read_members(const Value& body);
Result<ReadJoined> read_joined(const Value& body);
Result<ReadStats> read_stats(const Value& body);
Result<ReadEvent> read_event(const Value& body);
Result<ReadLog> read_log(const Value& body);
Result<ReadTags> read_tags(const Value& body);
Result<ReadLtime> read_ltime(const Value& body);
Result<ReadAnswer> read_answer(const Value& body);
Result<ReadKeys> read_keys(const Value& body);
// None: the agent knows none.
Result<std::optional<cluster::Coordinate>> read_coordinate(const Value& body);

}  // namespace muster::api
