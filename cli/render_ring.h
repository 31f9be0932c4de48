// What is said about rings and drain: as cli/render.h. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/api/ring_reader.h"

namespace muster::cli {

// A line a key.
std::string ring_owners_text(const Bytes& key, const std::vector<Bytes>& owners);
std::string ring_owners_json(const api::ReadRingOwners& reply, const Bytes& key,
                             const std::vector<Bytes>& owners);

std::string ring_show_text(const api::ReadRing& ring);
std::string ring_show_json(const api::ReadRing& ring);

std::string ring_diff_text(const api::ReadRingDiff& diff, bool has_happened = false);
std::string ring_diff_json(const api::ReadRingDiff& diff);

std::string ring_status_text(const api::ReadRingStatus& status);
std::string ring_status_json(const api::ReadRingStatus& status);

// All of it: members, and of a ring of virtual nodes its points, [position, member] each.
std::string ring_export_json(const api::ReadRingExport& whole);

std::string drain_text(const api::ReadDrain& drain);
std::string drain_json(const api::ReadDrain& drain);

}  // namespace muster::cli
