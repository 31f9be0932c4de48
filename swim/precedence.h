// Which of two statements about a member wins: the whole rule of SWIM, here and nowhere else
// (docs/protocol/memberlist.md sections 7.2 to 7.6; SWIM 2002 section 4.2).
//
//     at equal incarnation   dead, left  >  suspect  >  alive;   otherwise the higher incarnation
//
// with the reference's exceptions: dead and left hear nothing but a higher alive, and a suspect
// keeps the incarnation that it was first suspected at. Addresses, versions and the reclaim of a
// left member's name are checked before (swim/membership.cpp).
#pragma once

#include <cstdint>

#include "swim/message.h"

namespace muster::swim {

enum class Claim : std::uint8_t { Alive, Suspect, Dead };  // Dead: also "left"

enum class Verdict : std::uint8_t {
    Ignore,   // old or known
    Apply,    // change the entry, pass the statement on
    Confirm,  // one more accuser of a member that is suspected already
    Refute,   // it is about ourselves and wrong: say so with a higher incarnation
};

// What we hold of a member.
struct Held {
    State state = State::Dead;
    std::uint32_t incarnation = 0;
};

// A statement about another member.
Verdict judge(Held held, Claim claim, std::uint32_t incarnation);

// A statement about ourselves. `same`: an alive with the metadata and versions that we have.
// `leaving`: we have said that we leave, so our death is no slander.
Verdict judge_about_self(Held held, Claim claim, std::uint32_t incarnation, bool same,
                         bool leaving);

}  // namespace muster::swim
