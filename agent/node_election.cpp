#include "agent/node_election.h"

#include <algorithm>
#include <utility>

#include "agent/cluster/tags.h"
#include "agent/election/election.h"
#include "agent/election/messages.h"

namespace muster {

using election::Election;
using election::LeaderView;
using election::Mark;
using election::Mode;
using election::Seen;

namespace {

constexpr BytesView zone_tag = "zone";
// A voter that leaves for good waits so long to be out of the set.
constexpr Duration for_good_patience = std::chrono::seconds(5);
// Beyond what a tenure's last lease allows.
constexpr Duration depart_grace = std::chrono::milliseconds(200);
// While it drains, and has handed over.
constexpr Duration draining_hold_off = std::chrono::seconds(10);

std::optional<Mark> mark_of(const cluster::Tags& tags) {
    const auto found = tags.find(cluster::mark_tag);
    return found == tags.end() ? std::nullopt : election::decode_mark(found->second);
}

Bytes hex(std::uint64_t number) {
    static constexpr char digits[] = "0123456789abcdef";
    Bytes text;
    for (unsigned shift = 64; shift > 0; shift -= 4) {
        text.push_back(digits[(number >> (shift - 4)) & 15U]);
    }
    return text;
}

}  // namespace

NodeElection::NodeElection(std::optional<election::Setup> setup, const Bytes& name,
                           swim::Swim& swim, cluster::Cluster& cluster, Random random)
    : setup_(std::move(setup)), name_(name), swim_(swim), cluster_(cluster), random_(random) {
    if (setup_) {
        setup_->config.name = name;
    }
}

NodeElection::~NodeElection() = default;

Bytes NodeElection::mark() const {
    return election_ ? election::encode(election_->mark()) : Bytes(cluster::plain_mark);
}

Bytes NodeElection::longest_mark() const {
    if (!setup_) {
        return Bytes(cluster::plain_mark);
    }
    constexpr std::uint8_t most = 255;
    Mark mark;
    mark.candidate = setup_->config.candidate || setup_->found.slot;
    mark.expect = most;
    mark.priority = most;
    return election::encode(mark);
}

// ---- the election, and when there is one ----

bool NodeElection::wanted() const {
    const Mode mode = setup_->config.mode;
    return mode == Mode::Quorum ||
           (mode == Mode::Auto && (setup_->config.candidate || setup_->found.slot));
}

void NodeElection::start(TimePoint now, Effects& effects) {
    if (setup_ && wanted()) {
        make(now, effects);
    }
}

void NodeElection::make(TimePoint now, Effects& effects) {
    election_ = std::make_unique<Election>(setup_->config, setup_->found, now, random_.split());
    election_->set_wall(wall_);
    if (!setup_->found.complaint.empty()) {
        effects.notices.push_back({Notice::Level::Error, setup_->found.complaint});
    }
    election_->start(now, out_);
    for (const auto& [name, member] : cluster_.members().table()) {
        if (const auto mark = mark_of(cluster::decode_tags(member.meta))) {
            election_->saw(now, seen(name, member, *mark), out_);
        }
    }
    if (joined_) {
        election_->joined(now, out_);
    }
    if (!election_->voter()) {
        ask(now, effects);
    }
    flush(now, effects);
}

Seen NodeElection::seen(const Bytes& name, const cluster::Member& member, const Mark& mark) const {
    using cluster::Status;
    Seen seen;
    seen.name = name;
    seen.mark = mark;
    const Status status = cluster::reported(member);
    seen.alive = status == Status::Alive || status == Status::Leaving;
    seen.leaving = status == Status::Leaving || status == Status::Left;
    seen.forced_out = forced_out_.count(name) != 0;
    const cluster::Tags tags = cluster::decode_tags(member.meta);
    if (const auto zone = tags.find(zone_tag); zone != tags.end()) {
        seen.zone = zone->second;
    }
    return seen;
}

void NodeElection::saw(TimePoint now, const MemberEvent& event, Effects& effects) {
    if (!setup_ || setup_->config.mode == Mode::Off || setup_->config.mode == Mode::View) {
        return;
    }
    using Kind = MemberEvent::Kind;
    if (event.kind == Kind::Join && event.name != name_) {
        joined(now, effects);
    }
    if (event.kind == Kind::Leave && event.from == cluster::Status::Failed) {
        forced_out_.insert(event.name);
    } else if (event.kind == Kind::Join || event.kind == Kind::Reap) {
        forced_out_.erase(event.name);
    }
    if (event.kind != Kind::Suspect && event.kind != Kind::Cleared) {
        show(now, event.name, effects);
    }
}

// A cluster that has candidates anywhere, failed ones too, has its leader by their vote, for all of
// its members (F20).
void NodeElection::show(TimePoint now, const Bytes& name, Effects& effects) {
    const cluster::Member* member = cluster_.members().find(name);
    std::optional<Mark> mark;
    if (member != nullptr) {
        mark = mark_of(cluster::decode_tags(member->meta));
    }
    if (!election_) {
        if (mark && mark->candidate) {
            make(now, effects);
        }
        return;
    }
    if (mark) {
        election_->saw(now, seen(name, *member, *mark), out_);
    } else {
        election_->gone(now, name, out_);
    }
    flush(now, effects);
}

// ---- inputs ----

bool NodeElection::receive(TimePoint now, const swim::UserMessage& message, Effects& effects) {
    if (message.payload.empty() || message.payload.front() != election::message_type) {
        return false;
    }
    if (!election_) {
        ++refused_;
        return true;
    }
    election_->receive(now, message.from, message.payload, out_);
    flush(now, effects);
    return true;
}

// It only makes us ask: anyone can send that event (F17).
void NodeElection::heard(TimePoint now, const cluster::HeardEvent& event, Effects& effects) {
    if (event.name == new_leader_event && election_) {
        election_->voter() ? election_->ask_strangers(out_) : ask(now, effects);
        flush(now, effects);
    }
}

void NodeElection::joined(TimePoint now, Effects& effects) {
    if (std::exchange(joined_, true) || !election_) {
        return;
    }
    election_->joined(now, out_);
    flush(now, effects);
}

void NodeElection::stored(TimePoint now, std::uint64_t ticket, bool done, Effects& effects) {
    if (!election_) {
        return;
    }
    if (done) {
        election_->stored(now, ticket, out_);
    } else {
        election_->store_failed(now, ticket, out_);
    }
    flush(now, effects);
}

void NodeElection::tick(TimePoint now, Effects& effects) {
    if (!election_) {
        return;
    }
    election_->set_wants(now < wants_until_);
    election_->tick(now, out_);
    if (draining_ && election_->is_leader(now)) {
        set_draining(now, true, effects);
    }
    flush(now, effects);
}

TimePoint NodeElection::next_deadline() const {
    TimePoint next = election_ ? election_->next_deadline() : never;
    for (const Pending& pending : pending_) {
        next = std::min(next, pending.deadline);
    }
    return next;
}

void NodeElection::set_wall(std::uint64_t seconds) {
    wall_ = seconds;
    if (election_) {
        election_->set_wall(seconds);
    }
}

// ---- what comes of them ----

void NodeElection::flush(TimePoint now, Effects& effects) {
    for (const election::Outgoing& message : out_.messages) {
        send(message, effects);
    }
    if (out_.write) {
        effects.election_write = std::move(out_.write);
    }
    effects.leadership.insert(effects.leadership.end(), out_.events.begin(), out_.events.end());
    for (const election::Event& event : out_.events) {
        if (event.kind == election::Event::Kind::NewLeader) {
            told_cluster_ = event.cluster;
            told_term_ = event.term;
        }
    }
    if (out_.announce) {
        announcement_ = std::move(out_.announce);
    }
    for (const RequestDone& done : out_.done) {
        for (Pending& pending : pending_) {
            if (pending.until == Pending::Until::Told && pending.answer.request == done.request) {
                pending.answer.error = done.error;
                pending.deadline = TimePoint::min();
            }
        }
    }
    effects.notices.insert(effects.notices.end(), out_.notices.begin(), out_.notices.end());
    refused_ += out_.refused;
    out_.clear();
    note_leader(now, effects);
    conclude(now, effects);
}

// To where the voter spoke from last; before it has, to where gossip has it, in any state.
void NodeElection::send(const election::Outgoing& message, Effects& effects) {
    std::optional<Endpoint> to = message.address;
    if (!to) {
        if (const cluster::Member* member = cluster_.members().find(message.to_name)) {
            to = member->endpoint;
        }
    }
    if (to) {
        swim_.send(*to, message.bytes, effects.wire);
    }
}

// Who does not vote learns of a leader by asking.
void NodeElection::note_leader(TimePoint now, Effects& effects) {
    if (!election_ || election_->voter()) {
        return;
    }
    const LeaderView view = election_->leader(now);
    if (!view.leader || !view.term || (view.cluster == told_cluster_ && *view.term <= told_term_)) {
        return;
    }
    told_cluster_ = view.cluster;
    told_term_ = *view.term;
    effects.leadership.push_back(
        {election::Event::Kind::NewLeader, view.cluster, *view.term, *view.leader});
}

void NodeElection::talk(TimePoint now, cluster::Output& up) {
    if (!announcement_) {
        return;
    }
    const election::Announcement said = *std::exchange(announcement_, std::nullopt);
    const Bytes payload = hex(static_cast<std::uint64_t>(said.cluster)) + " " +
                          std::to_string(said.term) + " " + swim_.here().plain().to_string() + " " +
                          said.leader;
    // One that is too large (a long name) is not told; nobody waits for its end.
    constexpr RequestId nobody = 0;
    (void)cluster_.user_event(now, nobody, new_leader_event, payload, /*coalesce=*/false, up);
    std::erase_if(up.done, [](const RequestDone& done) { return done.request == nobody; });
}

// ---- going ----

void NodeElection::depart(TimePoint now, bool for_good, Effects& effects) {
    if (!election_) {
        leaves_by_ = now;
        return;
    }
    Duration patience = for_good && election_->voter() ? for_good_patience : Duration::zero();
    if (election_->tenure()) {
        patience = std::max(patience, election_->lease_end() - now + depart_grace);
        (void)election_->give_up(now, {}, out_);
    }
    for_good_ = for_good;
    election_->set_departing(for_good);
    leaves_by_ = now + patience;
    flush(now, effects);
}

bool NodeElection::may_leave(TimePoint now) const {
    if (!election_ || now >= leaves_by_) {
        return true;
    }
    return !election_->tenure() && !(for_good_ && election_->voter());
}

void NodeElection::set_draining(TimePoint now, bool draining, Effects& effects) {
    draining_ = draining;
    if (!draining || !election_ || !election_->is_leader(now)) {
        return;
    }
    const LeaderView view = election_->leader(now);
    const bool another = std::any_of(view.voters.begin(), view.voters.end(), [&](const auto& each) {
        return each.reachable && each.name != name_;
    });
    if (another) {
        election::Departure departure;
        departure.hold_off = draining_hold_off;
        (void)election_->give_up(now, departure, out_);
    }
    flush(now, effects);
}

// ---- questions ----

LeaderView NodeElection::leader(TimePoint now) const {
    if (election_ || (setup_ && setup_->config.mode != Mode::Off)) {
        LeaderView view = election_ ? election_->leader(now) : view_mode_leader();
        if (const cluster::Member* leader =
                view.leader ? cluster_.members().find(*view.leader) : nullptr) {
            view.address = leader->endpoint;
        }
        return view;
    }
    LeaderView off;
    off.mode = Mode::Off;
    off.reason = "election is switched off here: mode = \"off\"";
    return off;
}

LeaderView NodeElection::view_mode_leader() const {
    election::View view;
    for (const auto& [name, member] : cluster_.members().table()) {
        if (const auto mark = mark_of(cluster::decode_tags(member.meta))) {
            view.saw(seen(name, member, *mark));
        }
    }
    LeaderView answer;
    answer.mode = Mode::View;
    if (const Seen* best = view.bully()) {
        answer.leader = best->name;
        answer.self = best->name == name_;
    } else {
        answer.reason = "no member that this agent sees may lead";
    }
    return answer;
}

bool NodeElection::must_ask(TimePoint now) const {
    return election_ && !election_->voter() && election_->mode() == Mode::Quorum &&
           !election_->leader(now).leader;
}

void NodeElection::ask(TimePoint now, Effects& /*effects*/) {
    (void)election_->ask_leader(now, election::Asked::Three, out_);
}

}  // namespace muster
