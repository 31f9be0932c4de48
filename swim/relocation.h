// How a member is believed at another address than its earlier life had, or than it had until now
// (docs/protocol/memberlist.md sections 7.2 step 4, 7.4 and 7.7).
//
// The others accept an address only of a member that they hold for left. So the member speaks for
// its old self first, one statement after the other, each with time enough to be heard: they would
// undo each other in another order, and the wire keeps none.
//
//     they hold it     it says
//     left, or here    alive at the new address
//     alive, suspect   left; then alive at the new address
//     dead, unknown    alive at the old address, with a higher incarnation; then as above
//
// Before all of that it asks, silently, whether somebody answers to its name at the old address. An
// answer means that its memory is a copy of a disk whose member lives: for that one it must not
// speak (docs/detection.md, "Renamed with its data directory").
//
// Decides what is said, and when; swim/membership.h says it. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "swim/time.h"

namespace muster::swim {

// How another's table holds us, as far as it matters here; in rising order of what has to be said.
enum class HeldAs : std::uint8_t { Left, Alive, Unknown, Dead };

class Relocation {
public:
    enum class Action : std::uint8_t {
        None,
        Ask,     // ping our name at the old address
        Revive,  // alive at the old address, with a higher incarnation
        Depart,  // we have left
        Arrive,  // alive at the new address
        Repeat,  // the same again: who heard it before the leave has not believed it
    };

    struct Timing {
        Duration spacing{};   // between two pings; twice as long for the last one's answer
        Duration patience{};  // the longest wait for any one thing
    };
    explicit Relocation(Timing timing) : timing_(timing) {}

    // A start at another address. Nothing is said before the answers are in.
    void ask(TimePoint now);
    // We ourselves have moved: nobody is left at the old address.
    void depart(TimePoint now);
    // Ours is no earlier life: somebody else answered.
    void answered();
    // A table that we were given holds us so. True if its owner has missed what we said, and all
    // others need not hear it again.
    bool heard(TimePoint now, HeldAs held);
    // What was said last has left as often as it should, and is everywhere after `spread`.
    void sent(TimePoint now, Duration spread);
    // Nothing is to be said any more: we leave.
    void stop() { phase_ = Phase::Settled; }

    // What is to be done now, once. `alone`: nobody is there who could hear.
    Action next(TimePoint now, bool alone);
    TimePoint next_deadline() const;

    // Nobody may learn of us yet.
    bool silent() const { return phase_ == Phase::Asking && !spoken_; }
    // Nothing but the new address is told, or will be.
    bool settled() const { return phase_ == Phase::Settled || phase_ == Phase::Arriving; }
    // Whether somebody answered at the old address.
    bool is_copy() const { return copy_; }

private:
    enum class Phase : std::uint8_t { Settled, Asking, Reviving, Departing, Arriving };

    Action ask_on(TimePoint now, bool alone);
    Action begin(TimePoint now, Phase phase, Action action);
    Action arrive(TimePoint now);

    Timing timing_;
    Phase phase_ = Phase::Settled;
    bool copy_ = false;
    bool spoken_ = false;    // something was said
    bool departed_ = false;  // a leave of ours was said
    unsigned asked_ = 0;
    TimePoint due_ = never;  // the next ping, the end of their answers, or of what was said last
    TimePoint latest_{};     // for somebody to be found
    std::optional<HeldAs> held_;
};

// Where a member begins that is held so.
Relocation::Action first_statement(HeldAs held);

// How long a statement takes from its last sending by us to everybody, about:
//
//     gossip_interval * (1 + ceil(log2(n)))
Duration spread_time(Duration gossip_interval, std::size_t n);

}  // namespace muster::swim
