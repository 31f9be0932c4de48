// The node's part in electing a leader: what gossip says goes to the election as hints, what the
// election says goes out, and requests are kept until they have ended (agent/election/election.h
// has the rules).
//
// An election is made only where one is needed: for a candidate, and from when a member is seen
// that is one. Without, who leads is the bully rule over the members (view mode), looked at when it
// is asked, and costs nothing in between.
//
// INVARIANT: every request ends exactly once. Pure; part of the node (agent/node.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "agent/cluster/cluster.h"
#include "agent/cluster/mark.h"
#include "agent/effects.h"
#include "agent/election/changes.h"
#include "agent/election/config.h"
#include "agent/election/leader_view.h"
#include "agent/election/output.h"
#include "agent/election/request.h"
#include "agent/election/setup.h"
#include "agent/election/view.h"
#include "swim/random.h"
#include "swim/swim.h"

namespace muster::election {
class Election;
}

namespace muster {

// The user event that tells everybody of a new leader. Its payload: cluster id, term, address and
// name, with a space between each two.
inline constexpr BytesView new_leader_event = "muster:new-leader";

class NodeElection {
public:
    // Without `setup` there is no election.
    NodeElection(std::optional<election::Setup> setup, const Bytes& name, swim::Swim& swim,
                 cluster::Cluster& cluster, Random random);
    ~NodeElection();
    NodeElection(const NodeElection&) = delete;
    NodeElection& operator=(const NodeElection&) = delete;

    // The mark of this node as a candidate (agent/cluster/mark.h), or the plain one.
    Bytes mark() const;
    // The longest that it may ever be, for who must leave room for it.
    Bytes longest_mark() const;

    // ---- inputs ----

    void start(TimePoint now, Effects& effects);
    // True: the message was for the election.
    bool receive(TimePoint now, const swim::UserMessage& message, Effects& effects);
    void saw(TimePoint now, const MemberEvent& event, Effects& effects);
    void heard(TimePoint now, const cluster::HeardEvent& event, Effects& effects);
    void joined(TimePoint now, Effects& effects);
    void stored(TimePoint now, std::uint64_t ticket, bool done, Effects& effects);
    void tick(TimePoint now, Effects& effects);
    TimePoint next_deadline() const;
    void set_wall(std::uint64_t seconds);
    // Refused, with the reason, while there is no election that could take it.
    void request(TimePoint now, RequestId id, const election::Request& wanted, Effects& effects);
    // What it has to say to everybody goes to the Serf layer.
    void talk(TimePoint now, cluster::Output& up);
    bool talks() const { return announcement_.has_value(); }

    // ---- going ----

    // Gives up what it leads; `for_good`: asks to be replaced, too.
    void depart(TimePoint now, bool for_good, Effects& effects);
    // Whether all that was done, or has taken long enough.
    bool may_leave(TimePoint now) const;
    TimePoint leave_deadline() const { return leaves_by_; }
    // A host that drains hands its leadership over, and does not take it up while others can.
    void set_draining(TimePoint now, bool draining, Effects& effects);

    // ---- questions ----

    election::LeaderView leader(TimePoint now) const;
    const election::Election* election() const { return election_.get(); }
    std::uint64_t refused() const { return refused_; }

private:
    struct Pending;

    bool wanted() const;
    void make(TimePoint now, Effects& effects);
    election::Seen seen(const Bytes& name, const cluster::Member& member,
                        const election::Mark& mark) const;
    void show(TimePoint now, const Bytes& name, Effects& effects);
    election::LeaderView view_mode_leader() const;
    bool must_ask(TimePoint now) const;
    void ask(TimePoint now, Effects& effects);
    // Everything that an input of the election has led to.
    void flush(TimePoint now, Effects& effects);
    void send(const election::Outgoing& message, Effects& effects);
    void conclude(TimePoint now, Effects& effects);
    bool conclude(TimePoint now, Pending& pending) const;
    void note_leader(TimePoint now, Effects& effects);

    using Answer = election::Answer;
    void handle(TimePoint now, Answer& answer, const election::AskLeader& wanted, Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::CheckToken& wanted,
                Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::Hold& wanted, Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::Released& wanted, Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::GiveUp& wanted, Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::ChangeVoters& wanted,
                Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::UseOnce& wanted, Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::Recover& wanted, Effects& effects);
    void handle(TimePoint now, Answer& answer, const election::Reset& wanted, Effects& effects);
    void hold_unfenced(TimePoint now, Answer& answer, const election::Hold& wanted) const;
    std::string change_of(const election::ChangeVoters& wanted, election::Change& change) const;
    std::optional<election::Voter> candidate(BytesView name) const;
    void await(TimePoint now, const Pending& pending);

    // How a request that has not ended is to end.
    struct Pending {
        enum class Until : std::uint8_t {
            LeaderKnown,
            TokenChecked,
            Told,     // the election says that it is done
            Settled,  // a founding has ended, one way or the other
            Stored,   // the state is on the disk
        };
        Until until = Until::Told;
        Answer answer;
        TimePoint deadline = never;
        election::Term token = 0;
        std::uint64_t question = 0;
        election::ClusterId attempt = election::no_cluster;
    };

    std::optional<election::Setup> setup_;
    const Bytes name_;
    swim::Swim& swim_;
    cluster::Cluster& cluster_;
    Random random_;
    std::unique_ptr<election::Election> election_;
    election::Output out_;
    std::optional<election::Announcement> announcement_;
    std::set<Bytes, std::less<>> forced_out_;  // left, since somebody has made them
    std::vector<Pending> pending_;
    bool joined_ = false;
    bool draining_ = false;
    bool ending_ = false;  // this request is to be kept: it has not ended
    TimePoint wants_until_ = TimePoint::min();
    TimePoint leaves_by_ = never;
    bool for_good_ = false;
    std::uint64_t wall_ = 0;
    std::uint64_t refused_ = 0;
    election::ClusterId told_cluster_ = election::no_cluster;
    election::Term told_term_ = 0;  // of the newest leader that was told
};

}  // namespace muster
