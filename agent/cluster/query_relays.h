// Answers by way of others (docs/protocol/serf.md section 8.5): who carries a copy of an answer of
// ours, and where a copy that we carry goes. Pure; its chance only picks the members.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "agent/cluster/members.h"
#include "agent/cluster/output.h"
#include "agent/cluster/query_messages.h"
#include "swim/random.h"

namespace muster::cluster {

// Who advertises less does not know relays.
inline constexpr std::uint8_t version_with_relay = 5;

// Up to `count` distinct members that are alive, are not `self`, and know relays. None if fewer
// than count + 1 members are known, of any status.
std::vector<Endpoint> choose_relays(const Members& members, BytesView self, std::size_t count,
                                    Random& random);

// A relay message as the packet that it asks us for; none if no address is meant, or nothing is to
// be carried, or more than fits into a packet.
std::optional<Direct> carry(const Relay& relay);

}  // namespace muster::cluster
