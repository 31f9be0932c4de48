// What `muster wait` waits for, as a question about a list of members. Pure.
#pragma once

#include <string>
#include <string_view>

#include "agent/api/reply_reader.h"
#include "cli/options.h"

namespace muster::cli {

// Empty if everything that was asked for holds. Else what does not, for a person: "2 of 3 members
// are alive", "n1 is suspect, not failed". A member that is alive but suspected counts as alive
// among --members, and as suspect where it is asked for by name.
std::string unmet(const WaitOptions& wanted, const api::ReadMembers& found);

std::string wait_text(bool reached, Duration after, const std::string& missing);
std::string wait_json(bool reached, Duration after, const std::string& missing);

}  // namespace muster::cli
