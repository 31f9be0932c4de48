// What only shows when all values are together: contradictions. Pure.
#pragma once

#include <vector>

#include "daemon/place.h"

namespace muster {

// Every contradiction, each with the place where it was written and what to do.
std::vector<Complaint> contradictions(const Settings& settings, const Places& places,
                                      const std::vector<Option>& options);

}  // namespace muster
