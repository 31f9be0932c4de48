// The directories that a daemon needs before it starts.
#pragma once

#include <optional>
#include <string>

#include "swim/result.h"

namespace muster {

// Makes `path`, and what is missing above it, with `mode` (the umask applies). Nothing is done if
// it is a directory already. The error ends with `hint`.
std::optional<Error> make_directory(const std::string& path, unsigned mode,
                                    const std::string& hint);

// "/run/muster" of "/run/muster/muster.sock"; empty if there is none.
std::string parent_of(const std::string& path);

}  // namespace muster
