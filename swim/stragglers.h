// Who missed part of what a relocation says to all (swim/relocation.h), and is told again alone:
// the same statements, one after the other, at incarnations that are old news to everybody else.
//
// A straggler gives itself away: its table holds us at the old address, or it accuses us of an
// incarnation that we had there. Without this it would take us for failed, for about a minute.
// Decides whom to tell what, and when. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "swim/bytes.h"
#include "swim/relocation.h"
#include "swim/time.h"

namespace muster::swim {

class Stragglers {
public:
    // `spacing`: between two statements to one of them.
    explicit Stragglers(Duration spacing) : spacing_(spacing) {}

    // `peer` holds us so, at the old address, at `incarnation`. Nothing if it is being told
    // already, or if there are too many.
    void add(TimePoint now, BytesView peer, HeldAs held, std::uint32_t incarnation);

    struct Statement {
        Bytes peer;
        Relocation::Action action = Relocation::Action::None;
        std::uint32_t incarnation = 0;  // of Revive and Depart
    };
    // What is due, if anything.
    std::optional<Statement> next(TimePoint now);
    TimePoint next_deadline() const;

private:
    struct Straggler {
        Bytes peer;
        Relocation::Action action;  // the next one
        std::uint32_t incarnation = 0;
        TimePoint due{};
    };

    Duration spacing_;
    std::vector<Straggler> all_;
};

}  // namespace muster::swim
