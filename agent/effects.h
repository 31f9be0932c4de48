// Everything that a node wants done: the one answer of each of its inputs.
//
// The agent performs it, the simulator delivers it; neither decides anything. The buffers belong to
// the node: give them back with Node::recycle() when done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/cluster/application.h"
#include "agent/cluster/status.h"
#include "agent/election/event.h"
#include "agent/election/request.h"
#include "agent/ring/adoption.h"
#include "swim/output.h"

namespace muster {

// Names a request that a client made of the node, from its input to its outcome. Chosen by the
// caller.
using RequestId = std::uint64_t;

// A change of what this agent reports about a member: what API streams, hooks and the journal
// carry.
struct MemberEvent {
    enum class Kind : std::uint8_t { Join, Leave, Failed, Update, Reap, Suspect, Cleared };
    Kind kind;
    std::uint64_t index = 0;  // the view's index after this change
    Bytes name;
    Endpoint endpoint;
    Bytes tags;  // encoded, as cluster/tags.h reads it
    swim::Versions versions;
    cluster::Status from = cluster::Status::None;
    cluster::Status to = cluster::Status::None;
    std::uint32_t incarnation = 0;
    swim::Cause cause;
};
const char* to_string(MemberEvent::Kind kind);  // "member-join", ...: Serf's names;
                                                // "member-suspect", "member-cleared"

// Another host claims a name. Nothing was changed by it.
struct NameConflict {
    Bytes name;
    Endpoint ours;   // where we hold the name to be
    Endpoint other;  // who claims it
};

// How a request ended. Exactly one per request that was accepted.
struct RequestDone {
    RequestId request = 0;
    struct Failure {
        Endpoint peer;
        std::string error;
    };
    std::size_t succeeded = 0;       // join: members reached and merged
    std::vector<Failure> failures;   // join: those that were not
    std::string error;               // empty: done
    cluster::LamportTime ltime = 0;  // user event, query: its stamp
};

// A line for the log, about one thing that was noticed; rate-limited by whoever writes it.
struct Notice {
    enum class Level : std::uint8_t { Debug, Info, Warning, Error };
    Level level = Level::Info;
    std::string text;  // control characters not yet escaped
};

struct [[nodiscard]] Effects {
    swim::Output wire;  // datagrams, opens, replies; its other lists were consumed by the node
    std::vector<MemberEvent> events;
    std::vector<NameConflict> conflicts;
    std::vector<cluster::HeardEvent> user_events;   // for programs and hooks
    std::vector<cluster::HeardQuery> queries;       // that they may answer: Node::respond()
    std::vector<cluster::QueryAnswer> answers;      // to queries of ours
    std::vector<cluster::KeyRequest> key_requests;  // do them, then Node::key_answer()
    std::vector<cluster::KeyReport> key_reports;    // ends of Node::keys()
    std::vector<ring::Adoption> adoptions;          // what our rings use from now on
    // For the election's file; then Node::stored(), or store_failed(). At most one is ever running.
    std::optional<election::Write> election_write;
    std::vector<election::Event> leadership;           // for programs and hooks
    std::vector<election::Answer> leadership_answers;  // ends of Node::lead()
    std::vector<RequestDone> done;
    std::vector<Notice> notices;
    bool resolve_seeds =
        false;  // look the configured seeds up and hand them in with Node::seeds_resolved()
    bool remember = false;   // Node::remember() has something to keep
    bool left = false;       // the graceful leave is complete: the process may end
    bool name_lost = false;  // the majority holds our name to be another host's: end, without leave

    void clear();
};

}  // namespace muster
