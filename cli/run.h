// One run of `muster`, from its arguments to its exit status; main() without the process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/api/address.h"
#include "cli/exit_status.h"
#include "swim/result.h"

namespace muster::cli {

// Where output goes. Implemented by the process's streams, and by tests.
class Terminal {
public:
    virtual ~Terminal() = default;
    // Each answers false if it could not be written: the run ends then.
    virtual bool out(std::string_view text) = 0;
    virtual bool err(std::string_view text) = 0;
    // All that is left of the input. More than `limit` bytes are an error.
    virtual Result<std::string> in(std::size_t limit) = 0;
    // A person looks at it, and it can be redrawn.
    virtual bool is_interactive() const = 0;
};

ExitStatus run(const std::vector<std::string>& arguments, const api::SocketEnvironment& environment,
               Terminal& terminal);

}  // namespace muster::cli
