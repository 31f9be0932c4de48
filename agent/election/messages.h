// What voters say to each other, as values and as bytes.
//
// A memberlist user message: the type byte 4D, a version, a kind, and a msgpack map. Serf's agents
// never see it: it goes to members with the muster mark alone. Every message names its cluster, who
// speaks and who is meant: a copy that reaches another voter, or another life of the one meant,
// changes nothing.
//
// Decoding is strict, and whole before anything is applied. Only form is checked here; what a
// message means is decided by those who handle it.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "agent/election/ids.h"
#include "agent/election/record.h"

namespace muster::election {

inline constexpr char message_type = '\x4D';
inline constexpr std::uint8_t message_version = 1;
// An Append with the largest record, and room for its other fields.
inline constexpr std::size_t max_message_size = 1380;

// Would you vote for me in that term? Changes nothing at the one who is asked.
struct PreVote {
    static constexpr std::uint8_t kind = 1;
    Term asked = 0;
    Key key;
};
struct PreVoteAnswer {
    static constexpr std::uint8_t kind = 2;
    Term asked = 0;  // the term that was asked about
    bool granted = false;
    std::uint32_t promise_left_ms = 0;
    std::optional<Record> record;  // if greater than the candidate's
};
struct Vote {
    static constexpr std::uint8_t kind = 3;
    Key key;
    Term transfer_of = 0;  // the leader of this term handed over; 0: an ordinary election
};
struct VoteAnswer {
    static constexpr std::uint8_t kind = 4;
    Term asked = 0;
    bool granted = false;
    std::uint32_t promise_left_ms = 0;
    std::optional<Record> record;
};
struct Append {
    static constexpr std::uint8_t kind = 5;
    std::uint64_t seq = 0;
    std::uint32_t promise_ms = 0;
    Key key;
    std::optional<Record> record;  // until the peer has it
    Key committed;
    std::vector<VoterId> answering;  // voters that the leader hears
};
struct AppendAnswer {
    static constexpr std::uint8_t kind = 6;
    std::uint64_t seq = 0;
    Key key;  // durable
    bool promised = false;
    bool ready = false;      // past the wait after its start
    bool wants = false;      // somebody waits at it to lead
    bool departing = false;  // leaves for good
    std::uint64_t wall = 0;  // its wall clock, seconds since 1970
};
// The tenure of head.term is over.
struct Release {
    static constexpr std::uint8_t kind = 7;
};
// And you are to lead next.
struct TransferNow {
    static constexpr std::uint8_t kind = 8;
};
struct LockRequest {
    static constexpr std::uint8_t kind = 9;
    ClusterId attempt = no_cluster;
    bool recover = false;
    Record plan;
};
struct LockAnswer {
    static constexpr std::uint8_t kind = 10;
    ClusterId attempt = no_cluster;
    bool locked = false;
    Term term_floor = 0;
    std::optional<Record> record;  // of a recovery: the voter's own
    Bytes reason;                  // why not
};
struct Founded {
    static constexpr std::uint8_t kind = 11;
    ClusterId attempt = no_cluster;
    Record record;
};
struct FoundedAnswer {
    static constexpr std::uint8_t kind = 12;
    ClusterId attempt = no_cluster;
};
struct Cancel {
    static constexpr std::uint8_t kind = 13;
    ClusterId attempt = no_cluster;
};
struct LockAsk {
    static constexpr std::uint8_t kind = 14;
    ClusterId attempt = no_cluster;
};
// Who leads? Anyone may ask.
struct LeaderAsk {
    static constexpr std::uint8_t kind = 15;
    std::uint64_t seq = 0;
};
struct LeaderAnswer {
    static constexpr std::uint8_t kind = 16;
    std::uint64_t seq = 0;      // of the question: an answer to an earlier one says nothing of now
    VoterId leader = no_voter;  // no_voter: none that I know of
    Term leader_term = 0;
    Bytes leader_name;
    bool self = false;  // I am the leader, and my lease holds
    std::uint32_t age_ms = 0;
    std::vector<Bytes> voters;
    std::vector<Bytes> answering;
};

using Body = std::variant<PreVote, PreVoteAnswer, Vote, VoteAnswer, Append, AppendAnswer, Release,
                          TransferNow, LockRequest, LockAnswer, Founded, FoundedAnswer, Cancel,
                          LockAsk, LeaderAsk, LeaderAnswer>;

struct Head {
    ClusterId cluster = no_cluster;
    VoterId from = no_voter;  // no_voter: one that does not vote
    Bytes from_name;
    VoterId to = no_voter;
    Term term = 0;
};

struct Message {
    Head head;
    Body body;
};

// A message of ours before it is encoded.
struct Letter {
    VoterId to = no_voter;
    Bytes to_name;
    Body body;
};

Bytes encode(const Message& message);
// The whole user message, type byte first. The error names the kind and the field.
Result<Message> decode_message(BytesView bytes);
const char* to_string(const Body& body);

}  // namespace muster::election
