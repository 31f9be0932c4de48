#include "swim/membership.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "swim/assert.h"
#include "swim/codec.h"
#include "swim/formulas.h"
#include "swim/precedence.h"

namespace muster::swim {

namespace {

// Section 3.12. Shorter than the six bytes means unknown versions, which would fail every later
// exchange of whoever stores them; the reference refuses them too, once its application has a say.
bool acceptable_versions(BytesView vsn) {
    return vsn.size() >= 6 && octet(vsn[0]) != 0 && octet(vsn[1]) != 0 &&
           octet(vsn[0]) <= octet(vsn[1]);
}

Cause cause_of_alive(Origin origin, const Member& member) {
    if (origin.kind == Origin::Kind::Exchange) {
        return {CauseKind::PushPull, Bytes(origin.peer), {}};
    }
    const bool accused = member.state == State::Suspect || member.state == State::Dead;
    return {accused && member.incarnation > 0 ? CauseKind::Refuted : CauseKind::Alive, {}, {}};
}

Cause cause_of_suspect(Origin origin, BytesView from) {
    switch (origin.kind) {
        case Origin::Kind::OwnProbe:
            return {CauseKind::ProbeFailed, Bytes(from), {}};
        case Origin::Kind::Exchange:
            return {CauseKind::PushPull, Bytes(origin.peer), {}};
        default:
            return {CauseKind::Accused, Bytes(from), {}};
    }
}

Cause cause_of_dead(Origin origin, const Dead& dead, const Member& member) {
    if (dead.from == dead.node) {
        return {CauseKind::Left, {}, {}};
    }
    if (origin.kind == Origin::Kind::Timeout && member.suspicion) {
        const auto& accusers = member.suspicion->accusers();
        return {CauseKind::TimedOut, accusers.front(), {accusers.begin() + 1, accusers.end()}};
    }
    return {CauseKind::DeclaredDead, Bytes(dead.from), {}};
}

}  // namespace

Membership::Membership(const Config& config, MemberTable& table, Sender& sender,
                       Awareness& awareness, Random& random)
    : config_(config),
      table_(table),
      sender_(sender),
      awareness_(awareness),
      random_(random),
      incarnation_(config.former ? config.former->incarnation : 0) {}

Member& Membership::self() {
    MUSTER_ASSERT(self_ != nullptr);
    return *self_;
}

const Member& Membership::self() const {
    MUSTER_ASSERT(self_ != nullptr);
    return *self_;
}

void Membership::resize() {
    sender_.set_member_population(table_.size());
}

void Membership::announce(TimePoint now, const Endpoint& endpoint, BytesView meta,
                          std::uint64_t ticket, Output& out) {
    const bool first = self_ == nullptr;
    if (first) {
        self_ = &table_.insert(config_.name, endpoint, random_);
        resize();
    }
    leaving_ = false;
    silent_ = false;
    here_ = endpoint;
    const Endpoint before_endpoint = std::exchange(self_->endpoint, endpoint);
    self_->meta = meta;
    self_->versions = config_.versions;
    self_->incarnation = raise();
    if (!first && before_endpoint != endpoint) {
        arrived_ = incarnation_;
    }
    const State before = self_->state;
    if (before != State::Alive) {
        table_.set_state(*self_, State::Alive, now);
    }
    broadcast_alive(*self_, ticket, out);
    const auto kind = first ? WireEvent::Kind::Join : WireEvent::Kind::Update;
    const auto cause = first ? CauseKind::Alive : CauseKind::Updated;
    out.events.push_back(
        {kind, self_->name, before, State::Alive, incarnation_, {cause, {}, {}}, {}});
}

void Membership::leave(TimePoint now, std::uint64_t ticket, Output& out) {
    leaving_ = true;
    silent_ = false;
    const Dead statement{incarnation_, config_.name, config_.name};
    declare_dead(now, self(), statement, {CauseKind::Left, {}, {}}, out);
    broadcast_dead(statement, ticket, out);
}

void Membership::alive(TimePoint now, const Alive& alive, Origin origin, Output& out) {
    const bool about_self = alive.node == config_.name;
    if ((about_self && leaving_) || alive.node.empty() || !acceptable_versions(alive.vsn)) {
        return;
    }
    const std::uint16_t port = alive.port != 0 ? alive.port : config_.bind_port;
    const auto endpoint = Endpoint::from_bytes(alive.ip, port);
    if (!endpoint) {
        return;
    }
    Member* member = table_.find(alive.node);
    if (member == nullptr) {
        if (table_.size() >= config_.max_members || alive.incarnation == 0) {
            return;
        }
        member = &table_.insert(alive.node, *endpoint, random_);
        resize();
    }
    bool moves = false;
    if (about_self && member->endpoint != *endpoint &&
        (endpoint == former_ || *endpoint == here_)) {
        // Nobody else: an echo of what was said before, or a peer that has missed something.
        incarnation_ = std::max(incarnation_, alive.incarnation);
        return;
    }
    if (member->endpoint != *endpoint) {
        if (about_self || !may_move(*member, now)) {
            out.events.push_back({WireEvent::Kind::Conflict,
                                  member->name,
                                  member->state,
                                  member->state,
                                  member->incarnation,
                                  {},
                                  *endpoint});
            return;
        }
        moves = true;
    }
    if (about_self) {
        const bool same =
            alive.meta == member->meta && Versions::from_bytes(alive.vsn) == member->versions;
        if (judge_about_self({member->state, member->incarnation}, Claim::Alive, alive.incarnation,
                             same, leaving_) == Verdict::Refute) {
            refute(alive.incarnation, out);
        }
        return;
    }
    if (!moves && judge({member->state, member->incarnation}, Claim::Alive, alive.incarnation) ==
                      Verdict::Ignore) {
        remind(*member, out);
        return;
    }
    apply_alive(now, *member, alive, *endpoint, cause_of_alive(origin, *member), out);
}

// Somebody says that a member is alive whom we hold for gone since a later incarnation: it has come
// back through an agent that had forgotten it, and does not know of its earlier life. Told of that,
// it refutes at once; by the reference's rule it would stay dead here until an exchange of state.
// A few of us are enough to tell it.
void Membership::remind(const Member& member, Output& out) {
    constexpr double enough = 8;
    if (!config_.correct_stale || member.is_live() ||
        !random_.chance(enough / static_cast<double>(table_.live()))) {
        return;
    }
    const BytesView from = member.state == State::Left ? BytesView(member.name) : config_.name;
    message_.clear();
    encode(Dead{member.incarnation, member.name, from}, message_);
    const BytesView parts[] = {message_};
    sender_.send(member.endpoint, parts, Sender::Fill::Bare, member.understands_crc(), out);
}

// A left member's name is free; a dead one's only after a time that is off by default (section 7.2
// step 4).
bool Membership::may_move(const Member& member, TimePoint now) const {
    if (member.state == State::Left) {
        return true;
    }
    return member.state == State::Dead && config_.dead_node_reclaim_time > Duration::zero() &&
           now - member.state_change > config_.dead_node_reclaim_time;
}

void Membership::apply_alive(TimePoint now, Member& member, const Alive& alive,
                             const Endpoint& endpoint, Cause cause, Output& out) {
    const State before = member.state;
    const bool changed = member.meta != alive.meta;
    member.endpoint = endpoint;
    member.meta = alive.meta;
    member.versions = Versions::from_bytes(alive.vsn);
    member.incarnation = alive.incarnation;
    if (before != State::Alive) {
        table_.set_state(member, State::Alive, now);
    }
    broadcast_alive(member, 0, out);
    const auto tell = [&](WireEvent::Kind kind, Cause why) {
        out.events.push_back(
            {kind, member.name, before, State::Alive, member.incarnation, std::move(why), {}});
    };
    if (before == State::Dead || before == State::Left) {
        tell(WireEvent::Kind::Join, std::move(cause));
        return;
    }
    if (before == State::Suspect) {
        tell(WireEvent::Kind::Cleared, cause);
    }
    if (changed) {
        tell(WireEvent::Kind::Update, {CauseKind::Updated, {}, {}});
    }
    if (!changed && before == State::Alive) {
        tell(WireEvent::Kind::Refreshed, cause);
    }
}

void Membership::suspect(TimePoint now, const Suspect& suspect, Origin origin, Output& out) {
    Member* member = table_.find(suspect.node);
    if (member == nullptr) {
        return;
    }
    if (member == self_) {
        if (judge_about_self({member->state, member->incarnation}, Claim::Suspect,
                             suspect.incarnation,
                             /*same=*/false, leaving_) == Verdict::Refute) {
            refute(suspect.incarnation, out);
        } else if (!hear_straggler(HeldAs::Alive, suspect.incarnation, suspect.from)) {
            correct(suspect.incarnation, suspect.from, out);
        }
        return;
    }
    const Verdict verdict =
        judge({member->state, member->incarnation}, Claim::Suspect, suspect.incarnation);
    if (verdict == Verdict::Ignore) {
        return;
    }
    message_.clear();
    encode(suspect, message_);
    if (verdict == Verdict::Confirm) {
        if (member->suspicion->confirm(suspect.from)) {
            sender_.broadcast(member->name, message_, 0, out);
        }
        return;
    }
    sender_.broadcast(member->name, message_, 0, out);
    member->incarnation = suspect.incarnation;
    table_.set_state(*member, State::Suspect, now);
    // With too few members to confirm, nobody is waited for (section 8.5).
    const std::size_t n = table_.size();
    const unsigned expected = config_.suspicion_mult > 2 ? config_.suspicion_mult - 2 : 0;
    const bool enough = n >= 2 && n - 2 >= expected;
    const Duration min = suspicion_timeout(config_.suspicion_mult, n, config_.probe_interval);
    member->suspicion = std::make_unique<Suspicion>(
        now,
        Suspicion::Limits{enough ? expected : 0, min,
                          min * static_cast<Duration::rep>(config_.suspicion_max_timeout_mult)},
        suspect.from);
    out.events.push_back({WireEvent::Kind::Suspect,
                          member->name,
                          State::Alive,
                          State::Suspect,
                          member->incarnation,
                          cause_of_suspect(origin, suspect.from),
                          {}});
}

void Membership::dead(TimePoint now, const Dead& dead, Origin origin, Output& out) {
    Member* member = table_.find(dead.node);
    if (member == nullptr) {
        return;
    }
    if (member == self_) {
        if (judge_about_self({member->state, member->incarnation}, Claim::Dead, dead.incarnation,
                             /*same=*/false, leaving_) == Verdict::Refute) {
            refute(dead.incarnation, out);
        } else if (!hear_straggler(HeldAs::Dead, dead.incarnation, dead.from)) {
            correct(dead.incarnation, dead.from, out);
        }
        return;
    }
    if (judge({member->state, member->incarnation}, Claim::Dead, dead.incarnation) ==
        Verdict::Ignore) {
        return;
    }
    // The cause reads the suspicion and the views may point into the member: both before it
    // changes.
    Cause cause = cause_of_dead(origin, dead, *member);
    broadcast_dead(dead, 0, out);
    declare_dead(now, *member, dead, std::move(cause), out);
}

void Membership::declare_dead(TimePoint now, Member& member, const Dead& dead, Cause cause,
                              Output& out) {
    const State before = member.state;
    const State after = dead.from == dead.node ? State::Left : State::Dead;
    member.incarnation = dead.incarnation;
    table_.set_state(member, after, now);
    out.events.push_back({WireEvent::Kind::Leave,
                          member.name,
                          before,
                          after,
                          member.incarnation,
                          std::move(cause),
                          {}});
}

// The highest incarnation cannot be raised, and never goes back.
std::uint32_t Membership::raise() {
    if (incarnation_ != std::numeric_limits<std::uint32_t>::max()) {
        ++incarnation_;
    }
    return incarnation_;
}

// Section 7.5.
void Membership::refute(std::uint32_t accused, Output& out) {
    incarnation_ = std::max(incarnation_, accused);
    self().incarnation = raise();
    ++refutations_;
    awareness_.apply(1);
    if (!silent_) {
        broadcast_alive(self(), 0, out);
    }
    out.events.push_back({WireEvent::Kind::Refreshed,
                          config_.name,
                          State::Alive,
                          State::Alive,
                          incarnation_,
                          {CauseKind::Refuted, {}, {}},
                          {}});
}

// Who accuses an incarnation that we have refuted did not hear it, and the broadcast of it is over:
// by the reference's rule we would be silent, and be declared dead there.
void Membership::correct(std::uint32_t accused, BytesView accuser, Output& out) {
    const Member* member = table_.find(accuser);
    if (!config_.correct_stale || leaving_ || silent_ || accused >= incarnation_ ||
        member == nullptr || member == self_ || !member->is_live()) {
        return;
    }
    encode_alive(self());
    const BytesView parts[] = {message_};
    sender_.send(member->endpoint, parts, Sender::Fill::Bare, member->understands_crc(), out);
}

void Membership::encode_alive(const Member& member) {
    message_.clear();
    const auto vsn = member.versions.to_bytes();
    encode(Alive{member.incarnation, member.name, member.endpoint.ip(), member.endpoint.port(),
                 member.meta, BytesView(vsn.data(), vsn.size())},
           message_);
}

void Membership::broadcast_alive(const Member& member, std::uint64_t ticket, Output& out) {
    encode_alive(member);
    sender_.broadcast(member.name, message_, ticket, out);
}

void Membership::broadcast_dead(const Dead& dead, std::uint64_t ticket, Output& out) {
    message_.clear();
    encode(dead, message_);
    sender_.broadcast(dead.node, message_, ticket, out);
}

void Membership::expire_suspicions(TimePoint now, Output& out) {
    // Declaring one dead takes it off the list, so the list is not walked while it changes.
    while (true) {
        const auto& suspects = table_.suspects();
        const auto expired = std::find_if(
            suspects.begin(), suspects.end(),
            [&](const Member* member) { return member->suspicion->deadline() <= now; });
        if (expired == suspects.end()) {
            return;
        }
        const Member& member = **expired;
        dead(now, {member.incarnation, member.name, config_.name}, {Origin::Kind::Timeout, {}},
             out);
    }
}

TimePoint Membership::next_suspicion_deadline() const {
    TimePoint next = never;
    for (const Member* member : table_.suspects()) {
        next = std::min(next, member->suspicion->deadline());
    }
    return next;
}

}  // namespace muster::swim
