// What the server answers: the bodies of replies and the records of streams, written for every
// encoding by the same calls. The reading side is agent/api/reply_reader.h.
//
// In Encoding::Serf each body has exactly the fields of docs/protocol/rpc.md section 4; the others
// add ours: what a member's record says beyond Serf, and the view's Index.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/backend.h"
#include "agent/api/encoder.h"

namespace muster::api {

// A member as a reply shows it. Views: valid as long as what they were made from.
struct MemberRecord {
    BytesView name;
    Endpoint endpoint;
    BytesView tags;  // encoded
    swim::Versions versions;
    cluster::Status status = cluster::Status::None;
    bool suspect = false;
    std::uint32_t incarnation = 0;
    std::optional<std::int64_t> since_ns;  // since 1970; none in a record of an event
    bool self = false;
    // Held out until then, since 1970; 0: while it is suspected its time does not run. None: it is
    // not.
    std::optional<std::int64_t> held_until_ns = {};
};

void write_members(Encoder& encoder, std::span<const MemberRecord> members, std::uint64_t index);

// The reply to a handshake: the only one without a body that says something beside Error and Seq,
// namely that the extended records were granted.
void write_handshake(Encoder& encoder, std::uint64_t seq, bool grants_extended);

void write_joined(Encoder& encoder, const JoinOutcome& outcome);
// The header's error of a join that reached nobody though it was asked to: in Serf's form, several
// lines, or ours; empty if it reached somebody.
std::string join_error(const JoinOutcome& outcome, bool extended);

void write_stats(Encoder& encoder, const Stats& stats, std::span<const std::string> warnings,
                 std::uint64_t index);
// Ours: Serf's replies to `tags` have no body. REQUIRES: encoder.extended()
void write_tags(Encoder& encoder, const cluster::Tags& tags, std::uint64_t index);

// One record of a stream: what happened, and the member after it. `wall_ns` is the time of
// telling, in nanoseconds since 1970.
void write_event(Encoder& encoder, const MemberEvent& event, std::int64_t wall_ns, bool self);

// One record of a monitor.
struct LogRecord {
    LogLevel level = LogLevel::Info;
    std::int64_t wall_ns = 0;
    std::string_view text;
};
void write_log(Encoder& encoder, const LogRecord& record);
const char* to_string(LogLevel level);  // "trace", "debug", "info", "warn", "err"

// One record of a stream: a user event, and when it was told.
void write_user_event(Encoder& encoder, const cluster::HeardEvent& event, std::int64_t wall_ns);
// One record of a stream: a query, and the number under which this connection may answer it until
// the deadline. Nanoseconds since 1970.
void write_query(Encoder& encoder, const cluster::HeardQuery& query, std::uint64_t id,
                 std::int64_t deadline_ns, std::int64_t wall_ns);

// What became of a query of this client's own, told with its end.
struct AnswerCounts {
    std::uint64_t acks = 0;
    std::uint64_t responses = 0;
    std::uint64_t lost = 0;  // of both, as the client did not read them in time
};
// One record for who asked. `counts` is of use with Done.
void write_answer(Encoder& encoder, const cluster::QueryAnswer& answer, const AnswerCounts& counts);

// Ours: Serf's replies to `event` and `query` have no body. REQUIRES: encoder.extended()
void write_ltime(Encoder& encoder, cluster::LamportTime ltime);

// How a change of keys went, or their list. Serf's `Keys` is nil but for a list.
void write_key_report(Encoder& encoder, const cluster::KeyReport& report, bool is_list);

// Who leads, and one answer for every request of a `leader-` or `voters-` command.
void write_leader(Encoder& encoder, const election::LeaderView& view);
void write_leader_answer(Encoder& encoder, const election::Answer& answer);
// One record of a stream: who leads has changed.
void write_leadership(Encoder& encoder, const election::Event& event, std::int64_t wall_ns);

// One record of a stream: fewer than half of the remembered members are there, or half are again.
void write_turnout(Encoder& encoder, const Turnout& turnout, std::int64_t wall_ns);

// None: the member is not known, or nobody has measured it yet.
void write_coordinate(Encoder& encoder, const std::optional<cluster::Coordinate>& coordinate);

// A record in place of `count` others that this client did not read in time. REQUIRES:
// encoder.extended()
void write_lost(Encoder& encoder, std::uint64_t count);

}  // namespace muster::api
