// What the command line asks for. Parsing only: nothing is opened or printed. Of the environment
// only MUSTER_RPC_AUTH is read, since a token on a command line is seen by all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/api/fields.h"
#include "agent/api/ring_messages.h"
#include "cli/exit_status.h"
#include "swim/time.h"

namespace muster::cli {

struct MembersOptions {
    std::string status;  // expressions; empty: all
    std::string name;
    api::TextMap tags;
    bool detailed = false;
    bool watch = false;
    std::string at;  // a moment as cli/moment.h reads it; empty: now
};
struct HistoryOptions {
    std::string member;             // empty: all
    std::optional<Duration> since;  // so long ago; none: from the oldest on
    std::uint64_t from = 0;         // the first change; 0: the oldest
    bool follow = false;
};
struct ExplainOptions {
    std::string member;
};
struct DoctorOptions {};
struct JoinOptions {
    std::vector<std::string> seeds;
    bool replay = false;
};
struct LeaveOptions {
    bool for_good = false;
};
struct ForceLeaveOptions {
    std::string name;
    bool prune = false;
};
struct InfoOptions {};
struct WaitOptions {
    std::optional<std::uint64_t> members;                       // so many alive, at least
    bool leader = false;                                        // somebody leads
    std::vector<std::pair<std::string, std::string>> statuses;  // of members, by name
    Duration timeout{};
    bool ring_agreed = false;  // all use one ring, and it is not about to be another
};
struct MonitorOptions {
    std::string log_level = "info";
};
struct VersionOptions {};
struct TagsOptions {
    api::TextMap set;
    std::vector<std::string> remove;
};
// A payload as it is given, or `-` for what is read from standard input.
struct Payload {
    std::string text;
    bool from_input() const { return text == "-"; }
};
struct EventOptions {
    std::string name;
    Payload payload;
    bool coalesce = false;
};
struct QueryOptions {
    std::string name;
    Payload payload;
    std::vector<std::string> filter_nodes;
    api::TextMap filter_tags;  // expressions
    Duration timeout{};        // zero: as the agent likes
    bool no_ack = false;
    std::uint8_t relay_factor = 0;
};
struct KeysOptions {
    enum class Action : std::uint8_t { List, Install, Use, Remove, Status };
    Action action = Action::List;
    std::string key;  // base64, or `-` for a line of standard input
};
struct RotateOptions {
    bool resume = false;
    bool force = false;
    bool show = false;  // the new key itself, where somebody needs it
    std::string to;     // with resume: the new key's fingerprint
};
struct KeygenOptions {
    std::string keyring;  // a file to make; empty: print the key
};
struct RttOptions {
    std::string a;
    std::string b;  // empty: the agent itself
};
struct ReachabilityOptions {};
struct RingOwnersOptions {
    std::string ring;
    std::vector<std::string> keys;  // only `-`: those of standard input, one a line
    std::uint64_t owners = 0;       // 0: as many as the ring has replicas
    bool distinct_zones = false;
};
struct RingShowOptions {
    std::string ring;
};
struct RingExportOptions {
    std::string ring;
};
struct RingDiffOptions {
    api::RingDiffRequest request;
    std::string at;  // a moment as cli/moment.h reads it; empty: the request says what
};
struct RingStatusOptions {
    std::string ring;
    Duration timeout{};
};
struct DrainOptions {
    enum class Action : std::uint8_t { On, Off, Status };
    Action action = Action::Status;
    std::optional<Duration> time;
};
struct HooksOptions {
    enum class Show : std::uint8_t { List, Status, Dead };
    Show show = Show::List;
    std::string hook;  // empty: all
};
// What was given up: run again, or forgotten.
struct HookLettersOptions {
    bool drop = false;
    std::string hook;
    std::vector<std::uint64_t> seqs;
    bool all = false;
};
struct HookTestOptions {
    std::string hook;
};
struct ReloadOptions {};

struct LeaderOptions {
    bool am_i = false;
    bool wait = false;
    bool unfenced = false;
    std::optional<Duration> timeout;  // of the wait; none: for ever
};
struct ResignOptions {
    Duration hold_off{};
};
struct TransferOptions {
    std::string name;
};
struct CheckTokenOptions {
    std::uint64_t term = 0;
};
struct ResetOptions {
    bool force = false;
};
struct VotersOptions {
    enum class Action : std::uint8_t { List, Add, Remove, Replace, Target, Recover };
    Action action = Action::List;
    std::string name;
    std::string old;  // replace: who goes
    std::uint64_t target = 0;
    std::vector<std::string> names;  // recover
};
struct RunOptions {
    std::vector<std::string> command;  // at least the program
    std::string name;                  // under which leadership is held
    bool no_wait = false;
    std::optional<Duration> wait;  // none: for ever
    std::string once;              // a key; empty: as often as asked
    Duration lasts = std::chrono::hours(24);
    std::optional<Duration> grace;  // none: 0.15 of the lease
    Duration hold_off = std::chrono::seconds(10);
    int lost_status = 4;
    bool unfenced = false;
};

using CommandOptions =
    std::variant<MembersOptions, JoinOptions, LeaveOptions, ForceLeaveOptions, InfoOptions,
                 WaitOptions, HistoryOptions, ExplainOptions, DoctorOptions, MonitorOptions,
                 VersionOptions, TagsOptions, EventOptions, QueryOptions, KeysOptions,
                 RotateOptions, KeygenOptions, RttOptions, ReachabilityOptions, RingOwnersOptions,
                 RingShowOptions, RingExportOptions, RingDiffOptions, RingStatusOptions,
                 DrainOptions, HooksOptions, HookLettersOptions, HookTestOptions, ReloadOptions,
                 LeaderOptions, ResignOptions, TransferOptions, CheckTokenOptions, ResetOptions,
                 VotersOptions, RunOptions>;

struct Options {
    std::string api;       // a socket's path; empty: the default
    std::string rpc_addr;  // HOST:PORT; empty: the socket
    std::string rpc_auth;
    bool json = false;
    CommandOptions command;
};

// Nothing to run: help was asked for, or the command line is wrong.
struct Usage {
    ExitStatus status = ExitStatus::Usage;
    std::string text;  // for stdout if help was asked for, else for stderr
};

std::variant<Options, Usage> parse_options(const std::vector<std::string>& arguments);

}  // namespace muster::cli
