// What the local API asks of the daemon. The agent implements it over its node; tests implement it
// with a few lines. Everything happens on the one loop thread.
//
// Questions answer at once. Requests take a completion that is called exactly once, later or during
// the call; it may outlive the connection that asked, so it must not own one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/finding.h"
#include "agent/api/hook_questions.h"
#include "agent/api/ring_questions.h"
#include "agent/api/turnout.h"
#include "agent/cluster/tags.h"
#include "agent/effects.h"
#include "agent/election/leader_view.h"
#include "agent/election/request.h"
#include "agent/history/story.h"
#include "agent/journal/question.h"
#include "agent/node.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::ring {
class Rings;
}

namespace muster::api {

// One failed address of a join: as it was given, and why.
struct JoinFailure {
    std::string seed;
    std::string error;
};

struct JoinOutcome {
    std::size_t joined = 0;
    std::vector<JoinFailure> failed;
};

// What `muster info` shows, and Serf's `stats`: sections of name/value pairs, values as text.
// Serf's sections are "agent" (name), "runtime" (os, arch, version, ...), "serf" and "tags"
// (docs/protocol/rpc.md section 4.13); `muster info` also reads "members" (alive, suspect, leaving,
// left, failed) and "rejected" (a count by reason), and shows every other section as it is.
using Stats = std::map<std::string, std::map<std::string, std::string>>;

// Levels of log records, with spdlog's numbers.
enum class LogLevel : int { Trace = 0, Debug = 1, Info = 2, Warn = 3, Err = 4 };

// What a subscriber hears. Valid during the call only.
class Subscriber {
public:
    virtual ~Subscriber() = default;
    virtual void on_member_event(const MemberEvent& event) = 0;
    virtual void on_user_event(const cluster::HeardEvent& event) = 0;
    // May be answered with Backend::respond() until its deadline.
    virtual void on_query(const cluster::HeardQuery& query) = 0;
    // A ring uses other members, for those who want to hear it.
    virtual void on_ring_change(const RingChange& /*change*/) {}
    virtual bool wants_ring_changes() const { return false; }
    virtual void on_leadership(const election::Event& event) = 0;
    // Fewer than half of the remembered members are there, or at least half are again.
    virtual void on_turnout(const Turnout& /*turnout*/) {}
    // The view's index has risen, for whatever reason; its events, if any, were told before.
    virtual void on_view(std::uint64_t index) = 0;
    // One log record as the daemon wrote it. Called on the loop thread.
    virtual void on_log(LogLevel level, std::int64_t wall_ns, std::string_view text) = 0;
};

class Backend {
public:
    virtual ~Backend() = default;

    virtual std::uint64_t index() const = 0;
    // Appends all members, as reported, in no particular order. Views are valid until the next
    // input.
    virtual void members(std::vector<MemberView>& out) const = 0;
    virtual const Bytes& self() const = 0;
    // Nanoseconds since 1970 for a moment of the node's clock.
    virtual std::int64_t wall_time(TimePoint at) const = 0;
    virtual Stats stats() const = 0;
    // What is loud about this agent right now, a sentence each: for `muster info`.
    virtual std::vector<std::string> warnings() const = 0;

    // `seeds` as a person gives them: HOST, HOST:PORT, NAME/HOST:PORT. Names are resolved.
    // `replay`: user events from before the join are told too.
    virtual void join(std::vector<std::string> seeds, bool replay,
                      std::function<void(JoinOutcome)> done) = 0;
    // Leaves gracefully; the daemon ends after `done` was called. `for_good`: a voter asks to be
    // replaced.
    virtual void leave(bool for_good, std::function<void(std::string error)> done) = 0;
    virtual void force_leave(const Bytes& name, bool prune,
                             std::function<void(std::string error)> done) = 0;
    virtual void set_tags(const cluster::Tags& tags,
                          std::function<void(std::string error)> done) = 0;
    virtual const cluster::Tags& tags() const = 0;

    // The Lamport time of the event, or why it was refused.
    virtual Result<cluster::LamportTime> user_event(const Bytes& name, const Bytes& payload,
                                                    bool coalesce) = 0;
    // Answers come to `answered`, never during the call, the last of them of kind Done.
    virtual Result<cluster::LamportTime> query(
        const cluster::QueryRequest& wanted,
        std::function<void(const cluster::QueryAnswer&)> answered) = 0;
    // The error, in the reference's words; none: it is on its way.
    virtual std::optional<Error> respond(cluster::QueryHandle handle, const Bytes& payload) = 0;
    // `key` is raw. The error of the report is for the client.
    virtual void keys(cluster::KeyAction action, const Bytes& key,
                      std::function<void(const cluster::KeyReport&)> done) = 0;
    virtual std::optional<cluster::Coordinate> coordinate(const Bytes& name) const = 0;

    // What has happened, and the members as they were; answered by the journal's thread.
    virtual void history(const journal::Question& question,
                         std::function<void(const Result<journal::Page>&)> done) = 0;
    virtual void members_at(const journal::Moment& moment,
                            std::function<void(const Result<journal::PastView>&)> done) = 0;

    // What is known of the member of this name now.
    virtual history::Live live(const Bytes& member) const = 0;
    // What is wrong with this agent, as far as it can tell.
    virtual std::vector<Finding> findings() const = 0;

    // The rings as the agent uses them now. Valid until the next input.
    virtual const ring::Rings& rings() const = 0;
    virtual void ask_ring(RingJob job) = 0;
    // The node's clock.
    virtual TimePoint now() const = 0;
    // Drains this agent, for `time` or until it is ended, or ends that. Done when the others were
    // told, and it is kept for the next start; the error may be of that alone.
    virtual void drain(bool on, std::optional<Duration> time,
                       std::function<void(std::string error)> done) = 0;
    virtual DrainState drain_state() const = 0;
    // Who leads, as can be said at this moment.
    virtual election::LeaderView leader() const = 0;
    // `done` may be called during the call.
    virtual void lead(const election::Request& wanted,
                      std::function<void(const election::Answer&)> done) = 0;

    virtual HookQuestions& hooks() = 0;

    // Until unsubscribed. REQUIRES: the subscriber outlives its subscription.
    virtual void subscribe(Subscriber& subscriber) = 0;
    virtual void unsubscribe(Subscriber& subscriber) = 0;
    // Tells the last log records again, oldest first, as far as they are kept (Serf keeps 512).
    virtual void replay_log(Subscriber& /*subscriber*/) const {}
};

}  // namespace muster::api
