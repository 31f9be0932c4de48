// What statements about members do to the wire table: alive, suspect, dead, left, refutation, and
// the merge of another member's whole table (docs/protocol/memberlist.md sections 7 and 9.4).
//
// The order of the checks is the reference's; which statement wins is swim/precedence.h's. Every
// change is queued for broadcast and told as a WireEvent with its cause. Knows no timer but the
// suspicions' deadlines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "swim/awareness.h"
#include "swim/config.h"
#include "swim/member_table.h"
#include "swim/message.h"
#include "swim/output.h"
#include "swim/random.h"
#include "swim/relocation.h"
#include "swim/sender.h"
#include "swim/stragglers.h"

namespace muster::swim {

// How a statement came here: it decides the cause that is told, never what is done.
struct Origin {
    enum class Kind : std::uint8_t {
        Gossip,    // in a packet
        Exchange,  // in `peer`'s table
        OwnProbe,  // our own probe failed
        Timeout,   // a suspicion of ours ran out
    };
    Kind kind = Kind::Gossip;
    BytesView peer;
};

class Membership {
public:
    Membership(const Config& config, MemberTable& table, Sender& sender, Awareness& awareness,
               Random& random);

    // Announces ourselves, with the next incarnation: at the start, and after `meta` or `endpoint`
    // changed. The ticket, if not 0, is reported when the announcement has been sent out.
    void announce(TimePoint now, const Endpoint& endpoint, BytesView meta, std::uint64_t ticket,
                  Output& out);
    // Begins as ourselves, but in silence: nobody is told of us before announce(), revive() or
    // depart(). At `endpoint`, where an earlier life of ours was, while we are at `here`.
    void begin(TimePoint now, const Endpoint& endpoint, const Endpoint& here, BytesView meta,
               Output& out);
    // Says that we are alive where an earlier life of ours was, whatever was said of that.
    void revive(TimePoint now, std::uint64_t ticket, Output& out);
    // Says that we leave. From now on alive messages about us are ignored and our death is not
    // refuted.
    void leave(TimePoint now, std::uint64_t ticket, Output& out);
    // Says that whoever held our name at our address has left, so that we may be heard at a new
    // one; we go on. announce() ends that state.
    void depart(TimePoint now, std::uint64_t ticket, Output& out);
    // Says again that we are alive where we are.
    void repeat(Output& out);
    // Says what was said last of ourselves to each member directly too, if they are few.
    void tell_all(Output& out);
    // Where we are to be reached from now on, whatever is announced.
    void set_here(const Endpoint& here);
    // Where an earlier life of ours was held: who still says so is behind, and is no other member
    // of our name. None: whoever is there is another.
    void set_former(std::optional<Endpoint> former) { former_ = former; }

    void alive(TimePoint now, const Alive& alive, Origin origin, Output& out);
    void suspect(TimePoint now, const Suspect& suspect, Origin origin, Output& out);
    void dead(TimePoint now, const Dead& dead, Origin origin, Output& out);

    // The version check over both tables (section 3.13). An error says which member and which
    // version.
    std::optional<std::string> incompatible(const PushPull& remote) const;
    // Merges a table that passed it.
    void merge(TimePoint now, const PushPull& remote, BytesView peer, Output& out);

    // Declares dead whose suspicion has run out.
    void expire_suspicions(TimePoint now, Output& out);
    TimePoint next_suspicion_deadline() const;

    Member& self();
    const Member& self() const;
    // Where answers to us are to be sent: not always where we are announced.
    const Endpoint& here() const { return here_; }
    const std::optional<Endpoint>& former() const { return former_; }
    bool silent() const { return silent_; }
    bool leaving() const { return leaving_; }
    // Says one statement of a relocation to one member alone.
    void tell(TimePoint now, const Stragglers::Statement& statement, Output& out);
    // How another holds us, by its table that was merged or by its accusation, if we have a former
    // address.
    struct Heard {
        HeldAs held = HeldAs::Unknown;
        std::uint32_t incarnation = 0;
        Bytes peer;  // whose table it is; empty: not known
    };
    std::optional<Heard> take_heard() { return std::exchange(heard_, std::nullopt); }

    std::uint64_t refutations() const { return refutations_; }

private:
    void hear_about_self(const PushPull& remote, BytesView peer);
    bool hear_straggler(HeldAs held, std::uint32_t accused, BytesView accuser);
    void apply_alive(TimePoint now, Member& member, const Alive& alive, const Endpoint& endpoint,
                     Cause cause, Output& out);
    std::uint32_t raise();
    void refute(std::uint32_t accused, Output& out);
    void correct(std::uint32_t accused, BytesView accuser, Output& out);
    void remind(const Member& member, Output& out);
    void encode_alive(const Member& member);
    void broadcast_alive(const Member& member, std::uint64_t ticket, Output& out);
    void broadcast_dead(const Dead& dead, std::uint64_t ticket, Output& out);
    void declare_dead(TimePoint now, Member& member, const Dead& dead, Cause cause, Output& out);
    bool may_move(const Member& member, TimePoint now) const;
    void resize();

    const Config& config_;
    MemberTable& table_;
    Sender& sender_;
    Awareness& awareness_;
    Random& random_;
    Member* self_ = nullptr;
    std::uint32_t incarnation_ = 0;
    bool leaving_ = false;
    bool silent_ = false;
    Endpoint here_;
    std::optional<Endpoint> former_;
    std::uint32_t arrived_ = 0;  // all lower incarnations were at the former address
    std::optional<Heard> heard_;
    std::uint64_t refutations_ = 0;
    Bytes message_;  // being encoded
};

}  // namespace muster::swim
