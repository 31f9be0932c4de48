// The command line: flags into values. Which flags there are comes from the options' table. CLI11
// stays in the source.
#pragma once

#include <string>
#include <vector>

#include "daemon/place.h"

namespace muster {

struct FlagValues {
    std::vector<Given> values;
    std::vector<std::string> errors;
    std::string config;  // --config; empty: not given
    bool validate = false;
    bool version = false;
    std::string help;  // not empty: --help, and this is it
};

// `arguments` without the program's name. REQUIRES: options outlive the answer.
FlagValues read_flags(const std::vector<std::string>& arguments,
                      const std::vector<Option>& options);

}  // namespace muster
