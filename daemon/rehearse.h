// `musterd rehearse`: runs the configured cluster in the simulated world (agent/sim/scenarios.h),
// and prints what came of it. Only the program's part: options, progress, the two forms of the
// answer.
#pragma once

#include <cstdint>
#include <string>

#include "agent/sim/report.h"
#include "daemon/load.h"
#include "swim/result.h"

namespace muster {

// The answer in JSON, one object: a contract (docs/musterd.8). `events_per_second`: of the
// simulator, in a second of this machine's processor.
std::string to_json(const sim::Report& report, double events_per_second);

// What is wrong with the wishes, for a person: an unknown scenario, too few members, too many.
std::optional<Error> check_rehearsal(const RehearsalWishes& wishes);

// Exit status: 0 the members agree in the end; 1 they do not, or an invariant was broken; 2 usage.
int rehearse(const Settings& settings, const RehearsalWishes& wishes);

}  // namespace muster
