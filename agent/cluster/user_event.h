// A user event of ours, composed within the limits of its size (docs/protocol/serf.md section 7.1).
// Pure. Receivers hold nobody to these limits.
#pragma once

#include "agent/cluster/query_messages.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cluster {

// The complete message. The error, in the reference's words, if name and payload, or the message,
// have more bytes than `limit` or than user_event_size_ceiling.
Result<Bytes> compose(const UserEvent& event, std::size_t limit);

}  // namespace muster::cluster
