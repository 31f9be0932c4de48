// Serf's `--event-handler` (docs/protocol/rpc.md section 13): its specifications work unchanged,
// each as one hook with all of its filters. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/hooks/spec.h"
#include "swim/result.h"

namespace muster {

// What the names of these hooks begin with; a [[hook]] cannot have such a one.
inline constexpr std::string_view event_handler_name = "event-handler-";

// Of `[FILTER[,FILTER...]=]COMMAND`, the `number`th, from 1 on. The error names the specification
// and what is wrong with it.
Result<hooks::Spec> event_handler(const std::string& text, std::size_t number);

}  // namespace muster
