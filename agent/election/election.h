// One node's part in electing a leader: voters, terms and leases (docs/election.md).
//
// It routes: each rule is in a part of its own. Ballot votes and promises, Campaign stands, Tenure
// counts a leader's lease, Handover gives it up, Ledger knows the disk. Nothing here reads a clock,
// a disk or gossip; gossip's view comes in as hints (addresses, who is there), and never as a vote.
//
// One write runs at a time. While it does, messages that could change this voter's state wait, a
// bounded number of them; a leader's renewals, the answers to them and questions never do. What
// depends on a write leaves from stored().
//
// Pure, deterministic, single-threaded, and a value: a copy behaves as the original. `now` never
// goes back, and is read after what is handed in was received (F10). is_leader() is computed at the
// question: an answer kept for later is worth nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "agent/election/ballot.h"
#include "agent/election/campaign.h"
#include "agent/election/changes.h"
#include "agent/election/config.h"
#include "agent/election/founding.h"
#include "agent/election/handover.h"
#include "agent/election/knowledge.h"
#include "agent/election/leader_view.h"
#include "agent/election/ledger.h"
#include "agent/election/messages.h"
#include "agent/election/output.h"
#include "agent/election/tenure.h"
#include "agent/election/view.h"
#include "swim/random.h"

namespace muster::election {

class Election {
public:
    // `found`: what the election file said. Without a slot this is a new voter, whose id is drawn
    // from `random`. `start`: this process's, from which a former life's promises are waited for.
    Election(Config config, const Found& found, TimePoint start, Random random);

    // ---- inputs ----

    // Once, before anything else.
    void start(TimePoint now, Output& out);
    // A user message of type 4D. `now` is read after it was received.
    void receive(TimePoint now, const Endpoint& from, BytesView bytes, Output& out);
    void stored(TimePoint now, std::uint64_t ticket, Output& out);
    void store_failed(TimePoint now, std::uint64_t ticket, Output& out);
    void tick(TimePoint now, Output& out);
    TimePoint next_deadline() const;

    // ---- requests ----

    // Acts by this node's leadership under `name`, or goes on. Answers for how long, in whole
    // milliseconds from when it *asked*; none when this node does not lead, gives up, or the name
    // is or was held in this term.
    std::optional<std::uint32_t> hold(TimePoint now, HolderId holder, BytesView name, Output& out);
    // All that it started has ended.
    void released(TimePoint now, HolderId holder, Output& out);
    // Gives leadership up once no holder acts. An error if there is none to give.
    std::string give_up(TimePoint now, const Departure& departure, Output& out);

    // Leader only. Done (Output::done) when committed; the error if it cannot even wait for that.
    std::string change(TimePoint now, RequestId request, const Change& change, Output& out);
    // Leader only. Done without an error: the command may start, and the key is used up.
    std::string use_once(TimePoint now, RequestId request, const OnceKey& key, Output& out);
    // Founds the cluster again with these of its voters, whose majority is lost.
    std::string recover(TimePoint now, const std::vector<Bytes>& names, Output& out);
    // Becomes another voter, of no cluster.
    std::string reset(TimePoint now, bool force, Output& out);
    // Asks voters who leads. What they answer is in leader() then, and what the leader itself said
    // in confirmed(). The number of the question.
    std::uint64_t ask_leader(TimePoint now, Asked asked, Output& out);
    // Asks the voters of other clusters that are seen who leads there.
    void ask_strangers(Output& out);

    // ---- hints ----

    // What gossip says of a member with the mark, ourselves too; and that one is forgotten.
    void saw(TimePoint now, const Seen& member, Output& out);
    void gone(TimePoint now, BytesView name, Output& out);
    // Has joined its seeds, or has none.
    void joined(TimePoint now, Output& out);
    // Seconds since 1970, for what expires by the calendar.
    void set_wall(std::uint64_t seconds) { wall_ = seconds; }
    // Somebody waits here to lead; this node leaves for good.
    void set_wants(bool wants) { wants_ = wants; }
    void set_departing(bool departing) { departing_ = departing; }

    // ---- questions ----

    LeaderView leader(TimePoint now) const;
    TokenVerdict check_token(TimePoint now, Term token) const;
    const Confirmed& confirmed() const { return confirmed_; }
    Mode mode() const;
    bool voter() const;
    // What the reserved tag is to say.
    Mark mark() const;

    // May this node act as the leader at this very moment?
    bool is_leader(TimePoint now) const;
    // Of the tenure, current or lapsing; 0 when this node holds none.
    Term tenure_term() const { return tenure_ ? tenure_->term() : 0; }
    TimePoint lease_end() const;
    const State& state() const { return ballot_.state; }
    const State& stored_state() const { return ledger_.stored(); }
    const Ballot& ballot() const { return ballot_; }
    const Campaign& campaign() const { return campaign_; }
    const std::optional<Tenure>& tenure() const { return tenure_; }
    const Handover& handover() const { return handover_; }
    bool writing() const { return ledger_.busy(); }
    // What tells this state from another, for those who explore all of them.
    Bytes digest(TimePoint now) const;
    // Its disk failed: it takes no part until it is restarted.
    bool mute() const { return ledger_.failed(); }

private:
    struct Waiting {
        Endpoint from;
        Message message;
    };

