// Membership's third part: what we say of ourselves at two addresses, and how we hear that others
// hold us at the former one. When to say what is swim/relocation.h's.
#include <algorithm>

#include "swim/assert.h"
#include "swim/codec.h"
#include "swim/membership.h"

namespace muster::swim {

namespace {

// Members that are told directly beside the gossip. In more, each piece of news is sent by so many
// that hardly anybody misses it.
constexpr std::size_t told_directly = 64;

}  // namespace

void Membership::begin(TimePoint now, const Endpoint& endpoint, const Endpoint& here,
                       BytesView meta, Output& out) {
    MUSTER_ASSERT(self_ == nullptr);
    self_ = &table_.insert(config_.name, endpoint, random_);
    resize();
    silent_ = true;
    here_ = here;
    self_->meta = meta;
    self_->versions = config_.versions;
    self_->incarnation = raise();
    const State before = self_->state;
    table_.set_state(*self_, State::Alive, now);
    out.events.push_back({WireEvent::Kind::Join,
                          self_->name,
                          before,
                          State::Alive,
                          incarnation_,
                          {CauseKind::Alive, {}, {}},
                          {}});
}

void Membership::revive(TimePoint now, std::uint64_t ticket, Output& out) {
    MUSTER_ASSERT(former_.has_value());
    leaving_ = false;
    silent_ = false;
    self().endpoint = *former_;
    self().incarnation = raise();
    if (self().state != State::Alive) {
        table_.set_state(self(), State::Alive, now);
    }
    broadcast_alive(self(), ticket, out);
}

void Membership::set_here(const Endpoint& here) {
    here_ = here;
}

void Membership::depart(TimePoint now, std::uint64_t ticket, Output& out) {
    leaving_ = true;
    silent_ = false;
    table_.set_state(self(), State::Left, now);
    broadcast_dead({incarnation_, config_.name, config_.name}, ticket, out);
}

void Membership::repeat(Output& out) {
    broadcast_alive(self(), 0, out);
}

// Who misses one of the statements in a small cluster, where each is sent a few times, could not
// hear us tell it again: it speaks to the former address.
void Membership::tell_all(Output& out) {
    if (table_.live() > told_directly) {
        return;
    }
    const BytesView parts[] = {message_};
    for (const auto& member : table_.entries()) {
        if (member->is_live() && member.get() != self_) {
            sender_.send(member->endpoint, parts, Sender::Fill::Bare, member->understands_crc(),
                         out);
        }
    }
}

// How the peer holds us is heard before what it says is applied.
void Membership::hear_about_self(const PushPull& remote, BytesView peer) {
    if (!former_) {
        return;
    }
    const auto entry =
        std::find_if(remote.nodes.begin(), remote.nodes.end(),
                     [&](const NodeState& node) { return node.name == config_.name; });
    if (entry == remote.nodes.end()) {
        heard_ = Heard{HeldAs::Unknown, 0, Bytes(peer)};
        return;
    }
    const auto endpoint = Endpoint::from_bytes(entry->ip, entry->port);
    if (endpoint == here_ || entry->state == static_cast<std::int64_t>(State::Left)) {
        heard_ = Heard{HeldAs::Left, entry->incarnation, Bytes(peer)};
    } else if (endpoint == former_) {
        const bool dead = entry->state == static_cast<std::int64_t>(State::Dead);
        heard_ = Heard{dead ? HeldAs::Dead : HeldAs::Alive, entry->incarnation, Bytes(peer)};
    } else {
        return;  // another's address: no life of ours
    }
    incarnation_ = std::max(incarnation_, entry->incarnation);
}

// Who accuses us of an incarnation of the former address holds us there still.
bool Membership::hear_straggler(HeldAs held, std::uint32_t accused, BytesView accuser) {
    if (!former_ || accused >= arrived_ || accuser == config_.name) {
        return false;
    }
    heard_ = Heard{held, accused, Bytes(accuser)};
    return true;
}

void Membership::tell(TimePoint now, const Stragglers::Statement& statement, Output& out) {
    const Member* peer = table_.find(statement.peer);
    if (peer == nullptr || !peer->is_live() || leaving_ || !former_) {
        return;
    }
    // What the straggler passes on must be old news to all others.
    if (self().incarnation <= statement.incarnation) {
        incarnation_ = std::max(incarnation_, statement.incarnation);
        announce(now, Endpoint(here_), Bytes(self().meta), 0, out);
    }
    message_.clear();
    switch (statement.action) {
        case Relocation::Action::Revive: {
            const auto vsn = self().versions.to_bytes();
            encode(Alive{statement.incarnation, config_.name, former_->ip(), former_->port(),
                         self().meta, BytesView(vsn.data(), vsn.size())},
                   message_);
            break;
        }
        case Relocation::Action::Depart:
            encode(Dead{statement.incarnation, config_.name, config_.name}, message_);
            break;
        default:
            encode_alive(self());
            break;
    }
    const BytesView parts[] = {message_};
    sender_.send(peer->endpoint, parts, Sender::Fill::Bare, peer->understands_crc(), out);
}

}  // namespace muster::swim
