// The [[ring]] tables of the configuration file: which keys they have, and what they mean
// (docs/ring.md, "Named rings"). Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/ring/settings.h"
#include "daemon/place.h"

namespace muster {

// Their keys: no flag, no variable, and no `apply`.
const std::vector<Option>& ring_options();

// The rings of tables of ring_options(); what is wrong goes to `errors`, each complete with file
// and line.
std::vector<ring::RingSettings> rings_of_tables(const std::vector<ListedTable>& tables,
                                                std::vector<std::string>& errors);

}  // namespace muster
