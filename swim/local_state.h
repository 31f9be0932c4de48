// What the layer above puts into SWIM's messages: asked for at the moment of sending. Questions
// only; an answer changes nothing.
#pragma once

#include "swim/bytes.h"

namespace muster::swim {

class LocalState {
public:
    virtual ~LocalState() = default;

    // Appends the user state of a push/pull (Serf's clocks, statuses and recent events).
    virtual void append_user_state(bool join, Bytes& out) const = 0;
    // Appends the payload of an ack to a direct ping (Serf's coordinates); nothing for none.
    virtual void append_ack_payload(Bytes& out) const = 0;
};

}  // namespace muster::swim
