// A change of what a ring uses: what the deciding side tells. For agent/effects.h, which everybody
// includes; agent/ring/view.h says when one comes.
#pragma once

#include <memory>

#include "swim/bytes.h"

namespace muster::ring {

class MemberSet;
using SharedMembers = std::shared_ptr<const MemberSet>;

struct Adoption {
    Bytes ring;  // its name
    SharedMembers before;
    SharedMembers after;
};

}  // namespace muster::ring
