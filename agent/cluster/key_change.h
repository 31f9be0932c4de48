// What a KeyRequest makes of one agent's keyring, and the answer that its asker is given
// (docs/protocol/serf.md section 9.4). Pure: whoever keeps the ring performs it, the agent with a
// file behind it (agent/keys.h), the simulator without.
#pragma once

#include "agent/cluster/application.h"
#include "swim/keyring.h"

namespace muster::cluster {

// Changes `ring` if the answer is done, and then only. An empty ring means that this agent does not
// encrypt: it is never changed by request, since one agent that began alone would lose the others.
KeyAnswer change_keys(swim::Keyring& ring, const KeyRequest& request);

}  // namespace muster::cluster