    // election.cpp: inputs, and the order in which things happen
    void catch_up(TimePoint now, Output& out);
    void dispatch(TimePoint now, const Endpoint& from, const Message& message, Output& out);
    void settle(TimePoint now, Output& out);
    void drain(TimePoint now, Output& out);
    bool meant_for_us(const Message& message) const;
    bool of_our_attempt(const Body& body) const;
    void note_stranger(TimePoint now, const Message& message, Output& out);
    void note_marks(const Seen& member, Output& out);
    void post(const Letter& letter, Output& out);
    void send(const Letter& letter, Output& out);
    void reply(const Message& to, Body body, Output& out);
    void report(Event::Kind kind, Term term, BytesView leader, Output& out) const;
    // Candidates that gossip shows in a cluster, this one excepted.
    std::vector<std::pair<VoterId, Bytes>> marked_voters(ClusterId but) const;

    // election_voter.cpp: this node as a voter
    void handle(TimePoint now, const Message& from, const PreVote& body, Output& out);
    void handle(TimePoint now, const Message& from, const Vote& body, Output& out);
    void handle(TimePoint now, const Message& from, const Append& body, Output& out);
    void handle(TimePoint now, const Message& from, const Release& body, Output& out);
    void handle(TimePoint now, const Message& from, const TransferNow& body, Output& out);
    void heard_leader(TimePoint now, const Message& from, const Append& body, Output& out);
    void term_rose(TimePoint now, Term before, Output& out);

    // election_candidate.cpp: this node as a candidate
    void attempt(TimePoint now, Output& out);
    void stand(TimePoint now, Output& out);
    void ask_votes(TimePoint now, Output& out);
    void handle(TimePoint now, const Message& from, const PreVoteAnswer& body, Output& out);
    void handle(TimePoint now, const Message& from, const VoteAnswer& body, Output& out);
    void refused(TimePoint now, const Message& from, const std::optional<Record>& record,
                 Output& out);
    void note_quorum(bool there, Output& out);
    void prefer(Output& out);

    // election_leader.cpp: this node as the leader
    void lead(TimePoint now, Output& out);
    void propose(TimePoint now, Record record, Output& out);
    void renew(TimePoint now, Output& out);
    void ask(TimePoint now, const Voter& peer, std::uint64_t seq, Output& out);
    void handle(TimePoint now, const Message& from, const AppendAnswer& body, Output& out);
    void advance(TimePoint now, Output& out);
    void step_down(TimePoint now, const char* why, Output& out);
    void finish_giving_up(TimePoint now, Output& out);
    TimePoint renewal_due() const;
    TimePoint acquisition_due() const;

    // election_changes.cpp: this node as the leader of changes
    Standing standing() const;
    void consider_changes(TimePoint now, Output& out);
    void propose_and_send(TimePoint now, Record record, Output& out);
    void end_committed(TimePoint now, Output& out);
    bool propose_once(TimePoint now, Output& out);
    void propose_change(TimePoint now, Output& out);
    void consider_successor(TimePoint now, Output& out);
    void fail_requests(Output& out);

    // election_founding.cpp: this node in a founding or a recovery
    void look_around(TimePoint now);
    bool alone(TimePoint now) const;
    bool founder() const;
    void found(TimePoint now, Output& out);
    void begin_attempt(TimePoint now, Lock lock, Output& out);
    void send_locks(Output& out);
    void decide(TimePoint now, Output& out);
    void adopt_founded(TimePoint now, const Lock& lock, const Record& record, Output& out);
    void tell_founded(TimePoint now, Output& out);
    void cancel(TimePoint now, Output& out);
    void ask_founder(TimePoint now, Output& out);
    void tick_founding(TimePoint now, Output& out);
    void handle(TimePoint now, const Message& from, const LockRequest& body, Output& out);
    void handle(TimePoint now, const Message& from, const LockAnswer& body, Output& out);
    void handle(TimePoint now, const Message& from, const Founded& body, Output& out);
    void handle(TimePoint now, const Message& from, const FoundedAnswer& body, Output& out);
    void handle(TimePoint now, const Message& from, const Cancel& body, Output& out);
    void handle(TimePoint now, const Message& from, const LockAsk& body, Output& out);

    // election_view.cpp: who leads
    void voters_answer(TimePoint now, LeaderView& answer) const;
    void others_answer(TimePoint now, LeaderView& answer) const;
    void handle(TimePoint now, const Message& from, const LeaderAsk& body, Output& out);
    void handle(TimePoint now, const Message& from, const LeaderAnswer& body, Output& out);

    bool voting() const { return !ledger_.failed() && !(state().lock && state().record); }
    Duration spread() const { return std::chrono::milliseconds(config_.timing.spread_ms); }

    static constexpr std::size_t max_waiting = 64;
    static constexpr std::size_t max_addresses = 64;

    Config config_;
    Random random_;
    Ballot ballot_;
    Ledger ledger_;
    Campaign campaign_;
    std::optional<Tenure> tenure_;
    Handover handover_;
    Founding founding_;
    Knowledge knowledge_;
    View view_;
    Heard heard_;
    bool joined_ = false;
    bool wants_ = false;
    bool departing_ = false;
    std::uint64_t wall_ = 0;
    std::uint64_t questions_ = 0;
    Confirmed confirmed_;
    Term greatest_foreign_term_ = 0;
    std::optional<WantedChange> wanted_;
    std::vector<WantedOnce> once_;
    std::optional<Voter> courted_;  // is to be added: asked at each renewal
    TimePoint last_change_ = never;
    TimePoint unused_since_ = never;  // nobody has acted by this leadership
    TimePoint next_courtesy_ = TimePoint::min();
    Duration courtesy_ = std::chrono::seconds(30);
    TimePoint spares_asked_ = TimePoint::min();
    bool quorum_there_ = true;
    Key committed_;                // the greatest that a leader has said to be
    std::deque<Waiting> waiting_;  // for the write that is running
    std::vector<Letter> gated_;    // until it is stored
    std::map<VoterId, Endpoint> addresses_;
};

}  // namespace muster::election
