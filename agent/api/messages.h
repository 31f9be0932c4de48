// What clients ask: the commands, their names, and their requests as values. Decoding is for the
// server, encoding for the cli; both are docs/protocol/rpc.md section 4, with our fields added
// where a client wants them. No socket here.
//
// One request is a header and, for most commands, a body; in JSON both are one object. Our fields
// that are not of one command stand in the header, since some commands have no body: MinIndex (the
// answer waits until the view has that index), MaxWait (for so many nanoseconds at most), and
// ForGood of `leave`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/fields.h"
#include "agent/api/value.h"
#include "agent/cluster/application.h"
#include "swim/bytes.h"
#include "swim/result.h"
#include "swim/time.h"

namespace muster::api {

enum class Command : std::uint8_t {
    Handshake,
    Auth,
    Members,
    MembersFiltered,
    Join,
    Leave,
    ForceLeave,
    Tags,
    Statistics,
    Stream,
    Monitor,
    Stop,
    Event,
    Query,
    Respond,
    InstallKey,
    UseKey,
    RemoveKey,
    ListKeys,
    GetCoordinate,
    Ring,
    RingOwners,
    RingDiff,
    RingExport,
    RingStatus,
    Drain,
    DrainStatus,
    Leader,
    LeaderHold,
    LeaderRelease,
    LeaderResign,
    LeaderTransfer,
    LeaderCheckToken,
    LeaderOnce,
    LeaderReset,
    VotersChange,
    VotersRecover,
    History,
    MembersAt,
    Explain,
    Doctor,
    Hooks,
    HooksDead,
    HooksReplay,
    HooksDrop,
    HooksTest,
    Reload,
};

struct CommandTraits {
    Command command;
    std::string_view name;
    bool has_body;  // a body follows the request's header
    bool changes;   // acts on the cluster, or shows its keys: only some may use it
};

// Null: there is no such command.
const CommandTraits* find_command(std::string_view name);
const CommandTraits& traits(Command command);

struct RequestHeader {
    Bytes command;
    std::uint64_t seq = 0;
    std::uint64_t min_index = 0;
    Duration max_wait = Duration::zero();  // 0: as the server likes
    bool for_good = false;                 // of a leave: a voter asks to be replaced
};

// Command and Seq must be there in msgpack; a line of JSON may leave Seq out.
Result<RequestHeader> decode_header(const Value& record, bool seq_required);

struct HandshakeRequest {
    std::int64_t version = 1;
    bool extended = false;  // ours: answer with the extended records
};
struct AuthRequest {
    Bytes key = {};
};
struct FilterRequest {
    Bytes name = {};  // expressions; empty: all
    Bytes status = {};
    TextMap tags = {};
};
struct JoinRequest {
    std::vector<Bytes> seeds = {};
    bool replay = false;
};
struct ForceLeaveRequest {
    Bytes node = {};
    bool prune = false;
};
struct TagsRequest {
    TextMap set = {};
    std::vector<Bytes> remove = {};
};
struct StreamRequest {
    Bytes type = {};
};
struct MonitorRequest {
    Bytes level = {};
};
struct StopRequest {
    std::uint64_t stop = 0;
};
struct EventRequest {
    Bytes name = {};
    Bytes payload = {};
    bool coalesce = false;
};
struct RespondRequest {
    std::uint64_t id = 0;  // of a query's record on the same connection
    Bytes payload = {};
};
struct KeyRequest {
    Bytes key = {};  // base64
};
struct CoordinateRequest {
    Bytes node = {};
};

// Of a query that a client may ask: longer ones would be kept for whoever has long gone.
inline constexpr Duration max_query_timeout = std::chrono::hours(24);

// Each: the error names the field.
Result<HandshakeRequest> decode_handshake(const Value& body);
Result<AuthRequest> decode_auth(const Value& body);
Result<FilterRequest> decode_filter(const Value& body);
Result<JoinRequest> decode_join(const Value& body);
Result<ForceLeaveRequest> decode_force_leave(const Value& body);
Result<TagsRequest> decode_tags_request(const Value& body);
Result<StreamRequest> decode_stream(const Value& body);
Result<MonitorRequest> decode_monitor(const Value& body);
Result<StopRequest> decode_stop(const Value& body);
Result<EventRequest> decode_event(const Value& body);
Result<cluster::QueryRequest> decode_query(const Value& body);
Result<RespondRequest> decode_respond(const Value& body);
Result<KeyRequest> decode_key(const Value& body);
Result<CoordinateRequest> decode_coordinate(const Value& body);

// Each appends a whole request in msgpack, with the bytes of Serf's own client.
void encode_header(const RequestHeader& header, std::string& out);
void encode_body(const HandshakeRequest& request, std::string& out);
void encode_body(const AuthRequest& request, std::string& out);
void encode_body(const FilterRequest& request, std::string& out);
void encode_body(const JoinRequest& request, std::string& out);
void encode_body(const ForceLeaveRequest& request, std::string& out);
void encode_body(const TagsRequest& request, std::string& out);
void encode_body(const StreamRequest& request, std::string& out);
void encode_body(const MonitorRequest& request, std::string& out);
void encode_body(const StopRequest& request, std::string& out);
void encode_body(const EventRequest& request, std::string& out);
void encode_body(const cluster::QueryRequest& request, std::string& out);
void encode_body(const RespondRequest& request, std::string& out);
void encode_body(const KeyRequest& request, std::string& out);
void encode_body(const CoordinateRequest& request, std::string& out);

// Error texts that clients compare, or that the reference sends (section 6).
namespace errors {
inline constexpr std::string_view unsupported_command = "Unsupported command";
inline constexpr std::string_view unsupported_version = "Unsupported IPC version";
inline constexpr std::string_view duplicate_handshake = "Handshake already performed";
inline constexpr std::string_view handshake_required = "Handshake required";
inline constexpr std::string_view auth_required = "Authentication required";
inline constexpr std::string_view invalid_auth = "Invalid authentication token";
inline constexpr std::string_view duplicate_monitor = "Monitor already exists";
inline constexpr std::string_view duplicate_stream = "Stream with given sequence exists";
inline constexpr std::string_view invalid_filter = "Invalid event filter";
inline constexpr std::string_view no_pending_query = "No pending queries matching ID";
inline constexpr std::string_view internal_query = "Queries cannot contain the '_serf_' prefix";
inline constexpr std::string_view past_deadline =
    "failed to respond to key query: response is past the deadline";
inline constexpr std::string_view tags_too_large =
    "Encoded length of tags exceeds limit of 512 bytes";
}  // namespace errors

}  // namespace muster::api
