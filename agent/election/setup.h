// What one node's election begins with: its configuration, and what its file said.
#pragma once

#include "agent/election/config.h"
#include "agent/election/state.h"

namespace muster::election {

struct Setup {
    Config config;  // its name is the node's
    Found found;
};

}  // namespace muster::election
