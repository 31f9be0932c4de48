// The [[hook]] tables of the configuration file: which keys they have, and what they mean
// (docs/hooks.md, "Configuration"). Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/election/config.h"
#include "agent/hooks/spec.h"
#include "daemon/place.h"

namespace muster {

// Their keys: no flag, no variable, and no `apply`.
const std::vector<Option>& hook_options();

// The hooks of tables of hook_options(), in the file's order; what is wrong goes to `errors`, each
// complete with file, line and key. `mode`: how a leader is elected, for those that ask for one.
std::vector<hooks::Spec> hooks_of_tables(const std::vector<ListedTable>& tables,
                                         election::Mode mode, std::vector<std::string>& errors);

}  // namespace muster
